//! Reading files out of an image: what the index says, made into bytes.
//!
//! For tools. The runtime in a module has its own way to the blocks and uses
//! the [`Index`] alone.

mod blocks;
mod file;
mod image_reader;
mod payload;
mod resolve;
mod tree;

pub use file::FileReader;
pub use image_reader::ImageReader;
pub use payload::{Part, Payload, ReadAt};
pub use resolve::ResolveError;
