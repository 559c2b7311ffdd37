//! A source of stored blocks: reserved.
//!
//! Today all stored blocks lie in one payload inside the module. Two extensions need
//! more. An image in a file outside the module has a payload that the runtime reads
//! through the host. An image of several parts has one payload for each part, and each
//! payload lies in memory, in a segment or outside.

use core::mem::{offset_of, size_of};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// One payload beyond the one that the anchor names. No version of wasi-vfs writes this
/// record yet: [`Anchor::sources`](crate::Anchor::sources) is empty.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Source {
    /// The place of the bytes, such as the runtime's memory, a passive segment or a file
    /// outside the module. A reader rejects an unknown kind.
    pub kind: U32,
    /// Bits that a reader must know.
    pub flags: U32,
    /// Depends on the kind: an address, the number of a segment, or an offset in the file.
    /// A file may be longer than 4 GiB, hence 64 bits.
    pub offset: U64,
    /// Length of the payload. Blocks count their offsets from `offset`.
    pub len: U64,
    /// BLAKE3 of the index of the image that the payload belongs to. It names an outside
    /// file, and no other file is accepted for it.
    pub digest: [u8; 32],
    /// Number of the first block that this payload holds.
    pub first_block: U32,
    /// Number of blocks at the start that a host fetches first; 0 if unknown.
    pub ranked_block_count: U32,
}

/// Length of [`Source`] in bytes.
pub const SOURCE_LEN: usize = 64;

const _: () = {
    assert!(size_of::<Source>() == SOURCE_LEN);
    assert!(offset_of!(Source, flags) == 4);
    assert!(offset_of!(Source, offset) == 8);
    assert!(offset_of!(Source, len) == 16);
    assert!(offset_of!(Source, digest) == 24);
    assert!(offset_of!(Source, first_block) == 56);
    assert!(offset_of!(Source, ranked_block_count) == 60);
};
