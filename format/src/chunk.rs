//! The units of deduplication.
//!
//! Put back to back in the order of their records, the different chunks form
//! the *content*: one string of `raw_len` bytes, which is then cut into blocks
//! of equal size. A chunk may therefore lie across blocks.
//!
//! To read a file it is enough to know where its runs lie in the content, so
//! where chunks start and end is told by the cold part alone.

use crate::cold::Cold;
use crate::digest::{DIGEST_LEN, Digest};
use crate::{Corrupt, Extent, InodeNumber};
use core::mem::{offset_of, size_of};
use std::vec::Vec;
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// A chunk as it is stored: it starts where the one before it ends.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ChunkRecord {
    /// Length of the chunk in bytes; never zero.
    pub len: U32,
    /// The digest of its bytes.
    pub digest: [u8; DIGEST_LEN],
}

/// Length of a chunk record in bytes.
pub const CHUNK_LEN: usize = 36;

const _: () = {
    assert!(size_of::<ChunkRecord>() == CHUNK_LEN);
    assert!(offset_of!(ChunkRecord, digest) == 4);
};

/// A chunk and its place in the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where the chunk starts in the content.
    pub raw_offset: u64,
    /// Length of the chunk in bytes; never zero.
    pub len: u32,
    /// The digest of its bytes.
    pub digest: Digest,
}

impl Chunk {
    /// Where the chunk ends in the content.
    pub fn raw_end(&self) -> u64 {
        self.raw_offset.saturating_add(self.len.into())
    }
}

impl From<&Chunk> for ChunkRecord {
    fn from(chunk: &Chunk) -> Self {
        Self {
            len: chunk.len.into(),
            digest: chunk.digest.0,
        }
    }
}

/// All chunks of an image, in the order of the content.
#[derive(Clone, Debug)]
pub struct Chunks(Vec<Chunk>);

impl Chunks {
    /// Takes the chunks out of a cold part, for the image that it belongs to.
    pub fn new(cold: &Cold<'_>) -> Self {
        Self(cold.chunks().collect())
    }

    /// The chunks as a slice.
    pub fn as_slice(&self) -> &[Chunk] {
        &self.0
    }

    /// The chunks that make up a run of a file, found by binary search.
    ///
    /// # Errors
    ///
    /// The run does not start and end where chunks do.
    pub fn of(&self, inode: InodeNumber, extent: &Extent) -> Result<&[Chunk], Corrupt> {
        let start = extent.raw_offset;
        let end = start.saturating_add(extent.len);
        let (first, after) = (self.position(start), self.position(end));
        let chunks = self.0.get(first..after).unwrap_or_default();
        let starts = chunks.first().map(|chunk| chunk.raw_offset);
        let ends = chunks.last().map(Chunk::raw_end);
        if (starts, ends) == (Some(start), Some(end)) {
            return Ok(chunks);
        }
        Err(Corrupt::RunChunks {
            inode: inode.0,
            offset: extent.file_offset,
        })
    }

    /// The first chunk that does not start before `raw_offset`.
    fn position(&self, raw_offset: u64) -> usize {
        self.0
            .partition_point(|chunk| chunk.raw_offset < raw_offset)
    }
}
