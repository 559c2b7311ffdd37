//! The unit of placement.

use core::ops::Range;

/// Neighbouring chunks of one file that are new to the content: a small file, or a
/// piece of a large one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The file with the chunks.
    pub(crate) inode: u32,
    /// Offset of the first chunk in the file.
    pub(crate) file_offset: u64,
    /// The numbers of the chunks.
    pub(crate) chunks: Range<u32>,
    /// Total length in bytes.
    pub(crate) len: u64,
}

impl Unit {
    /// Whether this unit continues the file at the end of `other`.
    pub(crate) fn follows(&self, other: &Self) -> bool {
        self.inode == other.inode && self.file_offset == other.file_offset + other.len
    }
}
