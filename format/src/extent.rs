//! The runs of a file that shares some of its bytes with other files or with itself.

use crate::limits::{MAX_EXTENT_COUNT, MAX_RAW_LEN};
use core::mem::{offset_of, size_of};
use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The stored record of a run. The extents of one file are consecutive and sorted by
/// file offset, so a seek is a binary search.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ExtentRecord {
    /// Offset of the run in the file. The run ends where the next one starts.
    pub file_offset: U64,
    /// Bits 0 to 39: offset of the run in the content. Bits 40 to 63: number of extents
    /// of the same file that follow.
    pub raw_offset_and_following_count: U64,
}

/// Length of an extent record in bytes.
pub const EXTENT_LEN: usize = 16;

const RAW_OFFSET_BITS: u32 = 40;
const RAW_OFFSET_MASK: u64 = (1 << RAW_OFFSET_BITS) - 1;

const _: () = {
    assert!(size_of::<ExtentRecord>() == EXTENT_LEN);
    assert!(offset_of!(ExtentRecord, raw_offset_and_following_count) == 8);
    // A run has bytes, so its offset is below the length of the content.
    assert!(MAX_RAW_LEN - 1 == RAW_OFFSET_MASK);
    assert!(MAX_EXTENT_COUNT - 1 == u64::MAX >> RAW_OFFSET_BITS);
};

impl ExtentRecord {
    /// Makes the record of a run. `raw_offset` must be within the largest content, and
    /// `following_count` below [`MAX_EXTENT_COUNT`].
    pub fn new(file_offset: u64, raw_offset: u64, following_count: u32) -> Self {
        debug_assert!(raw_offset < MAX_RAW_LEN);
        debug_assert!(u64::from(following_count) < MAX_EXTENT_COUNT);
        let following = u64::from(following_count) << RAW_OFFSET_BITS;
        Self {
            file_offset: file_offset.into(),
            raw_offset_and_following_count: (raw_offset & RAW_OFFSET_MASK | following).into(),
        }
    }

    /// Offset of the run in the content.
    pub fn raw_offset(&self) -> u64 {
        self.raw_offset_and_following_count.get() & RAW_OFFSET_MASK
    }

    /// Number of extents of the same file that follow this one.
    pub fn following_count(&self) -> u32 {
        // The shift leaves 24 bits.
        (self.raw_offset_and_following_count.get() >> RAW_OFFSET_BITS) as u32
    }
}
