//! Where the bytes of a write come from.

use super::{FsError, Result};
use alloc::vec::Vec;

/// The bytes of a write, in order: the program's memory, or a slice.
pub trait Source {
    /// How many bytes are left.
    fn left(&self) -> usize;

    /// Copies the next bytes, at most [`left`](Self::left) of them.
    fn take(&mut self, into: &mut [u8]);
}

impl Source for &[u8] {
    fn left(&self) -> usize {
        self.len()
    }

    fn take(&mut self, into: &mut [u8]) {
        let (bytes, rest) = self.split_at(into.len());
        into.copy_from_slice(bytes);
        *self = rest;
    }
}

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
