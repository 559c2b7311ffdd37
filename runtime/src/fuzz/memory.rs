//! The guest's memory and the payload, plain, which panic where the runtime
//! reaches beyond them.

use crate::blocks::{BlockError, BlockSource, Budget, StoredRange};
use crate::{ImageFs, Memory};
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

impl BlockSource for StoredBlocks {
    fn with_bytes<R>(
        &mut self,
        range: StoredRange,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, BlockError> {
        let start = range.offset as usize;
        let bytes = self.0.get(start..start + range.len as usize);
        bytes.map(use_them).ok_or(BlockError::OutOfRange)
    }
}

/// A memory whose use nobody measures.
pub(super) struct NoBudget;

impl Budget for NoBudget {
    fn used_len(&self, _: usize) -> usize {
        0
    }
}

pub(super) type Image = ImageFs<'static, StoredBlocks, NoBudget>;

/// Where two memories of one length differ. Most of them is compared in pieces, which
/// takes much less time than bytes do.
pub(super) fn changed<'m>(before: &'m [u8], after: &'m [u8]) -> impl Iterator<Item = u64> + 'm {
    const PIECE: usize = 512;
    let pieces = before.chunks(PIECE).zip(after.chunks(PIECE));
    let differing = (0_u64..)
        .step_by(PIECE)
        .zip(pieces)
        .filter(|(_, (old, new))| old != new);
    differing.flat_map(|(start, (old, new))| {
        let bytes = (start..).zip(old.iter().zip(new));
        bytes.filter_map(|(at, (old, new))| (old != new).then_some(at))
    })
}
