//! The metadata section: chunk lengths and manifest, which only tools read. In a module
//! it is a custom section, which strippers may remove.

use crate::checksum::checksum_of_two;
use crate::chunk::{Chunk, read_len, write_len};
use crate::error::{Corrupt, Error, Incompatible};
use crate::manifest::{MAX_MANIFEST_LEN, Manifest};
use alloc::vec::Vec;
use core::mem::{offset_of, size_of};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// First bytes of the metadata section.
pub const MAGIC: [u8; 8] = *b"\x89wvfs-c\n";

/// Version of the metadata section.
pub const VERSION: u32 = 1;

/// The stored header of the metadata section. The chunk lengths follow it, and then the
/// manifest.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct MetadataHeader {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION`].
    pub version: U32,
    /// Number of chunks.
    pub chunk_count: U32,
    /// Length of the manifest in bytes.
    pub manifest_len: U32,
    /// Length of the encoded chunk lengths in bytes.
    pub lens_len: U32,
    /// Checksum of the metadata section without these eight bytes.
    pub checksum: U64,
}

/// Length of the header in bytes.
pub const METADATA_HEADER_LEN: usize = 32;

const _: () = {
    assert!(size_of::<MetadataHeader>() == METADATA_HEADER_LEN);
    assert!(offset_of!(MetadataHeader, version) == 8);
    assert!(offset_of!(MetadataHeader, chunk_count) == 12);
    assert!(offset_of!(MetadataHeader, manifest_len) == 16);
    assert!(offset_of!(MetadataHeader, lens_len) == 20);
    assert!(offset_of!(MetadataHeader, checksum) == 24);
};

/// A metadata section, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub struct MetadataSection<'a> {
    chunk_count: u32,
    /// Valid lengths, as many as there are chunks.
    lens: &'a [u8],
    manifest: &'a [u8],
}

impl<'a> MetadataSection<'a> {
    /// Opens the metadata section that fills `bytes`, and checks its checksum.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let (header, rest) = MetadataHeader::ref_from_prefix(bytes)
            .map_err(|_| Corrupt::MetadataLen { len: bytes.len() })?;
        if header.magic != MAGIC {
            return Err(Corrupt::MetadataMagic.into());
        }
        let found = header.version.get();
        if found != VERSION {
            let known = VERSION;
            return Err(Incompatible::MetadataVersion { found, known }.into());
        }
        let metadata =
            Self::split(header, rest).ok_or(Corrupt::MetadataLen { len: bytes.len() })?;
        let hashed = bytes.get(..offset_of!(MetadataHeader, checksum));
        let found = checksum_of_two(hashed.unwrap_or_default(), rest);
        let expected = header.checksum.get();
        if found != expected {
            return Err(Corrupt::MetadataChecksum { expected, found }.into());
        }
        metadata.validate_lens()?;
        Ok(metadata)
    }

    fn split(header: &MetadataHeader, rest: &'a [u8]) -> Option<Self> {
        let (lens, manifest) = rest.split_at_checked(header.lens_len.get() as usize)?;
        let len = header.manifest_len.get() as usize;
        (manifest.len() == len && len <= MAX_MANIFEST_LEN).then_some(Self {
            chunk_count: header.chunk_count.get(),
            lens,
            manifest,
        })
    }

    fn validate_lens(&self) -> Result<(), Corrupt> {
        let mut rest = self.lens;
        for chunk in 0..self.chunk_count {
            match read_len(&mut rest) {
                Some(0) => return Err(Corrupt::EmptyChunk { chunk }),
                Some(_) => {}
                None => return Err(Corrupt::ChunkLen { chunk }),
            }
        }
        if rest.is_empty() {
            Ok(())
        } else {
            let chunk = self.chunk_count;
            Err(Corrupt::ChunkLen { chunk })
        }
    }

    /// Number of chunks.
    pub fn chunk_count(&self) -> u32 {
        self.chunk_count
    }

    /// The chunks in the order of the content.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk> + use<'a> {
        let (mut raw_offset, mut rest) = (0, self.lens);
        core::iter::from_fn(move || {
            let len = read_len(&mut rest)?;
            let chunk = Chunk { raw_offset, len };
            raw_offset = chunk.raw_end();
            Some(chunk)
        })
    }

    /// Checks in linear time that the chunks have `raw_len` bytes together.
    #[cfg(feature = "std")]
    pub(crate) fn validate_chunks(&self, raw_len: u64) -> Result<(), Corrupt> {
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

/// Encodes a metadata section from the chunk lengths in the order of the content.
/// Returns `None` if the manifest is too long.
pub(crate) fn encode(chunk_lens: &[u32], manifest: &Manifest) -> Option<Vec<u8>> {
    let manifest = manifest.encode()?;
    let mut rest = Vec::with_capacity(2 * chunk_lens.len() + manifest.len());
    for &len in chunk_lens {
        write_len(len, &mut rest);
    }
    let lens_len = rest.len();
    rest.extend_from_slice(&manifest);
    let mut header = MetadataHeader {
        magic: MAGIC,
        version: VERSION.into(),
        chunk_count: u32::try_from(chunk_lens.len()).ok()?.into(),
        manifest_len: u32::try_from(manifest.len()).ok()?.into(),
        lens_len: u32::try_from(lens_len).ok()?.into(),
        checksum: U64::ZERO,
    };
    let hashed = header
        .as_bytes()
        .get(..offset_of!(MetadataHeader, checksum))?;
    header.checksum = checksum_of_two(hashed, &rest).into();
    Some([header.as_bytes(), &rest].concat())
}
