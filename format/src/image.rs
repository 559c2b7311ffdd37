//! An image as bytes: its parts together and apart.

use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::superblock::Superblock;
use crate::{Corrupt, Error};
use std::vec::Vec;

/// An image that was just written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Superblock and tables.
    pub index: Vec<u8>,
    /// The stored blocks.
    pub payload: Vec<u8>,
    /// Chunks and manifest.
    pub cold: Vec<u8>,
    /// The name of the image, as in its superblock.
    pub digest: Digest,
    /// The manifest, as in its cold part.
    pub manifest: Manifest,
}

impl Image {
    /// The image as one string of bytes: index, payload, cold part.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&*self.index, &self.payload, &self.cold].concat()
    }
}

/// The parts of an image that is one string of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Superblock and tables.
    pub index: &'a [u8],
    /// The stored blocks.
    pub payload: &'a [u8],
    /// Chunks and manifest; `None` if it was cut off.
    pub cold: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    /// Takes apart what [`Image::to_bytes`] put together. Only the superblock
    /// is looked at. The cold part may be missing, as a whole.
    pub fn split(bytes: &'a [u8]) -> Result<Self, Error> {
        let superblock = Superblock::parse(bytes)?;
        let (index, rest) = bytes
            .split_at_checked(superblock.index_len.get() as usize)
            .ok_or(Corrupt::Truncated { len: bytes.len() })?;
        let expected = superblock.payload_len.get();
        let (payload, cold) =
            rest.split_at_checked(expected as usize)
                .ok_or(Corrupt::PayloadLen {
                    expected,
                    found: rest.len(),
                })?;
        if !cold.is_empty() && cold.len() != superblock.cold_len.get() as usize {
            return Err(Corrupt::ColdLen { len: cold.len() }.into());
        }
        Ok(Self {
            index,
            payload,
            cold: (!cold.is_empty()).then_some(cold),
        })
    }
}
