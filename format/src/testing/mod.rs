//! Trees, checksums and random numbers for the tests of all crates.
//!
//! A test builds a [`Tree`](crate::tree::Tree) in memory from nodes, and writes its
//! image. The nodes of each kind have one modification time. For example, this tree has
//! a program and a link to it, and is mounted at `/`:
//!
//! ```
//! use wasi_vfs_format::testing::{Random, link, program, tree};
//! use wasi_vfs_format::writer::{Options, write};
//!
//! let code = Random::new(1).bytes(1000);
//! let tree = tree([("link", link("tool")), ("tool", program(code))]);
//! let image = write(&tree, &Options::default(), &()).expect("short names");
//! assert_eq!(image.manifest.statistics.file_count, 1);
//! ```
//!
//! A test of damage changes bytes of the image, and then computes the checksums again
//! with [`seal`] or [`seal_all`].

mod bytes;
mod changes;
mod nodes;
mod random;
mod relatives;
mod seal;

pub use bytes::Bytes;
pub use changes::{Change, changed, changes};
pub use nodes::{
    DIRECTORY_MTIME_NS, FILE_MTIME_NS, LINK_MTIME_NS, directory, directory_node, file, link, mount,
    program, tree,
};
pub use random::Random;
pub use relatives::{relative, relatives};
pub use seal::{seal, seal_all};
