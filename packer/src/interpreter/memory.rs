//! The memory of the program, lent to the runtime for the time of one call.

use std::cell::Cell;
use wasi_vfs_runtime::Memory;

/// The bytes of the program's memory. The runtime and its host take them in turn, and
/// put them back at the end of each access.
#[derive(Clone, Copy)]
pub struct GuestMemory<'c, 'm>(&'c Cell<&'m mut [u8]>);

impl<'c, 'm> GuestMemory<'c, 'm> {
    /// Takes the bytes out of their cell for each access.
    pub fn new(bytes: &'c Cell<&'m mut [u8]>) -> Self {
        Self(bytes)
    }

    /// Lends the bytes to `use_them`. Nested loans would find no bytes, and there are
    /// none: no borrower calls back.
    fn lend<R>(self, use_them: impl FnOnce(&mut [u8]) -> R) -> R {
        let bytes = self.0.take();
        let result = use_them(bytes);
        self.0.set(bytes);
        result
    }
}

impl Memory for GuestMemory<'_, '_> {
    fn byte_len(&self) -> u64 {
        self.lend(|bytes| bytes.len() as u64)
    }

    fn copy_out(&self, address: u32, into: &mut [u8]) {
        self.lend(|bytes| {
            if let Some(from) = range(bytes, address, into.len()) {
                into.copy_from_slice(from);
            }
        });
    }

    fn copy_in(&mut self, address: u32, from: &[u8]) {
        self.lend(|bytes| {
            if let Some(into) = range(bytes, address, from.len()) {
                into.copy_from_slice(from);
            }
        });
    }
}

/// `None` only for a range that the caller did not check.
fn range(bytes: &mut [u8], address: u32, len: usize) -> Option<&mut [u8]> {
    bytes.get_mut(address as usize..)?.get_mut(..len)
}
