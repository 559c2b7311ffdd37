//! An image as bytes: its parts, joined and split.

use crate::digest::Digest;
use crate::error::{Corrupt, Error};
use crate::manifest::Manifest;
use crate::superblock::Superblock;
use alloc::vec::Vec;
use core::ops::Range;

/// An image that was just written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Superblock and tables.
    pub index: Vec<u8>,
    /// The stored blocks.
    pub payload: Vec<u8>,
    /// Chunks and manifest.
    pub metadata: Vec<u8>,
    /// The root digest, as in the superblock.
    pub digest: Digest,
    /// The manifest, as in its metadata section.
    pub manifest: Manifest,
}

impl Image {
    /// The image as one byte string: index, payload, metadata section.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&*self.index, &self.payload, &self.metadata].concat()
    }
}

/// The parts of an image in one byte string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Superblock and tables.
    pub index: &'a [u8],
    /// The stored blocks.
    pub payload: &'a [u8],
    /// Chunks and manifest; `None` if the image lacks them.
    pub metadata: Option<&'a [u8]>,
}

/// The places of the parts in the bytes of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Superblock and tables.
    pub index: Range<u64>,
    /// The stored blocks.
    pub payload: Range<u64>,
    /// Chunks and manifest; `None` if the image lacks them.
    pub metadata: Option<Range<u64>>,
}

impl Places {
    /// Finds the parts of an image of `len` bytes. Reads only the superblock, at the
    /// start of `head`. The whole metadata section may be missing.
    pub fn of(head: &[u8], len: u64) -> Result<Self, Error> {
        let host_len = |len: u64| usize::try_from(len).unwrap_or(usize::MAX);
        let superblock = Superblock::parse_head(head, host_len(len))?;
        let index_end = u64::from(superblock.index_len.get());
        let rest = len.checked_sub(index_end);
        let rest = rest.ok_or(Corrupt::Truncated { len: host_len(len) })?;
        let expected = superblock.payload_len.get();
        let metadata_len = rest.checked_sub(expected.into());
        let metadata_len = metadata_len.ok_or(Corrupt::PayloadLen {
            expected,
            found: host_len(rest),
        })?;
        if metadata_len != 0 && metadata_len != u64::from(superblock.metadata_len.get()) {
            let len = host_len(metadata_len);
            return Err(Corrupt::MetadataLen { len }.into());
        }
        let payload_end = index_end + u64::from(expected);
        Ok(Self {
            index: 0..index_end,
            payload: index_end..payload_end,
            metadata: (metadata_len != 0).then_some(payload_end..len),
        })
    }
}

impl<'a> Parts<'a> {
    /// Splits the bytes of [`Image::to_bytes`]. Reads only the superblock. The whole
    /// metadata section may be missing.
    pub fn split(bytes: &'a [u8]) -> Result<Self, Error> {
        let places = Places::of(bytes, bytes.len() as u64)?;
        // All of them lie within the bytes.
        let part = |place: Range<u64>| {
            let place = place.start as usize..place.end as usize;
            bytes.get(place).unwrap_or_default()
        };
        Ok(Self {
            index: part(places.index),
            payload: part(places.payload),
            metadata: places.metadata.map(part),
        })
    }
}
