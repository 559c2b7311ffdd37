//! Decompressed blocks, as many as fit the budget.
//!
//! Each block has a slot. If all slots are taken, the next block evicts one that the
//! program has read to its end, else the least recently used one. After a walk through a
//! directory, for example, its blocks leave first, and the block with a language's core
//! library stays.
//!
//! A *base*, against which other blocks are decompressed, counts as used when one of them
//! comes, and never as read to its end. The last base stays. So an image with one base
//! keeps it. Beside one base there is room for a fixed number of other blocks.

use super::BlockError;
use super::budget::{SLOT_COUNT_MIN, slot_count, slot_count_max};
use crate::parts;
use crate::zstd::Decoder;
use alloc::vec::Vec;
use core::mem::take;
use wasi_vfs_format::{Block, BlockNumber, Codec};

type Result<T = ()> = core::result::Result<T, BlockError>;

/// The bases, and the decompressed blocks that a program may read again.
pub(crate) struct BlockCache {
    slots: Vec<Slot>,
    /// Most slots beside one base.
    slot_count_max: usize,
    block_len: usize,
    /// Number of blocks in the image.
    block_count: usize,
    /// Counts uses.
    clock: u64,
    /// The slot of the last use, which most reads need again.
    recent: usize,
    decoder: Decoder,
}

struct Slot {
    block: Option<u32>,
    /// Value of the clock at the last use.
    used: u64,
    /// Bytes that were read since the block came.
    read_len: u64,
    /// Whether a block was decompressed against this one.
    is_base: bool,
    bytes: Vec<u8>,
}

impl Slot {
    /// Whether exactly the block's length was read. A walk through a tree reads each byte
    /// once and then needs the block no more. A block that is read again and again soon
    /// exceeds its length.
    fn is_read_through(&self) -> bool {
        !self.is_base && self.read_len == self.bytes.len() as u64
    }
}

impl BlockCache {
    /// A cache without blocks for an image of `block_count` blocks. It holds the minimum
    /// of slots until [`fit`](Self::fit) allows more.
    pub(crate) fn new(block_len: u32, block_count: u32) -> Result<Self> {
        let (block_len, block_count) = (block_len.max(1) as usize, block_count as usize);
        let mut slots = Vec::new();
        slots
            .try_reserve_exact((slot_count_max(block_len) + 1).min(block_count))
            .map_err(|_| BlockError::NoMemory)?;
        Ok(Self {
            slots,
            slot_count_max: SLOT_COUNT_MIN,
            block_len,
            block_count,
            clock: 0,
            recent: 0,
            decoder: Decoder::new().ok_or(BlockError::NoMemory)?,
        })
    }

    /// Sets the number of slots to the number that the budget leaves after `used_len`
    /// bytes.
    pub(crate) fn fit(&mut self, used_len: usize) {
        self.slot_count_max = slot_count(used_len, self.block_len);
    }

    /// Whether the cache holds block `number`.
    pub(crate) fn contains(&self, number: u32) -> bool {
        self.find(number).is_some()
    }

    /// The bytes of block `number` if the cache holds it. The caller reads `len` of them.
    pub(crate) fn read(&mut self, number: u32, len: u32) -> Option<&[u8]> {
        self.recent = self.find(number)?;
        self.clock += 1;
        let slot = &mut self.slots[self.recent];
        slot.used = self.clock;
        slot.read_len += u64::from(len);
        Some(&slot.bytes)
    }

    fn find(&self, number: u32) -> Option<usize> {
        let is_it = |slot: &Slot| slot.block == Some(number);
        if self.slots.get(self.recent).is_some_and(is_it) {
            return Some(self.recent);
        }
        self.slots.iter().position(is_it)
    }

    /// Decompresses `block`, whose verified bytes are `stored`. A based block needs its
    /// base in the cache.
    pub(crate) fn insert(&mut self, block: &Block, stored: &[u8]) -> Result {
        if !parts::several_blocks() {
            return self.insert_only(block, stored);
        }
        let base = block.base.map(|base| self.use_base(base)).transpose()?;
        let position = self.make_room(block.raw_len as usize, base)?;
        self.recent = position;
        // Out of its slot, so that the base can be in another one.
        let mut bytes = take(&mut self.slots[position].bytes);
        let prefix = base.map(|base| &self.slots[base].bytes[..]);
        let prefix = prefix.unwrap_or_default();
        let filled = fill(&mut bytes, &mut self.decoder, prefix, block, stored);
        self.clock += 1;
        self.slots[position] = Slot {
            block: filled.is_ok().then_some(block.number.0),
            used: self.clock,
            read_len: 0,
            is_base: false,
            bytes,
        };
        filled
    }

    /// Decompresses the only compressed block of an image.
    fn insert_only(&mut self, block: &Block, stored: &[u8]) -> Result {
        let len = block.raw_len as usize;
        if self.slots.is_empty() {
            self.add_slot(len)?;
        }
        let Some(slot) = self.slots.first_mut().filter(|_| block.base.is_none()) else {
            return Err(BlockError::Corrupt);
        };
        slot.block = None;
        reserve(&mut slot.bytes, len)?;
        slot.bytes.resize(len, 0);
        fill(&mut slot.bytes, &mut self.decoder, &[], block, stored)?;
        slot.block = Some(block.number.0);
        Ok(())
    }

    /// Returns the slot of a base, which counts as used.
    fn use_base(&mut self, base: BlockNumber) -> Result<usize> {
        // A caller that did not load the base gets an error and never wrong bytes.
        let position = self.find(base.0).ok_or(BlockError::Corrupt)?;
        self.clock += 1;
        let slot = &mut self.slots[position];
        (slot.used, slot.is_base) = (self.clock, true);
        Ok(position)
    }

    /// Bytes of memory that the cache holds, the decoder included.
    #[cfg(test)]
    pub(crate) fn held_len(&self) -> usize {
        let slots = self.slots.iter().map(|slot| slot.bytes.capacity());
        slots.sum::<usize>() + Decoder::LEN
    }

    /// Returns a slot without a block, with `len` bytes. Keeps the slot `base`.
    fn make_room(&mut self, len: usize, base: Option<usize>) -> Result<usize> {
        // A slot that several blocks will use has the length of the longest, since a
        // slot that grows leaves a hole in memory. If all blocks fit, each has its own.
        let is_for_one = self.block_count <= self.slot_count_max + 1;
        let capacity = if is_for_one { len } else { self.block_len };
        let has_base = self.slots.iter().any(|slot| slot.is_base);
        let position = match self.victim(base) {
            Some(position) if self.slots.len() >= self.slot_count_max + usize::from(has_base) => {
                position
            }
            // If memory runs out, an existing slot serves.
            dispensable => self
                .add_slot(capacity)
                .or_else(|none| dispensable.ok_or(none))?,
        };
        let slot = &mut self.slots[position];
        slot.block = None;
        reserve(&mut slot.bytes, capacity)?;
        slot.bytes.resize(len, 0);
        Ok(position)
    }

    /// The slot to evict: never `base`, and not the only base.
    fn victim(&self, base: Option<usize>) -> Option<usize> {
        let slots = self.slots.iter().enumerate();
        let base_count = self.slots.iter().filter(|slot| slot.is_base).count();
        let others =
            slots.filter(|(i, slot)| Some(*i) != base && !(slot.is_base && base_count == 1));
        // A slot without a block first: its last block failed to decompress.
        let rank = |slot: &Slot| (slot.block.is_some(), !slot.is_read_through(), slot.used);
        let last = others.min_by_key(|(_, slot)| rank(slot));
        last.map(|(i, _)| i)
    }

    fn add_slot(&mut self, capacity: usize) -> Result<usize> {
        let mut bytes = Vec::new();
        reserve(&mut bytes, capacity)?;
        self.slots
            .try_reserve(1)
            .map_err(|_| BlockError::NoMemory)?;
        self.slots.push(Slot {
            block: None,
            used: 0,
            read_len: 0,
            is_base: false,
            bytes,
        });
        Ok(self.slots.len() - 1)
    }
}

/// Allocates room for `len` bytes. The old bytes stay, since the next block overwrites
/// all of them.
fn reserve(bytes: &mut Vec<u8>, len: usize) -> Result {
    let missing = len.saturating_sub(bytes.len());
    bytes
        .try_reserve_exact(missing)
        .map_err(|_| BlockError::NoMemory)
}

/// Decompresses the `stored` bytes of `block` into `bytes`.
fn fill(
    bytes: &mut [u8],
    decoder: &mut Decoder,
    base: &[u8],
    block: &Block,
    stored: &[u8],
) -> Result {
    let prefix = match block.codec {
        Codec::Stored => {
            // A stored block has the length of its content.
            bytes.copy_from_slice(stored.get(..bytes.len()).ok_or(BlockError::Corrupt)?);
            return Ok(());
        }
        Codec::Zstd => &[],
        Codec::Based(_) => base,
    };
    let decoded = decoder.decode(stored, prefix, bytes);
    Ok(decoded.map_err(|_| block.undecodable())?)
}
