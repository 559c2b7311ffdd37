//! Pieces of a write, for file systems that need a slice.

use super::{FsError, Result};
use crate::blocks::Source;
use alloc::vec::Vec;

/// The longest piece of a write to a file system that needs a slice.
const PIECE_LEN: usize = 64 << 10;

/// Copies the next bytes, fewer if memory runs out.
pub(super) fn piece(source: &mut impl Source) -> Result<Vec<u8>> {
    let (mut bytes, mut len) = (Vec::new(), source.left().min(PIECE_LEN));
    while bytes.try_reserve_exact(len).is_err() {
        len /= 2;
        if len == 0 {
            // The storage needs memory, too, so programs get one error for both.
            return Err(FsError::NoSpace);
        }
    }
    bytes.resize(len, 0);
    source.take(&mut bytes);
    Ok(bytes)
}
