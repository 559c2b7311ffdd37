//! The units of deduplication.
//!
//! Put back to back in the order of the chunk table, the unique chunks form
//! the *content*: one string of `raw_len` bytes, which is then cut into blocks
//! of equal size. A chunk may therefore lie across blocks.

use core::mem::size_of;
use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// A chunk as it is stored: it ends where the next one starts.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ChunkRecord {
    /// Where the chunk starts in the content.
    pub raw_offset: U64,
}

/// Length of a chunk record in bytes.
pub const CHUNK_LEN: usize = 8;

const _: () = assert!(size_of::<ChunkRecord>() == CHUNK_LEN);
