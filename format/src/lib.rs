//! The wasi-vfs image: a directory tree as one content-addressed, deduplicated and
//! optionally compressed byte string.
//!
//! `docs/FORMAT.md` is the normative description. An image has three parts:
//!
//! | part | holds | read |
//! |---|---|---|
//! | index | superblock, mounts, inodes, extents, blocks, names | in place, on every lookup |
//! | payload | the stored blocks, back to back | one block at a time |
//! | metadata section | chunks and the manifest | by tools only |
//!
//! Without features this crate is the reader of the index: `no_std`, no allocation and
//! no unsafe code. It is total: no input makes it panic, loop or read out of bounds.
//! The feature `alloc` adds the encoder and the metadata section. The feature `changes`
//! adds images of changes. The feature `std` adds the writer of file trees, the reader of
//! file contents and the checks.
//!
//! This crate knows nothing of WASI: no errno, no descriptor, no rights.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(any(feature = "alloc", feature = "changes"))]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod block;
#[cfg(feature = "changes")]
pub mod changes;
#[cfg(feature = "std")]
pub mod check;
pub mod checksum;
#[cfg(feature = "alloc")]
pub mod chunk;
#[cfg(feature = "alloc")]
pub mod digest;
#[cfg(feature = "alloc")]
pub mod encode;
mod error;
pub mod extent;
#[cfg(feature = "std")]
pub mod frame;
#[cfg(any(feature = "fuzz", all(test, feature = "testing")))]
pub mod fuzz;
#[cfg(feature = "alloc")]
mod image;
mod index;
pub mod inode;
pub mod limits;
#[cfg(feature = "alloc")]
pub mod manifest;
#[cfg(feature = "alloc")]
pub mod metadata;
pub mod mount;
#[cfg(feature = "std")]
pub mod reader;
pub mod superblock;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "std")]
pub mod threads;
#[cfg(feature = "std")]
pub mod tree;
#[cfg(feature = "std")]
pub mod writer;

pub use block::{Block, BlockNumber, Codec};
pub use error::{Corrupt, Error, Incompatible};
#[cfg(feature = "alloc")]
pub use image::{Image, Parts, Places};
pub use index::{Extent, Index, Run};
pub use inode::{Content, Directory, File, Inode, InodeNumber, Kind, Symlink};
pub use mount::Mount;
#[cfg(feature = "std")]
pub use reader::{ImageReader, Part, Payload, ReadAt};
