//! The parts of an image to embed.

use crate::module::writable::Writable;
use std::borrow::Cow;

/// The three parts of an image.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// The index, which the runtime reads in place.
    pub index: &'a [u8],
    /// The zstd level at which the module stores the index. The runtime decompresses it
    /// at its first call. `None` stores it uncompressed.
    pub index_level: Option<i32>,
    /// The stored blocks, back to back. Owned blocks are not copied: their memory becomes
    /// that of the module.
    pub payload: Cow<'a, [u8]>,
    /// The metadata section, which only tools read. Empty without one.
    pub metadata: &'a [u8],
    /// The writable directories. `None` selects the runtime without a layer.
    pub writable: Option<Writable>,
}
