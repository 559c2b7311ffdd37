//! Decompressed blocks, a bounded number of them.

use crate::errno::{Errno, Result};
use crate::zstd::Decoder;
use alloc::vec::Vec;
use wasi_vfs_format::{Block, Codec};

/// Bytes of decompressed blocks kept. A writer puts what lies together in a
/// tree into blocks of 1 MiB together, and a walk goes to and fro between
/// them; with the base and the next such stretch they fit. Half as much makes
/// reading all of Ruby's library decompress twice as many blocks, twice as
/// much saves none.
pub(crate) const CACHE_LEN: usize = 2 << 20;

/// Blocks kept beside the base whatever their size: two, since a small file
/// may lie across two of them.
const SLOT_COUNT_MIN: usize = 2;

/// The decompressed blocks that were used last, and the base.
pub(crate) struct BlockCache {
    /// Block 0, which others are decompressed against: kept for good.
    base: Option<Vec<u8>>,
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
        let count = CACHE_LEN / block_len.max(1) as usize;
        Self {
            base: None,
            slots: Vec::new(),
            slot_count_max: count.saturating_sub(1).max(SLOT_COUNT_MIN),
            clock: 0,
            recent: 0,
            decoder: None,
        }
    }

    /// The bytes of block `number` if they are here.
    pub(crate) fn get(&mut self, number: u32) -> Option<&[u8]> {
        if number == 0 {
            return self.base.as_deref();
        }
        let is_it = |slot: &Slot| slot.block == Some(number);
        if !self.slots.get(self.recent).is_some_and(is_it) {
            self.recent = self.slots.iter().position(is_it)?;
        }
        self.clock += 1;
        let slot = &mut self.slots[self.recent];
        slot.used = self.clock;
        Some(&slot.bytes)
    }

    /// Takes in `block`, whose verified bytes are `stored`, in place of the one
    /// that was not used for longest. What its codec needs must be here.
    pub(crate) fn insert(&mut self, block: &Block, stored: &[u8]) -> Result {
        match block.number.0 {
            0 => self.insert_base(block, stored),
            _ => self.insert_slot(block, stored),
        }
    }

    fn insert_base(&mut self, block: &Block, stored: &[u8]) -> Result {
        let mut bytes = Vec::new();
        resize(&mut bytes, block.raw_len as usize)?;
        fill(&mut bytes, &mut self.decoder, &[], block, stored)?;
        self.base = Some(bytes);
        Ok(())
    }

    fn insert_slot(&mut self, block: &Block, stored: &[u8]) -> Result {
        let position = self.make_room(block.raw_len as usize)?;
        self.recent = position;
        self.clock += 1;
        let base = self.base.as_deref().unwrap_or_default();
        let slot = &mut self.slots[position];
        slot.used = self.clock;
        fill(&mut slot.bytes, &mut self.decoder, base, block, stored)?;
        slot.block = Some(block.number.0);
        Ok(())
    }

    /// Bytes that the cache holds.
    #[cfg(test)]
    pub(crate) fn held_len(&self) -> usize {
        let slots = self.slots.iter().map(|slot| &slot.bytes);
        slots.chain(&self.base).map(Vec::capacity).sum()
    }

    /// A slot of `len` bytes that hold no block.
    fn make_room(&mut self, len: usize) -> Result<usize> {
        let position = match self.oldest() {
            Some(position) if self.slots.len() >= self.slot_count_max => position,
            _ => self.add_slot()?,
        };
        let slot = &mut self.slots[position];
        slot.block = None;
        resize(&mut slot.bytes, len)?;
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

/// Makes `bytes` as long as `len`. What they were is not cleared: the next
/// block overwrites all of it.
fn resize(bytes: &mut Vec<u8>, len: usize) -> Result {
    let missing = len.saturating_sub(bytes.len());
    bytes.try_reserve_exact(missing).map_err(|_| Errno::NOMEM)?;
    bytes.resize(len, 0);
    Ok(())
}

/// Makes what is `stored` of `block` into its `bytes`.
fn fill(
    bytes: &mut [u8],
    decoder: &mut Option<Decoder>,
    base: &[u8],
    block: &Block,
    stored: &[u8],
) -> Result {
    let prefix = match block.codec {
        Codec::Stored => {
            // A block is never longer or shorter than what is stored of it.
            bytes.copy_from_slice(stored.get(..bytes.len()).ok_or(Errno::IO)?);
            return Ok(());
        }
        Codec::Zstd => &[],
        Codec::Based => base,
    };
    let decoder = match decoder {
        Some(decoder) => decoder,
        none => none.insert(Decoder::new().ok_or(Errno::NOMEM)?),
    };
    let decoded = decoder.decode(stored, prefix, bytes);
    Ok(decoded.map_err(|_| block.undecodable())?)
}
