//! The part of an image that only tools read: the chunks and the manifest.
//! In a module it lies in a custom section, which may be stripped.

use crate::checksum::checksum_of_two;
use crate::chunk::{CHUNK_LEN, Chunk, ChunkRecord};
use crate::digest::Digest;
use crate::manifest::{MAX_MANIFEST_LEN, Manifest};
use crate::{Corrupt, Error, Incompatible};
use core::mem::{offset_of, size_of};
use std::vec::Vec;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// First bytes of the cold part.
pub const MAGIC: [u8; 8] = *b"\x89wvfs-c\n";

/// Version of the cold part.
pub const VERSION: u32 = 1;

/// The header of the cold part as it is stored. The chunk records follow it,
/// and the manifest follows them.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ColdHeader {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION`].
    pub version: U32,
    /// Number of chunk records.
    pub chunk_count: U32,
    /// Length of the manifest in bytes.
    pub manifest_len: U32,
    /// Must be zero.
    pub reserved: U32,
    /// Checksum of the cold part without these eight bytes.
    pub checksum: U64,
}

/// Length of the header in bytes.
pub const COLD_HEADER_LEN: usize = 32;

const _: () = {
    assert!(size_of::<ColdHeader>() == COLD_HEADER_LEN);
    assert!(offset_of!(ColdHeader, version) == 8);
    assert!(offset_of!(ColdHeader, chunk_count) == 12);
    assert!(offset_of!(ColdHeader, manifest_len) == 16);
    assert!(offset_of!(ColdHeader, reserved) == 20);
    assert!(offset_of!(ColdHeader, checksum) == 24);
};

/// A cold part, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Cold<'a> {
    chunks: &'a [ChunkRecord],
    manifest: &'a [u8],
}

impl<'a> Cold<'a> {
    /// Opens the cold part that fills `bytes`, and checks its checksum.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let (header, rest) = ColdHeader::ref_from_prefix(bytes)
            .map_err(|_| Corrupt::ColdLen { len: bytes.len() })?;
        if header.magic != MAGIC {
            return Err(Corrupt::ColdMagic.into());
        }
        let found = header.version.get();
        if found != VERSION {
            let known = VERSION;
            return Err(Incompatible::ColdVersion { found, known }.into());
        }
        let cold = Self::split(header, rest).ok_or(Corrupt::ColdLen { len: bytes.len() })?;
        let hashed = bytes.get(..offset_of!(ColdHeader, checksum));
        let found = checksum_of_two(hashed.unwrap_or_default(), rest);
        let expected = header.checksum.get();
        if found != expected {
            return Err(Corrupt::ColdChecksum { expected, found }.into());
        }
        if header.reserved.get() != 0 {
            return Err(Corrupt::Reserved {
                record: "cold header",
            }
            .into());
        }
        Ok(cold)
    }

    fn split(header: &ColdHeader, rest: &'a [u8]) -> Option<Self> {
        let count = header.chunk_count.get() as usize;
        let (chunks, manifest) = <[ChunkRecord]>::ref_from_prefix_with_elems(rest, count).ok()?;
        let len = header.manifest_len.get() as usize;
        (manifest.len() == len && len <= MAX_MANIFEST_LEN).then_some(Self { chunks, manifest })
    }

    /// Number of chunks.
    pub fn chunk_count(&self) -> u32 {
        u32::try_from(self.chunks.len()).unwrap_or(u32::MAX)
    }

    /// The chunks in the order of the content.
    pub fn chunks(&self) -> impl ExactSizeIterator<Item = Chunk> + use<'a> {
        let mut raw_offset: u64 = 0;
        self.chunks.iter().map(move |record| {
            let chunk = Chunk {
                raw_offset,
                len: record.len.get(),
                digest: Digest(record.digest),
            };
            raw_offset = chunk.raw_end();
            chunk
        })
    }

    /// Checks in linear time that the chunks cut a content of `raw_len` bytes.
    pub(crate) fn validate_chunks(&self, raw_len: u64) -> Result<(), Corrupt> {
        let empty = self.chunks.iter().position(|record| record.len.get() == 0);
        if let Some(position) = empty {
            let chunk = u32::try_from(position).unwrap_or(u32::MAX);
            return Err(Corrupt::EmptyChunk { chunk });
        }
        let found = self.chunks().last().map_or(0, |chunk| chunk.raw_end());
        if found != raw_len {
            let expected = raw_len;
            return Err(Corrupt::ChunkLens { expected, found });
        }
        Ok(())
    }

    /// The manifest.
    pub fn manifest(&self) -> Result<Manifest, Corrupt> {
        Manifest::decode(self.manifest)
    }
}

/// The bytes of a cold part; `None` if the manifest is too long.
pub(crate) fn encode(chunks: &[Chunk], manifest: &Manifest) -> Option<Vec<u8>> {
    let manifest = manifest.encode()?;
    let mut header = ColdHeader {
        magic: MAGIC,
        version: VERSION.into(),
        chunk_count: u32::try_from(chunks.len()).ok()?.into(),
        manifest_len: u32::try_from(manifest.len()).ok()?.into(),
        reserved: U32::ZERO,
        checksum: U64::ZERO,
    };
    let mut bytes = Vec::with_capacity(COLD_HEADER_LEN + chunks.len() * CHUNK_LEN);
    bytes.extend_from_slice(header.as_bytes());
    for chunk in chunks {
        bytes.extend_from_slice(ChunkRecord::from(chunk).as_bytes());
    }
    bytes.extend_from_slice(&manifest);
    let hashed = bytes.get(..offset_of!(ColdHeader, checksum))?;
    header.checksum = checksum_of_two(hashed, bytes.get(COLD_HEADER_LEN..)?).into();
    bytes
        .get_mut(..COLD_HEADER_LEN)?
        .copy_from_slice(header.as_bytes());
    Some(bytes)
}
