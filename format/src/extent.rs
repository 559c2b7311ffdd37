//! Runs of a file whose chunks are not all consecutive: it shares some of them
//! with other files, or with itself.

use core::mem::{offset_of, size_of};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// An extent as it is stored. The extents of one file are consecutive and
/// sorted by file offset, so that a seek is a binary search.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ExtentRecord {
    /// Where the run starts in the file; it ends where the next one starts.
    pub file_offset: U64,
    /// The first of the consecutive chunks that hold its bytes.
    pub chunk: U32,
    /// How many extents of the same file follow this one.
    pub following_count: U32,
}

/// Length of an extent record in bytes.
pub const EXTENT_LEN: usize = 16;

const _: () = {
    assert!(size_of::<ExtentRecord>() == EXTENT_LEN);
    assert!(offset_of!(ExtentRecord, chunk) == 8);
    assert!(offset_of!(ExtentRecord, following_count) == 12);
};
