//! Why the bytes of a block cannot be had.

use wasi_vfs_format::Corrupt;

/// A block that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockError {
    /// The image is damaged.
    Corrupt,
    /// The source is shorter than the index says.
    OutOfRange,
    /// The source failed to read. A later attempt may succeed.
    Unavailable,
    /// Memory ran out. A later attempt may succeed.
    NoMemory,
}

/// Programs learn that an image is damaged, not where: tools report the place.
impl From<Corrupt> for BlockError {
    fn from(_: Corrupt) -> Self {
        Self::Corrupt
    }
}
