//! The content of an image: ranges of decompressed bytes out of stored blocks.
//!
//! The content is one long string of bytes, cut into blocks. A block is stored as it is
//! or compressed. `Blocks::read` serves a range within one block:
//!
//! - A *stored* block is checked once against its checksum, in pieces. From then on its
//!   bytes go from the [`BlockSource`] straight into the [`Sink`].
//! - A *compressed* block is checked and decompressed into the `BlockCache`, and
//!   copied from there. A *based* block needs its base in the cache first.
//!
//! Reading 10 bytes at offset 300,000 with blocks of 128 KiB, for example, loads block 2,
//! perhaps after its base, and copies 10 bytes. The next read nearby only copies.
//!
//! This layer knows no files and no WASI.

mod budget;
mod cache;
mod error;
mod set;
mod source;

pub use budget::{Budget, MEMORY_LIMIT};
pub use error::BlockError;
pub use source::{BlockSource, Sink, SinkRange, Source, StoredRange};

use crate::parts;
#[cfg(test)]
pub(crate) use cache::BlockCache;
#[cfg(not(test))]
use cache::BlockCache;
use set::BlockSet;
use wasi_vfs_format::checksum::Checksum;
use wasi_vfs_format::{Block, Codec, Index};

type Result<T = (), E = BlockError> = core::result::Result<T, E>;

/// The blocks of an image. Each method gets the index that describes them.
pub struct Blocks<S, B> {
    source: S,
    budget: B,
    /// Made when the first block is decompressed.
    cache: Option<BlockCache>,
    /// Stored blocks whose checksum was right.
    verified: BlockSet,
    /// Compressed blocks that cannot be decoded. A second attempt would evict another
    /// block for nothing.
    undecodable: BlockSet,
}

impl<S: BlockSource, B: Budget> Blocks<S, B> {
    /// Reads blocks from `source` and keeps decompressed ones within `budget`.
    pub fn new(source: S, budget: B) -> Self {
        Self {
            source,
            budget,
            cache: None,
            verified: BlockSet::default(),
            undecodable: BlockSet::default(),
        }
    }

    /// Copies content from `raw_offset` on into the sink: up to `len` bytes, up to the end
    /// of the block, and at least one byte.
    pub(crate) fn read(
        &mut self,
        index: &Index<'_>,
        (raw_offset, len): (u64, u32),
        sink: &mut impl Sink,
    ) -> Result {
        let block = index.block_at(raw_offset)?;
        // Within the block, so below its length.
        let start = (raw_offset - block.raw_offset) as u32;
        let len = len.min(block.raw_len.saturating_sub(start));
        if len == 0 {
            // Nothing of a valid image is empty. Readers rely on progress.
            return Err(BlockError::Corrupt);
        }
        match block.codec {
            Codec::Stored => {
                if !parts::stored_blocks() {
                    return Err(BlockError::Corrupt);
                }
                self.verify_once(&block)?;
                if sink.only_counts() {
                    sink.advance(len);
                    return Ok(());
                }
                let offset = u64::from(block.stored_offset) + u64::from(start);
                let block = block.number;
                let range = StoredRange { block, offset, len };
                self.source.copy_to(range, sink)
            }
            Codec::Zstd | Codec::Based(_) => {
                if !parts::compressed_blocks() {
                    return Err(BlockError::Corrupt);
                }
                let bytes = self.decompressed(index, &block, len)?;
                let range = start as usize..(start + len) as usize;
                sink.put(bytes.get(range).ok_or(BlockError::Corrupt)?);
                Ok(())
            }
        }
    }

    /// Checks a stored block the first time that it is read.
    fn verify_once(&mut self, block: &Block) -> Result {
        if self.verified.contains(block.number.0) {
            return Ok(());
        }
        let mut checksum = Checksum::default();
        for piece in stored_range(block).pieces() {
            let update = |bytes: &[u8]| checksum.update(bytes);
            self.source.with_bytes(piece, update)?;
        }
        block.expect_checksum(checksum.finish())?;
        self.verified.insert(block.number.0)
    }

    /// The content of a block, of which the caller reads `len` bytes.
    fn decompressed(&mut self, index: &Index<'_>, block: &Block, len: u32) -> Result<&[u8]> {
        let is_cached = |cache: &BlockCache| cache.contains(block.number.0);
        if !self.cache.as_ref().is_some_and(is_cached) {
            if let Some(base) = block.base {
                self.load(index, &index.block(base.0)?)?;
            }
            self.load(index, block)?;
        }
        let cache = self.cache.as_mut().ok_or(BlockError::Corrupt)?;
        cache.read(block.number.0, len).ok_or(BlockError::Corrupt)
    }

    /// Decompresses a block into the cache, unless it is there.
    fn load(&mut self, index: &Index<'_>, block: &Block) -> Result {
        let cache = match &mut self.cache {
            Some(cache) => cache,
            None => {
                let cache = self.make_cache(index)?;
                self.cache.insert(cache)
            }
        };
        if cache.contains(block.number.0) {
            return Ok(());
        }
        if self.undecodable.contains(block.number.0) {
            return Err(BlockError::Corrupt);
        }
        let inserted = self.source.with_bytes(stored_range(block), |stored| {
            block.verify(stored)?;
            cache.insert(block, stored)
        })?;
        if inserted == Err(BlockError::Corrupt) {
            // If memory runs out, the next read only decodes the block again.
            let _ = self.undecodable.insert(block.number.0);
        }
        inserted
    }

    /// The cache. All memory beside the blocks is allocated first, so that the budget
    /// says how many blocks fit.
    fn make_cache(&mut self, index: &Index<'_>) -> Result<BlockCache> {
        let (superblock, count) = (index.superblock(), index.block_count());
        let mut longest = 0;
        for number in 0..count {
            // A damaged record must not keep a program from reading the other blocks.
            let block = index.block(number);
            longest = longest.max(block.map_or(0, |block| block.stored_len));
        }
        let mut cache = BlockCache::new(superblock.block_len(), count)?;
        self.source.reserve(longest)?;
        cache.fit(self.budget.used_len(superblock.index_len.get() as usize));
        Ok(cache)
    }

    /// Frees all decompressed blocks and the decoder. The next read allocates them again.
    pub(crate) fn empty_cache(&mut self) {
        self.cache = None;
    }

    #[cfg(test)]
    pub(crate) fn has_cached(&self, block: u32) -> bool {
        let cache = self.cache.as_ref();
        cache.is_some_and(|cache| cache.contains(block))
    }

    #[cfg(test)]
    pub(crate) fn cached_len(&self) -> usize {
        self.cache.as_ref().map_or(0, BlockCache::held_len)
    }
}

fn stored_range(block: &Block) -> StoredRange {
    StoredRange {
        block: block.number,
        offset: block.stored_offset.into(),
        len: block.stored_len,
    }
}
