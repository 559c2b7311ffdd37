//! The first record of an image: version, features and the places of the tables.

use crate::block::{BASE_RECORD_LEN, BLOCK_RECORD_LEN};
use crate::error::{Corrupt, Error, Incompatible};
use crate::extent::EXTENT_LEN;
use crate::inode::INODE_LEN;
use crate::limits::{MAX_BLOCK_SHIFT, MAX_MOUNT_COUNT, MAX_RAW_LEN, MIN_BLOCK_SHIFT};
use crate::mount::MOUNT_LEN;
use core::mem::{offset_of, size_of};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// First bytes of every image. The first byte is not ASCII, and text conversions damage
/// the line ends, as in PNG.
pub const MAGIC: [u8; 8] = *b"\x89wvfs\r\n\x1a";

/// Version of the format described by `docs/FORMAT.md`.
pub const VERSION: u32 = 1;

/// Features a reader may ignore. None is defined yet.
pub const KNOWN_COMPATIBLE: u64 = 0;

/// A feature: the image describes [changes](crate::changes) of another image.
pub const CHANGES: u64 = 1;

/// A feature: the image has several bases, which a table of block numbers lists. An image
/// without it has one base, block 0.
pub const BASES: u64 = 2;

/// Features without which an image cannot be read. Without the feature `changes` of this
/// crate, a reader rejects images of changes.
pub const KNOWN_INCOMPATIBLE: u64 = if cfg!(feature = "changes") {
    CHANGES | BASES
} else {
    BASES
};

/// A table: `count` records (or bytes, for names) at `offset` of the index.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Table {
    /// Offset from the start of the index, in bytes.
    pub offset: U32,
    /// Number of records.
    pub count: U32,
}

/// The stored superblock, at offset 0 of the index.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Superblock {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION`].
    pub version: U32,
    /// Logarithm of the block size.
    pub block_shift: U32,
    /// Feature bits that a reader may ignore.
    pub compatible_features: U64,
    /// Feature bits that a reader must know.
    pub incompatible_features: U64,
    /// The BLAKE3 root digest, which identifies the image.
    pub digest: [u8; 32],
    /// Length of the index in bytes, this superblock included.
    pub index_len: U32,
    /// Length of the payload in bytes.
    pub payload_len: U32,
    /// Length of the metadata section in bytes.
    pub metadata_len: U32,
    /// Number of bases with [`BASES`], otherwise zero.
    pub base_count: U32,
    /// Length of the content: all chunks back to back, uncompressed.
    pub raw_len: U64,
    /// Directories that the guest gets as preopens.
    pub mounts: Table,
    /// File-system objects.
    pub inodes: Table,
    /// Runs of files that are not one run.
    pub extents: Table,
    /// Units of compression.
    pub blocks: Table,
    /// Names, link targets and mount paths.
    pub names: Table,
    /// Checksum of the index without these eight bytes.
    pub index_checksum: U64,
}

/// Length of the superblock in bytes.
pub const SUPERBLOCK_LEN: usize = 136;

const _: () = {
    assert!(size_of::<Table>() == 8);
    assert!(size_of::<Superblock>() == SUPERBLOCK_LEN);
    assert!(offset_of!(Superblock, version) == 8);
    assert!(offset_of!(Superblock, block_shift) == 12);
    assert!(offset_of!(Superblock, compatible_features) == 16);
    assert!(offset_of!(Superblock, incompatible_features) == 24);
    assert!(offset_of!(Superblock, digest) == 32);
    assert!(offset_of!(Superblock, index_len) == 64);
    assert!(offset_of!(Superblock, payload_len) == 68);
    assert!(offset_of!(Superblock, metadata_len) == 72);
    assert!(offset_of!(Superblock, base_count) == 76);
    assert!(offset_of!(Superblock, raw_len) == 80);
    assert!(offset_of!(Superblock, mounts) == 88);
    assert!(offset_of!(Superblock, inodes) == 96);
    assert!(offset_of!(Superblock, extents) == 104);
    assert!(offset_of!(Superblock, blocks) == 112);
    assert!(offset_of!(Superblock, names) == 120);
    assert!(offset_of!(Superblock, index_checksum) == 128);
};

impl Table {
    /// The records of this table of the `index`. `name` is for the error.
    pub(crate) fn records<'a, T>(
        self,
        index: &'a [u8],
        name: &'static str,
    ) -> Result<&'a [T], Corrupt>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned,
        [T]: KnownLayout<PointerMetadata = usize>,
    {
        let count = self.count.get() as usize;
        let len = count.saturating_mul(size_of::<T>());
        let records = table_bytes(index, self.offset.get(), len);
        // The bytes have the length of all records, so this cannot fail.
        let records = records.and_then(|bytes| <[T]>::ref_from_bytes(bytes).ok());
        records.ok_or(Corrupt::TableBounds { table: name })
    }
}

/// The same code for the records of each type.
#[inline(never)]
fn table_bytes(index: &[u8], offset: u32, len: usize) -> Option<&[u8]> {
    let start = offset as usize;
    index.get(start..start.checked_add(len)?)
}

impl Superblock {
    /// Reads the superblock at the start of `index`. Checks that this reader supports
    /// it and that `index` is complete.
    pub fn parse(index: &[u8]) -> Result<&Self, Error> {
        Self::parse_head(index, index.len())
    }

    /// Like [`Superblock::parse`], with the first bytes of an index of `len` bytes.
    pub fn parse_head(head: &[u8], len: usize) -> Result<&Self, Error> {
        let (superblock, _) =
            Self::ref_from_prefix(head).map_err(|_| Corrupt::Truncated { len: head.len() })?;
        superblock.validate_identity()?;
        superblock.validate_geometry(len)?;
        Ok(superblock)
    }

    fn validate_identity(&self) -> Result<(), Error> {
        if self.magic != MAGIC {
            return Err(Corrupt::Magic.into());
        }
        let found = self.version.get();
        if found != VERSION {
            let known = VERSION;
            return Err(Incompatible::Version { found, known }.into());
        }
        let bits = self.incompatible_features.get() & !KNOWN_INCOMPATIBLE;
        if bits != 0 {
            return Err(Incompatible::Features { bits }.into());
        }
        Ok(())
    }

    fn validate_geometry(&self, found: usize) -> Result<(), Corrupt> {
        let expected = self.index_len.get();
        if expected as usize > found || (expected as usize) < SUPERBLOCK_LEN {
            return Err(Corrupt::IndexLen { expected, found });
        }
        let shift = self.block_shift.get();
        if !(MIN_BLOCK_SHIFT..=MAX_BLOCK_SHIFT).contains(&shift) {
            return Err(Corrupt::BlockShift { shift });
        }
        let raw_len = self.raw_len.get();
        if raw_len > MAX_RAW_LEN {
            return Err(Corrupt::RawLen { raw_len });
        }
        let (found, max) = (self.mounts.count.get(), MAX_MOUNT_COUNT);
        if found > max {
            return Err(Corrupt::MountCount { max, found });
        }
        let blocks = raw_len.div_ceil(1 << shift);
        if blocks != u64::from(self.blocks.count.get()) {
            return Err(Corrupt::BlockCount {
                expected: blocks,
                found: self.blocks.count.get(),
            });
        }
        Ok(())
    }

    /// The tables in their order in the index: name in `docs/FORMAT.md`, place, length
    /// of a record.
    pub fn tables(&self) -> [(&'static str, Table, usize); 6] {
        [
            ("mounts", self.mounts, MOUNT_LEN),
            ("inodes", self.inodes, INODE_LEN),
            ("extents", self.extents, EXTENT_LEN),
            ("blocks", self.blocks, BLOCK_RECORD_LEN),
            ("bases", self.bases(), BASE_RECORD_LEN),
            ("names", self.names, 1),
        ]
    }

    /// The numbers of the bases, which follow the block records; empty without [`BASES`].
    pub fn bases(&self) -> Table {
        let blocks_len = self
            .blocks
            .count
            .get()
            .saturating_mul(BLOCK_RECORD_LEN as u32);
        Table {
            // An end beyond 32 bits is outside the index.
            offset: self.blocks.offset.get().saturating_add(blocks_len).into(),
            count: self.base_count,
        }
    }

    /// Whether a table lists the bases of the image.
    pub fn has_bases(&self) -> bool {
        self.incompatible_features.get() & BASES != 0
    }

    /// Whether the image describes changes of another one.
    pub fn is_changes(&self) -> bool {
        self.incompatible_features.get() & KNOWN_INCOMPATIBLE & CHANGES != 0
    }

    /// Size of a block in bytes.
    pub fn block_len(&self) -> u32 {
        1 << self.block_shift.get().min(MAX_BLOCK_SHIFT)
    }
}
