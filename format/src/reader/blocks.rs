//! Decoding of stored blocks, and a cache of the last ones.

use crate::block::{Block, BlockNumber, Codec};
use crate::error::Corrupt;
use crate::frame;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::vec::Vec;
use zstd::zstd_safe::DCtx;

/// Returns the bytes of a block. Compares the checksum before decoding and the length
/// after it. Allocates only the length of the block. `base` is the content of its
/// base if the codec needs one.
pub(super) fn decode(
    block: &Block,
    stored: Cow<'_, [u8]>,
    base: &[u8],
) -> Result<Vec<u8>, Corrupt> {
    block.verify(&stored)?;
    match block.codec {
        Codec::Stored => Ok(stored.into_owned()),
        Codec::Zstd => decompress(block, &stored, &[]),
        Codec::Based(_) => decompress(block, &stored, base),
    }
}

fn decompress(block: &Block, stored: &[u8], prefix: &[u8]) -> Result<Vec<u8>, Corrupt> {
    if !frame::is_one(stored, block.raw_len.into()) {
        return Err(block.undecodable());
    }
    let mut raw = Vec::with_capacity(block.raw_len as usize);
    let mut context = DCtx::create();
    // Without a prefix the frame must decode alone, whatever the context decoded
    // before.
    let decoded = context
        .ref_prefix(prefix)
        .and_then(|_| context.decompress(&mut raw, stored));
    match decoded {
        Ok(len) if len == block.raw_len as usize => Ok(raw),
        _ => Err(block.undecodable()),
    }
}

/// The blocks that were read last. A block holds many small files, and tools read files
/// in nearly the order of the content.
#[derive(Debug)]
pub(super) struct BlockCache {
    capacity: usize,
    blocks: Mutex<VecDeque<(BlockNumber, Arc<[u8]>)>>,
}

/// Limits of the cache in bytes and in blocks, since a lookup is a linear search.
const CACHE_LEN: usize = 8 << 20;
const CACHE_COUNT: usize = 64;

impl BlockCache {
    pub(super) fn new(block_len: u32) -> Self {
        Self {
            capacity: (CACHE_LEN / block_len.max(1) as usize).clamp(1, CACHE_COUNT),
            blocks: Mutex::default(),
        }
    }

    /// Returns the block from the cache, or the result of `decode`. `decode` runs
    /// without the lock, so two threads may decode the same block and neither waits.
    pub(super) fn get_or_insert(
        &self,
        number: BlockNumber,
        decode: impl FnOnce() -> Result<Vec<u8>, Corrupt>,
    ) -> Result<Arc<[u8]>, Corrupt> {
        if let Some(bytes) = self.get(number) {
            return Ok(bytes);
        }
        let bytes: Arc<[u8]> = decode()?.into();
        // A thread that panicked cannot have left a half-made entry.
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.truncate(self.capacity - 1);
        blocks.push_front((number, bytes.clone()));
        Ok(bytes)
    }

    fn get(&self, number: BlockNumber) -> Option<Arc<[u8]>> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let position = blocks.iter().position(|(kept, _)| *kept == number)?;
        let found = blocks.remove(position)?;
        let bytes = found.1.clone();
        blocks.push_front(found);
        Some(bytes)
    }
}
