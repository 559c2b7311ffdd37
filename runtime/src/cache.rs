//! Decompressed blocks, as many as a bound on all memory leaves room for.

use crate::errno::{Errno, Result};
use crate::zstd::Decoder;
use alloc::vec::Vec;
use wasi_vfs_format::{Block, Codec};

/// Bytes that an image takes beside its index: blocks, what is stored of one
/// while it is decompressed, the decoder, and what is lost on the way. A writer
/// puts what lies together in a tree into blocks of 1 MiB together, and a walk
/// goes to and fro between them; with the base and half of the next such stretch
/// they fit. Twice as much would save a sixth of what reading all of Ruby's
/// library decompresses.
pub(crate) const CACHE_LEN: usize = 2 << 20;

/// What an allocator may lose: memory grows by pages of this many bytes.
const PAGE_LEN: usize = 64 << 10;

/// Blocks kept beside the base whatever their size: two, since a small file
/// may lie across two of them. With blocks of 512 KiB and more, that exceeds
/// [`CACHE_LEN`].
const SLOT_COUNT_MIN: usize = 2;

/// The decompressed blocks that may be wanted again, and the base.
pub(crate) struct BlockCache {
    /// Block 0, which others are decompressed against: kept for good.
    base: Option<Vec<u8>>,
    slots: Vec<Slot>,
    slot_count_max: usize,
    /// Length of a block.
    block_len: usize,
    /// Blocks of the image.
    block_count: usize,
    /// Counts uses.
    clock: u64,
    /// The slot used last, which most reads want again.
    recent: usize,
    decoder: Decoder,
}

struct Slot {
    block: Option<u32>,
    /// The time of the last use.
    used: u64,
    /// Bytes of the block that were read since it is here.
    read_len: u64,
    bytes: Vec<u8>,
}

impl Slot {
    /// Whether as many bytes were read as there are. Who walks through a tree
    /// reads each once, and then needs the block no more; one that is read
    /// again and again is soon past this.
    fn is_read_through(&self) -> bool {
        self.read_len == self.bytes.len() as u64
    }
}

impl BlockCache {
    /// For an image of so many blocks. It has all that it needs but blocks, of
    /// which it is to keep as few as can be.
    pub(crate) fn new(block_len: u32, block_count: u32) -> Result<Self> {
        let (block_len, block_count) = (block_len.max(1) as usize, block_count as usize);
        let mut slots = Vec::new();
        let count_max = (CACHE_LEN / block_len).max(SLOT_COUNT_MIN);
        slots
            .try_reserve_exact(count_max.min(block_count))
            .map_err(|_| Errno::NOMEM)?;
        Ok(Self {
            base: None,
            slots,
            slot_count_max: SLOT_COUNT_MIN,
            block_len,
            block_count,
            clock: 0,
            recent: 0,
            decoder: Decoder::new().ok_or(Errno::NOMEM)?,
        })
    }

    /// Keeps as many blocks as fit the bound, of which so much is `taken`, as far
    /// as that can be told. What was lost by now is part of it. Nothing more is
    /// where blocks are whole pages.
    pub(crate) fn fit(&mut self, taken: usize) {
        let taken = match self.block_len.is_multiple_of(PAGE_LEN) {
            true => taken.max(Decoder::LEN + PAGE_LEN),
            false => taken.max(Decoder::LEN) + PAGE_LEN,
        };
        let count = CACHE_LEN.saturating_sub(taken) / self.block_len;
        self.slot_count_max = count.saturating_sub(1).max(SLOT_COUNT_MIN);
    }

    /// Whether block `number` is here.
    pub(crate) fn contains(&self, number: u32) -> bool {
        match number {
            0 => self.base.is_some(),
            _ => self.find(number).is_some(),
        }
    }

    /// The bytes of block `number` if they are here; `len` of them are read.
    pub(crate) fn read(&mut self, number: u32, len: u32) -> Option<&[u8]> {
        if number == 0 {
            return self.base.as_deref();
        }
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

    /// Takes in `block`, whose verified bytes are `stored`, in place of one that
    /// was read through, else of the one that was not used for longest. The block
    /// that it is decompressed against must be here.
    pub(crate) fn insert(&mut self, block: &Block, stored: &[u8]) -> Result {
        match block.number.0 {
            0 => self.insert_base(block, stored),
            _ => self.insert_slot(block, stored),
        }
    }

    fn insert_base(&mut self, block: &Block, stored: &[u8]) -> Result {
        let mut bytes = Vec::new();
        reserve(&mut bytes, block.raw_len as usize)?;
        bytes.resize(block.raw_len as usize, 0);
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
        slot.read_len = 0;
        fill(&mut slot.bytes, &mut self.decoder, base, block, stored)?;
        slot.block = Some(block.number.0);
        Ok(())
    }

    /// Bytes that the cache holds, the decoder's included.
    #[cfg(test)]
    pub(crate) fn held_len(&self) -> usize {
        let slots = self.slots.iter().map(|slot| &slot.bytes);
        let blocks: usize = slots.chain(&self.base).map(Vec::capacity).sum();
        blocks + Decoder::LEN
    }

    /// A slot of `len` bytes that hold no block.
    fn make_room(&mut self, len: usize) -> Result<usize> {
        // A slot that another block may follow in is as long as any, since one
        // that grows leaves a hole. Where all blocks fit, none follows.
        let is_for_one = self.block_count <= self.slot_count_max + 1;
        let capacity = if is_for_one { len } else { self.block_len };
        let position = match self.most_dispensable() {
            Some(position) if self.slots.len() >= self.slot_count_max => position,
            // Where there is no memory for one more, one that is here will do.
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

    fn most_dispensable(&self) -> Option<usize> {
        let slots = self.slots.iter().enumerate();
        // A slot without a block first: what came there could not be decompressed.
        let rank = |slot: &Slot| (slot.block.is_some(), !slot.is_read_through(), slot.used);
        let last = slots.min_by_key(|(_, slot)| rank(slot));
        last.map(|(i, _)| i)
    }

    fn add_slot(&mut self, capacity: usize) -> Result<usize> {
        let mut bytes = Vec::new();
        reserve(&mut bytes, capacity)?;
        self.slots.try_reserve(1).map_err(|_| Errno::NOMEM)?;
        self.slots.push(Slot {
            block: None,
            used: 0,
            read_len: 0,
            bytes,
        });
        Ok(self.slots.len() - 1)
    }
}

/// Makes room for `len` bytes. What is there is not cleared: the next block
/// overwrites all of it.
fn reserve(bytes: &mut Vec<u8>, len: usize) -> Result {
    let missing = len.saturating_sub(bytes.len());
    bytes.try_reserve_exact(missing).map_err(|_| Errno::NOMEM)
}

/// Makes what is `stored` of `block` into its `bytes`.
fn fill(
    bytes: &mut [u8],
    decoder: &mut Decoder,
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
    let decoded = decoder.decode(stored, prefix, bytes);
    Ok(decoded.map_err(|_| block.undecodable())?)
}
