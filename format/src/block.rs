//! The units of compression and of the cache.

use crate::checksum::checksum;
use crate::error::Corrupt;
use crate::limits::MAX_BASE_COUNT;
use core::mem::{offset_of, size_of};
use core::ops::Range;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Number of a block in the block table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockNumber(pub u32);

/// How the bytes of a block are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Uncompressed.
    Stored,
    /// One zstd frame with its content size.
    Zstd,
    /// One zstd frame with its content size. Its prefix is the content of a *base*, which
    /// this number counts: the position in the table of bases, 0 in an image without that
    /// table.
    Based(u8),
}

impl Codec {
    /// The codec of the first base.
    const BASED: u8 = 2;

    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Stored),
            1 => Some(Self::Zstd),
            _ => Some(byte - Self::BASED)
                .filter(|&position| u32::from(position) < MAX_BASE_COUNT)
                .map(Self::Based),
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::Stored => 0,
            Self::Zstd => 1,
            Self::Based(position) => Self::BASED.saturating_add(position),
        }
    }
}

/// The stored record of a block.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct BlockRecord {
    /// Checksum of the stored bytes.
    pub checksum: U64,
    /// Offset of the stored bytes in the payload.
    pub stored_offset: U32,
    /// Bits 0 to 23: length of the stored bytes. Bits 24 to 31: a [`Codec`].
    pub stored_len_and_codec: U32,
}

/// Length of a block record in bytes.
pub const BLOCK_RECORD_LEN: usize = 16;

/// Length of the number of a base in bytes.
pub const BASE_RECORD_LEN: usize = 4;

const _: () = {
    assert!(size_of::<BlockRecord>() == BLOCK_RECORD_LEN);
    assert!(offset_of!(BlockRecord, stored_offset) == 8);
    assert!(offset_of!(BlockRecord, stored_len_and_codec) == 12);
    // The largest stored block is the largest block, and must fit the 24 bits.
    assert!(crate::limits::MAX_BLOCK_SHIFT < STORED_LEN_BITS);
};

const STORED_LEN_BITS: u32 = 24;
const STORED_LEN_MASK: u32 = (1 << STORED_LEN_BITS) - 1;

impl BlockRecord {
    /// Makes the record of a block; `stored_len` is at most the largest block.
    pub fn new(checksum: u64, stored_offset: u32, stored_len: u32, codec: Codec) -> Self {
        debug_assert!(stored_len <= STORED_LEN_MASK);
        let codec = u32::from(codec.byte()) << STORED_LEN_BITS;
        Self {
            checksum: checksum.into(),
            stored_offset: stored_offset.into(),
            stored_len_and_codec: (stored_len & STORED_LEN_MASK | codec).into(),
        }
    }

    fn stored_len(&self) -> u32 {
        self.stored_len_and_codec.get() & STORED_LEN_MASK
    }

    pub(crate) fn codec(&self) -> Option<Codec> {
        Codec::from_byte((self.stored_len_and_codec.get() >> STORED_LEN_BITS) as u8)
    }
}

/// A block whose record has been validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number in the block table.
    pub number: BlockNumber,
    /// Offset of its bytes in the content.
    pub raw_offset: u64,
    /// Number of bytes of the content in this block; at most the block size.
    pub raw_len: u32,
    /// Offset of the stored bytes in the payload.
    pub stored_offset: u32,
    /// Number of stored bytes: `raw_len` for [`Codec::Stored`], otherwise fewer.
    pub stored_len: u32,
    /// Encoding of the stored bytes.
    pub codec: Codec,
    /// The block whose content is the prefix, for [`Codec::Based`]. That block has no base.
    pub base: Option<BlockNumber>,
    checksum: u64,
}

impl Block {
    pub(crate) fn validate(
        number: u32,
        record: &BlockRecord,
        raw: Range<u64>,
        payload_len: u32,
    ) -> Result<Self, Corrupt> {
        let corrupt = Corrupt::Block { block: number };
        let codec = record.codec().ok_or(corrupt)?;
        let stored_len = record.stored_len();
        let stored_offset = record.stored_offset.get();
        let stored_end = u64::from(stored_offset) + u64::from(stored_len);
        let raw_len = u32::try_from(raw.end.saturating_sub(raw.start)).map_err(|_| corrupt)?;
        let len_is_possible = match codec {
            Codec::Stored => stored_len == raw_len,
            Codec::Zstd | Codec::Based(_) => stored_len < raw_len,
        };
        if !len_is_possible || stored_end > u64::from(payload_len) {
            return Err(corrupt);
        }
        Ok(Self {
            number: BlockNumber(number),
            raw_offset: raw.start,
            raw_len,
            stored_offset,
            stored_len,
            codec,
            base: None,
            checksum: record.checksum.get(),
        })
    }

    /// Compares the checksum of the stored bytes.
    pub fn verify(&self, stored: &[u8]) -> Result<(), Corrupt> {
        self.expect_checksum(checksum(stored))
    }

    /// Compares the checksum of the stored bytes with `found`, for a caller that computed
    /// it from pieces.
    pub fn expect_checksum(&self, found: u64) -> Result<(), Corrupt> {
        if found == self.checksum {
            Ok(())
        } else {
            Err(Corrupt::BlockChecksum {
                block: self.number.0,
            })
        }
    }

    /// The error for stored bytes that pass the checksum but do not
    /// decompress to `raw_len` bytes.
    pub fn undecodable(&self) -> Corrupt {
        Corrupt::BlockData {
            block: self.number.0,
            raw_len: self.raw_len,
        }
    }
}
