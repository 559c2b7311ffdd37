//! Images of changes: what a program changed in a tree, as an image.
//!
//! Such an image has new and changed files in full, with their directories. It has two more
//! kinds of inodes: removed names, and further names of another inode. `docs/FORMAT.md` has
//! the rules.
//!
//! A runtime writes it, so this module needs only an allocator and reports it if memory runs
//! out. The image has no root digest: BLAKE3 would make the runtime longer.
//!
//! # How it works
//!
//! A program removes `/lib/a` and writes `/tmp/b`. The caller adds the inodes to a [`Writer`]
//! in the order of their numbers: the root, `lib`, `tmp`, the removed name `a`, and the file
//! `b`. The writer gives `b` the next bytes of the content. Then the caller adds the content,
//! block by block. [`Writer::finish`] returns the index, and the content itself is the payload.

mod writer;

pub use writer::{BLOCK_SHIFT, Described, WriteError, Writer};

use crate::inode::InodeNumber;

/// What an inode of an image of changes says about its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The name was removed, with everything below it.
    Removed,
    /// The name is a further name of the inode with this smaller number, a file or a
    /// symbolic link.
    Link(InodeNumber),
}
