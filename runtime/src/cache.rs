//! Decompressed blocks, a bounded number of them.

use crate::errno::{Errno, Result};
use crate::stack::with_room;
use alloc::vec::Vec;
use wasi_vfs_format::Block;
use zrip_decode::context::DecompressContext;

/// Bytes of decompressed blocks kept. Reading many small files walks a few
/// blocks in turn; more than this gains little and costs memory for good.
pub(crate) const CACHE_LEN: usize = 1 << 20;

/// Blocks kept whatever their size: two, since a small file may lie across
/// two of them.
const SLOT_COUNT_MIN: usize = 2;

/// Room that the decoder wants beyond the end of what it writes. With less it
/// grows the buffer itself, to twice the size.
const DECODER_SLACK: usize = 64;

/// The decompressed blocks that were used last.
pub(crate) struct BlockCache {
    slots: Vec<Slot>,
    slot_count_max: usize,
    /// Counts uses; a slot's is the time of its last.
    clock: u64,
    /// The slot used last, which most reads want again.
    recent: usize,
    decoder: Option<DecompressContext>,
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
        let slot = &mut self.slots[position];
        slot.used = self.clock;
        let raw_len = block.raw_len as usize;
        let (decoder, bytes) = (&mut self.decoder, &mut slot.bytes);
        let decoded = with_room(|| {
            let decoder = decoder.get_or_insert_with(DecompressContext::new);
            decoder.decompress_into_with_limit(stored, bytes, raw_len)
        });
        match decoded.ok_or(Errno::NOMEM)? {
            Ok(len) if len == raw_len => {
                slot.block = Some(block.number.0);
                Ok(&slot.bytes)
            }
            _ => Err(block.undecodable().into()),
        }
    }

    /// Bytes that the cache holds.
    #[cfg(test)]
    pub(crate) fn held_len(&self) -> usize {
        self.slots.iter().map(|slot| slot.bytes.capacity()).sum()
    }

    /// An empty slot with room for `len` bytes.
    fn make_room(&mut self, len: usize) -> Result<usize> {
        let position = match self.oldest() {
            Some(position) if self.slots.len() >= self.slot_count_max => position,
            _ => self.add_slot()?,
        };
        let slot = &mut self.slots[position];
        slot.block = None;
        slot.bytes.clear();
        let room = len + DECODER_SLACK;
        slot.bytes
            .try_reserve_exact(room)
            .map_err(|_| Errno::NOMEM)?;
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
