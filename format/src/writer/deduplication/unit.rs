//! What is moved as a whole when the content is put in order.

use core::ops::Range;

/// Chunks of one file that lie together in it and occur here first: a small
/// file, or a piece of a large one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The file to read them from.
    pub(crate) inode: u32,
    /// Where the first of them starts in the file.
    pub(crate) file_offset: u64,
    /// Their numbers.
    pub(crate) chunks: Range<u32>,
    /// Their length in bytes.
    pub(crate) len: u64,
}

impl Unit {
    /// Whether it starts in the same file where `other` ends.
    pub(crate) fn follows(&self, other: &Self) -> bool {
        self.inode == other.inode && self.file_offset == other.file_offset + other.len
    }
}
