//! The reader of file contents.
//!
//! This reader is for tools. The runtime in a module decodes blocks in its own way, and
//! uses only the [`Index`](crate::Index).

mod blocks;
mod changes;
mod file;
mod image_reader;
mod payload;
mod tree;

pub use file::FileReader;
pub use image_reader::ImageReader;
pub use payload::{Part, Payload, ReadAt};
