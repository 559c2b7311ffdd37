//! The image behind the calls: the index, and file contents out of the payload.

use crate::cache::BlockCache;
use crate::errno::{Errno, Result};
use crate::memory::Memory;
use alloc::vec::Vec;
use wasi_vfs_format::{Block, Codec, Content, Directory, File, Index, Inode, InodeNumber};

/// The stored blocks, wherever they are.
///
/// # Errors
///
/// `IO` for a range that is not within the payload, `NOMEM` if memory runs out.
pub trait Payload {
    /// Lends `len` bytes at `offset`.
    fn with_bytes<R>(
        &mut self,
        offset: u32,
        len: u32,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Result<R>;

    /// Allocates all memory that lending up to `len` bytes needs. Returns how many bytes
    /// the image uses in all, the index included, if the payload can tell.
    fn reserve(&mut self, len: u32) -> Result<usize>;

    /// Copies `len` bytes at `offset` to `address` of the guest's memory, a
    /// range that the caller has checked, without a stop in between.
    fn copy_to_guest(
        &mut self,
        memory: &mut impl Memory,
        address: u32,
        offset: u32,
        len: u32,
    ) -> Result;
}

/// An image that is being served.
pub(crate) struct Image<P> {
    /// `None` if the superblock cannot be read.
    index: Option<Index<'static>>,
    /// Whether every byte of the index is as it was written. If not, each call
    /// answers `IO`.
    is_intact: bool,
    payload: P,
    /// Made when the first block is needed.
    cache: Option<BlockCache>,
    /// Stored blocks that were found intact.
    verified: BlockSet,
    /// Compressed blocks that are no frame, or no intact one. Decoding such a block again
    /// would evict another block each time.
    undecodable: BlockSet,
}

impl<P: Payload> Image<P> {
    pub(crate) fn new(index: Option<Index<'static>>, payload: P) -> Self {
        Self {
            index,
            is_intact: index.is_some_and(|index| index.verify_checksum().is_ok()),
            payload,
            cache: None,
            verified: BlockSet::default(),
            undecodable: BlockSet::default(),
        }
    }

    pub(crate) fn index(&self) -> Result<&Index<'static>> {
        match &self.index {
            Some(index) if self.is_intact => Ok(index),
            _ => Err(Errno::IO),
        }
    }

    pub(crate) fn inode(&self, number: InodeNumber) -> Result<Inode> {
        Ok(self.index()?.inode(number)?)
    }

    pub(crate) fn directory(&self, number: InodeNumber) -> Result<Directory> {
        match self.inode(number)?.content {
            Content::Directory(directory) => Ok(directory),
            _ => Err(Errno::NOTDIR),
        }
    }

    pub(crate) fn file(&self, number: InodeNumber) -> Result<File> {
        match self.inode(number)?.content {
            Content::File(file) => Ok(file),
            _ => Err(Errno::IO),
        }
    }

    /// Copies bytes of a file from `offset` on into `len` bytes at `address`
    /// of the guest's memory, which the caller has checked. Gives how many
    /// there were: fewer than `len` at the end of the file, and before bytes that
    /// cannot be read, as in POSIX.
    pub(crate) fn read(
        &mut self,
        (number, file): (InodeNumber, &File),
        offset: u64,
        memory: &mut impl Memory,
        (address, len): (u32, u32),
    ) -> Result<u32> {
        let mut done = 0;
        while done < len {
            let at = offset.saturating_add(done.into());
            let place = (address + done, len - done);
            match self.copy_within_run((number, file), at, memory, place) {
                Ok(0) => break,
                Ok(copied) => done += copied,
                Err(errno) if done == 0 => return Err(errno),
                Err(_) => break,
            }
        }
        Ok(done)
    }

    /// Copies bytes of a file from `offset` on, up to the end of the run or the block
    /// that they are in; none at the end of the file.
    fn copy_within_run(
        &mut self,
        (number, file): (InodeNumber, &File),
        offset: u64,
        memory: &mut impl Memory,
        (address, wanted): (u32, u32),
    ) -> Result<u32> {
        let Some(run) = self.index()?.run(number, file, offset)? else {
            return Ok(0);
        };
        let wanted = u64::from(wanted).min(run.len) as u32;
        self.copy_within_block(run.raw_offset, memory, (address, wanted))
    }

    /// Copies content from `raw_offset` on, up to the end of its block.
    fn copy_within_block(
        &mut self,
        raw_offset: u64,
        memory: &mut impl Memory,
        (address, wanted): (u32, u32),
    ) -> Result<u32> {
        let block = self.index()?.block_at(raw_offset)?;
        // Within a block, so below its size.
        let start = (raw_offset - block.raw_offset) as u32;
        let len = wanted.min(block.raw_len.saturating_sub(start));
        match block.codec {
            Codec::Stored => {
                self.verify_once(&block)?;
                let offset = block.stored_offset + start;
                self.payload.copy_to_guest(memory, address, offset, len)?;
            }
            Codec::Zstd | Codec::Based => {
                let bytes = self.decompressed(&block, len)?;
                let range = start as usize..(start + len) as usize;
                memory.copy_in(address, bytes.get(range).ok_or(Errno::IO)?);
            }
        }
        // A run is never empty and neither is what a block has of it, so that
        // a reader makes progress; an image where it does not is damaged.
        if len == 0 { Err(Errno::IO) } else { Ok(len) }
    }

    #[cfg(test)]
    pub(crate) fn has_cached(&self, block: u32) -> bool {
        self.cache
            .as_ref()
            .is_some_and(|cache| cache.contains(block))
    }

    #[cfg(test)]
    pub(crate) fn cached_len(&self) -> usize {
        self.cache.as_ref().map_or(0, BlockCache::held_len)
    }

    /// The cache, once there is memory for all that comes beside the blocks: what
    /// they leave of the bound is known then.
    fn make_cache(&mut self) -> Result<BlockCache> {
        let index = self.index()?;
        let (superblock, count) = (index.superblock(), index.block_count());
        let (block_len, index_len) = (superblock.block_len(), superblock.index_len.get());
        let mut longest = 0;
        for number in 0..count {
            // One that is damaged is no reason not to read the others.
            let block = index.block(number);
            longest = longest.max(block.map_or(0, |block| block.stored_len));
        }
        let mut cache = BlockCache::new(block_len, count)?;
        let taken = self.payload.reserve(longest)?;
        cache.fit(taken.saturating_sub(index_len as usize));
        Ok(cache)
    }

    /// The content of a block, of which `len` bytes are read.
    fn decompressed(&mut self, block: &Block, len: u32) -> Result<&[u8]> {
        if block.codec == Codec::Based {
            let base = self.index()?.block(0)?;
            self.load(&base)?;
        }
        self.load(block)?;
        let cache = self.cache.as_mut().ok_or(Errno::IO)?;
        cache.read(block.number.0, len).ok_or(Errno::IO)
    }

    /// Sees to it that a block is in the cache.
    fn load(&mut self, block: &Block) -> Result {
        let cache = match &mut self.cache {
            Some(cache) => cache,
            None => {
                let cache = self.make_cache()?;
                self.cache.insert(cache)
            }
        };
        if cache.contains(block.number.0) {
            return Ok(());
        }
        if self.undecodable.contains(block.number.0) {
            return Err(Errno::IO);
        }
        let inserted =
            self.payload
                .with_bytes(block.stored_offset, block.stored_len, |stored| {
                    block.verify(stored)?;
                    cache.insert(block, stored)
                })?;
        if inserted == Err(Errno::IO) {
            // If memory runs out, the next read only decodes it again.
            let _ = self.undecodable.insert(block.number.0);
        }
        inserted
    }

    /// Checks a stored block the first time that it is read.
    fn verify_once(&mut self, block: &Block) -> Result {
        if self.verified.contains(block.number.0) {
            return Ok(());
        }
        self.payload
            .with_bytes(block.stored_offset, block.stored_len, |stored| {
                block.verify(stored)
            })??;
        self.verified.insert(block.number.0)
    }
}

/// Numbers of blocks, one bit each.
#[derive(Default)]
struct BlockSet {
    words: Vec<u64>,
}

impl BlockSet {
    fn contains(&self, block: u32) -> bool {
        let word = self.words.get(block as usize / 64);
        word.is_some_and(|word| word & (1 << (block % 64)) != 0)
    }

    fn insert(&mut self, block: u32) -> Result {
        let position = block as usize / 64;
        if position >= self.words.len() {
            let missing = position + 1 - self.words.len();
            self.words.try_reserve(missing).map_err(|_| Errno::NOMEM)?;
            self.words.resize(position + 1, 0);
        }
        self.words[position] |= 1 << (block % 64);
        Ok(())
    }
}
