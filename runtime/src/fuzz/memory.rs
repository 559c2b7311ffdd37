//! The guest's memory and the payload, plain, which panic where the runtime
//! reaches beyond them.

use crate::errno::Result;
use crate::{Errno, Memory, Payload};
use std::cell::RefCell;
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

/// Of one page: addresses of two bytes are all within.
pub(super) const MEMORY_LEN: usize = 1 << 16;

#[derive(Clone)]
pub(super) struct GuestMemory(pub(super) Rc<RefCell<Vec<u8>>>);

impl GuestMemory {
    pub(super) fn new() -> Self {
        Self(Rc::new(RefCell::new(vec![0; MEMORY_LEN])))
    }

    pub(super) fn snapshot(&self) -> Vec<u8> {
        self.0.borrow().clone()
    }
}

impl Memory for GuestMemory {
    fn byte_len(&self) -> u64 {
        MEMORY_LEN as u64
    }

    fn copy_out(&self, address: u32, into: &mut [u8]) {
        let start = address as usize;
        into.copy_from_slice(&self.0.borrow()[start..start + into.len()]);
    }

    fn copy_in(&mut self, address: u32, from: &[u8]) {
        let start = address as usize;
        self.0.borrow_mut()[start..start + from.len()].copy_from_slice(from);
    }
}

pub(super) struct StoredBlocks(pub(super) &'static [u8]);

impl Payload for StoredBlocks {
    fn with_bytes<R>(
        &mut self,
        offset: u32,
        len: u32,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Result<R> {
        let start = offset as usize;
        let bytes = self.0.get(start..start + len as usize);
        bytes.map(use_them).ok_or(Errno::IO)
    }

    fn reserve(&mut self, _: u32) -> Result<usize> {
        Ok(0)
    }

    fn copy_to_guest(
        &mut self,
        memory: &mut impl Memory,
        address: u32,
        offset: u32,
        len: u32,
    ) -> Result {
        self.with_bytes(offset, len, |bytes| memory.copy_in(address, bytes))
    }
}
