//! The parts of an image on their way into a module.

use std::borrow::Cow;

/// The three parts of an image.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// The index, which the runtime reads in place.
    pub index: &'a [u8],
    /// The zstd level at which the module stores the index, for the runtime to
    /// decompress at its first call; `None` leaves it as it is.
    pub index_level: Option<i32>,
    /// The stored blocks, back to back. If they are owned, the module is made
    /// around them, and there is no copy.
    pub payload: Cow<'a, [u8]>,
    /// What only tools read. Empty if there is none.
    pub metadata: &'a [u8],
}
