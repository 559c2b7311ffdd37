//! The units of deduplication.
//!
//! Back to back, the distinct chunks form the *content*, one string of `raw_len` bytes.
//! Blocks cut the content into equal lengths, so a chunk may cross blocks.
//!
//! Reading a file needs only its runs. So only the metadata section has the boundaries
//! of the chunks. A digest identifies a chunk and is not stored: the bytes of the chunk
//! determine it, and the root digest covers it.

use crate::error::Corrupt;
use crate::index::Extent;
use crate::inode::InodeNumber;
use alloc::vec::Vec;
use core::ops::Range;

/// A chunk: a place in the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Offset of the chunk in the content.
    pub raw_offset: u64,
    /// Length of the chunk in bytes; never zero.
    pub len: u32,
}

impl Chunk {
    /// End of the chunk in the content.
    pub fn raw_end(&self) -> u64 {
        self.raw_offset.saturating_add(self.len.into())
    }
}

/// Appends the stored length of a chunk: LEB128 as in WebAssembly, seven bits a byte,
/// lowest first. The top bit is set in all bytes except the last.
pub(crate) fn write_len(mut len: u32, bytes: &mut Vec<u8>) {
    while len >= 0x80 {
        bytes.push(len as u8 | 0x80);
        len >>= 7;
    }
    bytes.push(len as u8);
}

/// Length of a stored length in bytes: one for seven bits, and at least one.
pub(crate) fn len_len(len: u32) -> u64 {
    u64::from((u32::BITS - (len | 1).leading_zeros()).div_ceil(7))
}

/// Reads one length from the start of `bytes`. Returns `None` if the length is
/// incomplete, exceeds 32 bits or is not in the shortest form.
pub(crate) fn read_len(bytes: &mut &[u8]) -> Option<u32> {
    let mut len: u64 = 0;
    for shift in (0..u32::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        len |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let is_shortest = byte != 0 || shift == 0;
            return u32::try_from(len).ok().filter(|_| is_shortest);
        }
    }
    None
}

/// All chunks of an image, in the order of the content.
#[derive(Clone, Debug)]
pub struct Chunks(Vec<Chunk>);

impl FromIterator<Chunk> for Chunks {
    /// Collects chunks, which must be in the order of the content.
    fn from_iter<T: IntoIterator<Item = Chunk>>(chunks: T) -> Self {
        Self(chunks.into_iter().collect())
    }
}

impl Chunks {
    /// The chunks as a slice.
    pub fn as_slice(&self) -> &[Chunk] {
        &self.0
    }

    /// Returns the positions of the chunks of a run, by binary search.
    ///
    /// # Errors
    ///
    /// The run does not start and end at chunk boundaries.
    pub fn of(&self, inode: InodeNumber, extent: &Extent) -> Result<Range<usize>, Corrupt> {
        let start = extent.raw_offset;
        let end = start.saturating_add(extent.len);
        let (first, after) = (self.position(start), self.position(end));
        let chunks = self.0.get(first..after).unwrap_or_default();
        let starts = chunks.first().map(|chunk| chunk.raw_offset);
        let ends = chunks.last().map(Chunk::raw_end);
        if (starts, ends) == (Some(start), Some(end)) {
            return Ok(first..after);
        }
        Err(Corrupt::RunChunks {
            inode: inode.0,
            offset: extent.file_offset,
        })
    }

    /// The first chunk that does not start before `raw_offset`.
    fn position(&self, raw_offset: u64) -> usize {
        self.0
            .partition_point(|chunk| chunk.raw_offset < raw_offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_round_trip() {
        for len in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 32 << 10, u32::MAX] {
            let mut bytes = Vec::new();
            write_len(len, &mut bytes);
            assert_eq!(bytes.len() as u64, len_len(len));
            let mut rest = bytes.as_slice();
            assert_eq!(read_len(&mut rest), Some(len));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn invalid_lengths_are_rejected() {
        let broken: [&[u8]; 5] = [
            &[],
            &[0x80],
            &[0x80, 0],
            &[0xff, 0xff, 0xff, 0xff, 0x10],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0],
        ];
        for mut bytes in broken {
            assert_eq!(read_len(&mut bytes), None, "{bytes:?}");
        }
    }
}
