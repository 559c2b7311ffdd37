//! Decompressed blocks, a bounded number of them.

use crate::errno::{Errno, Result};
use crate::zstd::Decoder;
use alloc::vec::Vec;
use wasi_vfs_format::Block;

/// Bytes of decompressed blocks kept. Reading many small files walks a few
/// blocks in turn; more than this gains little and costs memory for good.
pub(crate) const CACHE_LEN: usize = 1 << 20;

/// Blocks kept whatever their size: two, since a small file may lie across
/// two of them.
const SLOT_COUNT_MIN: usize = 2;

/// The decompressed blocks that were used last.
pub(crate) struct BlockCache {
    slots: Vec<Slot>,
    slot_count_max: usize,
    /// Counts uses; a slot's is the time of its last.
    clock: u64,
    /// The slot used last, which most reads want again.
    recent: usize,
    /// Made at the first block that is decompressed.
    decoder: Option<Decoder>,
}

struct Slot {
    block: Option<u32>,
    used: u64,
    bytes: Vec<u8>,
}

impl BlockCache {
    pub(crate) fn new(block_len: u32) -> Self {
        Self {
            slots: Vec::new(),
            slot_count_max: (CACHE_LEN / block_len.max(1) as usize).max(SLOT_COUNT_MIN),
            clock: 0,
            recent: 0,
            decoder: None,
        }
    }

    /// The bytes of block `number` if they are here.
    pub(crate) fn get(&mut self, number: u32) -> Option<&[u8]> {
        let is_it = |slot: &Slot| slot.block == Some(number);
        if !self.slots.get(self.recent).is_some_and(is_it) {
            self.recent = self.slots.iter().position(is_it)?;
        }
        self.clock += 1;
        let slot = &mut self.slots[self.recent];
        slot.used = self.clock;
        Some(&slot.bytes)
    }

    /// Decompresses `stored`, the verified bytes of `block`, into the slot
    /// that was not used for longest.
    pub(crate) fn decompress(&mut self, block: &Block, stored: &[u8]) -> Result<&[u8]> {
        let position = self.make_room(block.raw_len as usize)?;
        self.recent = position;
        self.clock += 1;
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            none => none.insert(Decoder::new().ok_or(Errno::NOMEM)?),
        };
        let slot = &mut self.slots[position];
        slot.used = self.clock;
        let decoded = decoder.decode(stored, &[], &mut slot.bytes);
        decoded.map_err(|_| block.undecodable())?;
        slot.block = Some(block.number.0);
        Ok(&slot.bytes)
    }

    /// Bytes that the cache holds.
    #[cfg(test)]
    pub(crate) fn held_len(&self) -> usize {
        self.slots.iter().map(|slot| slot.bytes.capacity()).sum()
    }

    /// A slot of `len` bytes that hold no block.
    fn make_room(&mut self, len: usize) -> Result<usize> {
        let position = match self.oldest() {
            Some(position) if self.slots.len() >= self.slot_count_max => position,
            _ => self.add_slot()?,
        };
        let slot = &mut self.slots[position];
        slot.block = None;
        // What a slot had is not cleared: the next block overwrites all of it.
        let missing = len.saturating_sub(slot.bytes.len());
        slot.bytes
            .try_reserve_exact(missing)
            .map_err(|_| Errno::NOMEM)?;
        slot.bytes.resize(len, 0);
        Ok(position)
    }

    fn oldest(&self) -> Option<usize> {
        let slots = self.slots.iter().enumerate();
        slots.min_by_key(|(_, slot)| slot.used).map(|(i, _)| i)
    }

    fn add_slot(&mut self) -> Result<usize> {
        self.slots.try_reserve(1).map_err(|_| Errno::NOMEM)?;
        self.slots.push(Slot {
            block: None,
            used: 0,
            bytes: Vec::new(),
        });
        Ok(self.slots.len() - 1)
    }
}
