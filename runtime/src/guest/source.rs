//! The bytes of a write come straight out of the program's memory.

use super::Memory;
use crate::blocks::Source;

/// A buffer of the program, which exists.
pub(crate) struct GuestSource<'m, M> {
    memory: &'m M,
    address: u32,
    left: u32,
}

impl<'m, M: Memory> GuestSource<'m, M> {
    /// `left` bytes at `address`, which the caller has checked.
    pub(crate) fn checked(memory: &'m M, address: u32, left: u32) -> Self {
        Self {
            memory,
            address,
            left,
        }
    }
}

impl<M: Memory> Source for GuestSource<'_, M> {
    fn left(&self) -> usize {
        self.left as usize
    }

    fn take(&mut self, into: &mut [u8]) {
        self.memory.copy_out(self.address, into);
        // Wraps only at the end of the largest memory, where nothing is left.
        self.address = self.address.wrapping_add(into.len() as u32);
        self.left -= into.len() as u32;
    }
}
