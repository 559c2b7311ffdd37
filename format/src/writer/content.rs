//! The content: every different chunk once, in an order that compresses well.

use super::WriteError;
use super::arrangement::arrange;
use super::layout::Layout;
use super::order::Order;
use super::similarity::Similarity;
use super::sketch::Sketch;
use super::survey::{MAX_CHUNK_LEN, NamedChunk};
use super::unit::Unit;
use crate::cold::COLD_HEADER_LEN;
use crate::digest::Digest;
use crate::limits::{MAX_COLD_LEN, MAX_RAW_LEN};
use crate::manifest::{MAX_MANIFEST_LEN, Statistics};
use core::mem::take;
use std::collections::HashMap;
use std::vec;
use std::vec::Vec;

/// Longest unit in bytes, but for one of a single chunk.
const MAX_UNIT_LEN: u64 = 16 << 10;

/// Longest that the length of a chunk is in the cold part, in bytes.
const MAX_CHUNK_LEN_LEN: u64 = 3;

const _: () = assert!(MAX_CHUNK_LEN < 1 << (7 * MAX_CHUNK_LEN_LEN));

/// A chunk that no other is equal to, and its place in the content.
#[derive(Clone, Copy, Debug)]
pub(super) struct UniqueChunk {
    pub(super) raw_offset: u64,
    pub(super) len: u32,
    pub(super) digest: Digest,
}

impl UniqueChunk {
    pub(super) fn raw_end(&self) -> u64 {
        self.raw_offset + u64::from(self.len)
    }
}

/// The unique chunks and where the files use them.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// In the order of the content.
    chunks: Vec<UniqueChunk>,
    /// The chunk numbers of each inode's bytes; empty for all but files.
    of_inode: Vec<Vec<u32>>,
    /// In the order of the content, which they fill.
    units: Vec<Unit>,
    /// How many of them come first whatever they have in common.
    ranked_count: u32,
    /// One for each unit, until they are put in order.
    sketches: Vec<Sketch>,
    raw_len: u64,
    duplicate_file_count: u32,
}

impl Content {
    /// Numbers the chunks as they are first met in `order`.
    pub(super) fn new(
        layout: &Layout<'_>,
        order: &Order<'_>,
        surveyed: Vec<Vec<NamedChunk>>,
    ) -> Result<Self, WriteError> {
        let mut content = Self {
            of_inode: vec![Vec::new(); layout.inodes.len()],
            ..Self::default()
        };
        let mut numbers = HashMap::new();
        for (position, (file, chunks)) in order.files.iter().zip(surveyed).enumerate() {
            content.add(file.inode, chunks, &mut numbers)?;
            if position < order.ranked_count {
                content.ranked_count = content.units.len() as u32;
            }
        }
        Ok(content)
    }

    /// Adds what a file has that is new, as units.
    fn add(
        &mut self,
        inode: u32,
        chunks: Vec<NamedChunk>,
        numbers: &mut HashMap<Digest, u32>,
    ) -> Result<(), WriteError> {
        let known = self.chunks.len();
        let mut used = Vec::with_capacity(chunks.len());
        let mut file_offset = 0;
        let mut is_open = false;
        for chunk in chunks {
            let len = u64::from(chunk.len);
            if let Some(&number) = numbers.get(&chunk.digest) {
                used.push(number);
                is_open = false;
            } else {
                let number = self.push(&chunk)?;
                numbers.insert(chunk.digest, number);
                used.push(number);
                if !is_open || !self.extend_unit(&chunk) {
                    self.add_unit(inode, file_offset, number, chunk);
                }
                is_open = true;
            }
            file_offset += len;
        }
        if !used.is_empty() && self.chunks.len() == known {
            self.duplicate_file_count += 1;
        }
        if let Some(slot) = self.of_inode.get_mut(inode as usize) {
            *slot = used;
        }
        Ok(())
    }

    fn push(&mut self, chunk: &NamedChunk) -> Result<u32, WriteError> {
        self.require_room_for(chunk)?;
        // The bound on the cold part keeps this far below 2^32.
        let number = self.chunks.len() as u32;
        self.chunks.push(UniqueChunk {
            raw_offset: self.raw_len,
            len: chunk.len,
            digest: chunk.digest,
        });
        self.raw_len += u64::from(chunk.len);
        Ok(number)
    }

    fn add_unit(&mut self, inode: u32, file_offset: u64, number: u32, chunk: NamedChunk) {
        self.units.push(Unit {
            inode,
            file_offset,
            chunks: number..number + 1,
            len: chunk.len.into(),
        });
        self.sketches.push(chunk.sketch);
    }

    /// Lengthens the last unit by the chunk that was pushed last, if it does
    /// not become too long.
    fn extend_unit(&mut self, chunk: &NamedChunk) -> bool {
        let (Some(unit), Some(sketch)) = (self.units.last_mut(), self.sketches.last_mut()) else {
            return false;
        };
        let len = unit.len + u64::from(chunk.len);
        if len > MAX_UNIT_LEN {
            return false;
        }
        unit.len = len;
        unit.chunks.end += 1;
        sketch.0.extend_from_slice(&chunk.sketch.0);
        true
    }

    /// Puts the content into the order in which blocks of `block_len` bytes
    /// compress best.
    pub(super) fn arrange(&mut self, block_len: u64) {
        let similarity = Similarity::new(&take(&mut self.sketches));
        let order = arrange(&self.units, &similarity, block_len, self.ranked_count);
        let (mut units, mut chunks) = (Vec::new(), Vec::new());
        let mut numbers = vec![0; self.chunks.len()];
        let mut raw_offset = 0;
        for unit in order {
            let unit = &self.units[unit as usize];
            let first = chunks.len() as u32;
            for old in unit.chunks.clone() {
                numbers[old as usize] = chunks.len() as u32;
                let chunk = UniqueChunk {
                    raw_offset,
                    ..self.chunks[old as usize]
                };
                raw_offset = chunk.raw_end();
                chunks.push(chunk);
            }
            units.push(Unit {
                chunks: first..chunks.len() as u32,
                ..unit.clone()
            });
        }
        (self.units, self.chunks) = (units, chunks);
        for number in self.of_inode.iter_mut().flatten() {
            *number = numbers[*number as usize];
        }
    }

    /// The units in the order of the content.
    pub(super) fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Fails here, before anything is compressed, where the content or the
    /// cold part cannot hold one more chunk.
    fn require_room_for(&self, chunk: &NamedChunk) -> Result<(), WriteError> {
        if self.raw_len + u64::from(chunk.len) > MAX_RAW_LEN {
            let max = MAX_RAW_LEN;
            return Err(WriteError::RawLen { max });
        }
        require_cold_part(self.chunks.len() as u64 + 1)
    }

    /// The lengths of the unique chunks in the order of the content.
    pub(super) fn chunk_lens(&self) -> Vec<u32> {
        self.chunks.iter().map(|chunk| chunk.len).collect()
    }

    /// The chunk numbers of a file's bytes.
    pub(super) fn chunks_of(&self, inode: u32) -> &[u32] {
        self.of_inode.get(inode as usize).map_or(&[], Vec::as_slice)
    }

    pub(super) fn chunk(&self, number: u32) -> Option<&UniqueChunk> {
        self.chunks.get(number as usize)
    }

    /// Length of the content in bytes.
    pub(super) fn raw_len(&self) -> u64 {
        self.raw_len
    }

    pub(super) fn count(&self, statistics: &mut Statistics) {
        statistics.raw_len = self.raw_len;
        statistics.chunk_count = self.chunks.len() as u32;
        statistics.chunk_reference_count = self.of_inode.iter().map(|used| used.len() as u64).sum();
        statistics.duplicate_file_count = self.duplicate_file_count;
    }
}

/// Fails if the cold part of so many chunks might be too long.
fn require_cold_part(chunk_count: u64) -> Result<(), WriteError> {
    let rest_len = (COLD_HEADER_LEN + MAX_MANIFEST_LEN) as u64;
    if chunk_count * MAX_CHUNK_LEN_LEN + rest_len > MAX_COLD_LEN {
        let max = MAX_COLD_LEN;
        return Err(WriteError::ColdLen { max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_beyond_its_limit_is_refused() {
        let chunk = NamedChunk {
            digest: Digest::default(),
            len: 2,
            sketch: Sketch::default(),
        };
        let with = |raw_len| {
            Content {
                raw_len,
                ..Content::default()
            }
            .require_room_for(&chunk)
        };
        assert!(with(MAX_RAW_LEN - 2).is_ok());
        assert!(matches!(
            with(MAX_RAW_LEN - 1),
            Err(WriteError::RawLen { .. })
        ));
    }

    #[test]
    fn more_chunks_than_the_largest_cold_part_can_hold_are_refused() {
        let rest_len = (COLD_HEADER_LEN + MAX_MANIFEST_LEN) as u64;
        let most = (MAX_COLD_LEN - rest_len) / MAX_CHUNK_LEN_LEN;
        assert!(require_cold_part(most).is_ok());
        let above = require_cold_part(most + 1);
        assert!(matches!(above, Err(WriteError::ColdLen { .. })));
    }
}
