//! The content of an image: every distinct chunk once, and the chunks of each file.
//!
//! # How it works
//!
//! A file adds its chunks by digest, in the order of its bytes. A chunk whose digest is
//! known adds only its number to the file. A new chunk gets the next number and the next
//! place in the content. If file 1 has the chunks A and B and file 2 has B and C, the
//! content is A, B, C, and the files have the numbers 0, 1 and 1, 2.

use crate::chunk::len_len;
use crate::digest::Digest;
use crate::encode::error::WriteError;
use crate::encode::map::{Entry, Map};
use crate::limits::{MAX_METADATA_LEN, MAX_RAW_LEN};
use crate::manifest::{MAX_MANIFEST_LEN, Statistics};
use crate::metadata::METADATA_HEADER_LEN;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

/// A distinct chunk and its place in the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UniqueChunk {
    pub(crate) raw_offset: u64,
    pub(crate) len: u32,
    pub(crate) digest: Digest,
}

impl UniqueChunk {
    pub(crate) fn raw_end(&self) -> u64 {
        self.raw_offset + u64::from(self.len)
    }
}

/// The distinct chunks, and the chunks of each file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// In the order of the content.
    chunks: Vec<UniqueChunk>,
    /// The chunk numbers of all files, file by file.
    used: Vec<u32>,
    /// The range of each inode in `used`; empty except for files.
    of_inode: Vec<Range<usize>>,
    duplicate_file_count: u32,
    /// Length of the chunk lengths in the metadata section.
    lens_len: u64,
}

impl Content {
    /// The distinct chunks in the order of the content.
    #[cfg(feature = "std")]
    pub(crate) fn chunks(&self) -> &[UniqueChunk] {
        &self.chunks
    }

    /// The lengths of the distinct chunks in the order of the content.
    pub(crate) fn chunk_lens(&self) -> Vec<u32> {
        self.chunks.iter().map(|chunk| chunk.len).collect()
    }

    /// The chunk numbers of a file.
    pub(crate) fn chunks_of(&self, inode: u32) -> &[u32] {
        let range = self.of_inode.get(inode as usize).cloned();
        let used = range.and_then(|range| self.used.get(range));
        used.unwrap_or_default()
    }

    pub(crate) fn chunk(&self, number: u32) -> Option<&UniqueChunk> {
        self.chunks.get(number as usize)
    }

    /// Length of the content in bytes.
    pub fn raw_len(&self) -> u64 {
        self.chunks.last().map_or(0, UniqueChunk::raw_end)
    }

    /// Puts the chunks into the order of `old_numbers`, which names each chunk once.
    #[cfg(feature = "std")]
    pub(crate) fn reorder(&mut self, old_numbers: impl Iterator<Item = u32>) {
        let mut chunks = Vec::with_capacity(self.chunks.len());
        let mut numbers = vec![0; self.chunks.len()];
        let mut raw_offset = 0;
        for old in old_numbers {
            numbers[old as usize] = chunks.len() as u32;
            let chunk = UniqueChunk {
                raw_offset,
                ..self.chunks[old as usize]
            };
            raw_offset = chunk.raw_end();
            chunks.push(chunk);
        }
        self.chunks = chunks;
        for number in &mut self.used {
            *number = numbers[*number as usize];
        }
    }

    pub(crate) fn count(&self, statistics: &mut Statistics) {
        statistics.raw_len = self.raw_len();
        statistics.chunk_count = self.chunks.len() as u32;
        statistics.chunk_reference_count = self.used.len() as u64;
        statistics.duplicate_file_count = self.duplicate_file_count;
    }

    /// Fails if content or metadata section cannot hold a further chunk of `len` bytes.
    fn require_room_for(&self, len: u32) -> Result<(), WriteError> {
        if self.raw_len() + u64::from(len) > MAX_RAW_LEN {
            let max = MAX_RAW_LEN;
            return Err(WriteError::RawLen { max });
        }
        let rest_len = (METADATA_HEADER_LEN + MAX_MANIFEST_LEN) as u64;
        if rest_len + self.lens_len + len_len(len) > MAX_METADATA_LEN {
            let max = MAX_METADATA_LEN;
            return Err(WriteError::MetadataLen { max });
        }
        Ok(())
    }
}

/// Content under construction, and the file that is being added.
#[derive(Debug, Default)]
pub struct ContentBuilder {
    content: Content,
    /// The number of every chunk so far.
    numbers: Map<Digest, u32>,
    /// Start of the current file in `Content::used`.
    file_start: usize,
    /// Whether the current file added a chunk.
    has_new: bool,
}

impl ContentBuilder {
    /// A builder without chunks, for a tree of so many inodes.
    pub fn new(inode_count: u32) -> Self {
        Self {
            content: Content {
                of_inode: vec![0..0; inode_count as usize],
                ..Content::default()
            },
            ..Self::default()
        }
    }

    /// Adds the next chunk of the current file, and returns its number if it is new. Then
    /// its bytes belong to the end of the content.
    ///
    /// # Errors
    ///
    /// The content, or the list of its chunks, would be too long.
    pub fn add(&mut self, digest: Digest, len: u32) -> Result<Option<u32>, WriteError> {
        // Each chunk takes a byte of the metadata section, so numbers fit 32 bits.
        let next = self.content.chunks.len() as u32;
        let (number, is_new) = match self.numbers.entry(digest) {
            Entry::Occupied(known) => (*known.get(), false),
            Entry::Vacant(slot) => (*slot.insert(next), true),
        };
        self.content.used.push(number);
        if !is_new {
            return Ok(None);
        }
        self.content.require_room_for(len)?;
        let raw_offset = self.content.raw_len();
        self.content.chunks.push(UniqueChunk {
            raw_offset,
            len,
            digest,
        });
        self.content.lens_len += len_len(len);
        self.has_new = true;
        Ok(Some(next))
    }

    /// Makes all chunks since the last call the bytes of the file `inode`.
    pub fn end_file(&mut self, inode: u32) {
        let end = self.content.used.len();
        if self.file_start < end && !self.has_new {
            self.content.duplicate_file_count += 1;
        }
        if let Some(chunks) = self.content.of_inode.get_mut(inode as usize) {
            *chunks = self.file_start..end;
        }
        self.file_start = end;
        self.has_new = false;
    }

    /// The finished content.
    pub fn finish(self) -> Content {
        self.content
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_beyond_its_limit_is_rejected() {
        let with = |raw_offset| {
            let chunk = UniqueChunk {
                raw_offset,
                len: 0,
                digest: Digest::default(),
            };
            let content = Content {
                chunks: vec![chunk],
                ..Content::default()
            };
            content.require_room_for(2)
        };
        assert!(with(MAX_RAW_LEN - 2).is_ok());
        let above = with(MAX_RAW_LEN - 1);
        assert!(matches!(above, Err(WriteError::RawLen { .. })));
    }

    #[test]
    fn chunks_beyond_the_metadata_limit_are_rejected() {
        let rest_len = (METADATA_HEADER_LEN + MAX_MANIFEST_LEN) as u64;
        let with = |lens_len| {
            let content = Content {
                lens_len,
                ..Content::default()
            };
            content.require_room_for(32 << 10)
        };
        assert!(with(MAX_METADATA_LEN - rest_len - 3).is_ok());
        let above = with(MAX_METADATA_LEN - rest_len - 2);
        assert!(matches!(above, Err(WriteError::MetadataLen { .. })));
    }

    #[test]
    fn equal_chunks_are_stored_once() {
        let mut builder = ContentBuilder::new(3);
        let digests = [b"a", b"b", b"b", b"c"].map(|bytes| Digest::of(bytes));
        let add = |digest| builder.add(digest, 1).expect("small");
        assert_eq!(digests.map(add), [Some(0), Some(1), None, Some(2)]);
        builder.end_file(1);
        builder.end_file(2);
        let content = builder.finish();
        assert_eq!(content.chunks_of(1), [0, 1, 1, 2]);
        assert!(content.chunks_of(2).is_empty());
        assert_eq!(content.raw_len(), 3);
    }
}
