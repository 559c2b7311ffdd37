//! The file system that front ends see: the traits, their values, and the way from a
//! path to a node.
//!
//! Nothing here knows WASI, the program's memory, or how an image stores anything.

mod error;
mod filesystem;
mod length;
mod node;
#[cfg(any(test, feature = "writable"))]
mod origin;
mod path;
mod piece;
mod resolve;
mod tree;

pub use error::{FsError, Result};
pub use filesystem::Filesystem;
pub use length::{MAX_OFFSET, check_len};
pub use node::{Appended, Entry, Flush, Intent, Kind, Mount, Stat, Time, Times};
#[cfg(any(test, feature = "writable"))]
pub use origin::Origin;
pub use resolve::{Guard, Guest, Policy, Resolution, Tool, Unguarded, resolve, resolve_guarded};
pub use tree::Tree;
