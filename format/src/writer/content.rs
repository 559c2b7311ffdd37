//! The content: every different chunk once, in an order that compresses well.

use super::arrangement::arrange;
use super::lists::Lists;
use super::similarity::Similarity;
use super::unit::Unit;
use crate::digest::Digest;
use crate::manifest::Statistics;
use core::mem::take;
use core::ops::Range;
use std::vec;
use std::vec::Vec;

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
    pub(super) chunks: Vec<UniqueChunk>,
    /// The chunk numbers of the files' bytes, file by file.
    pub(super) used: Vec<u32>,
    /// Which of them are each inode's; none for all but files.
    pub(super) of_inode: Vec<Range<usize>>,
    /// In the order of the content, which they fill.
    pub(super) units: Vec<Unit>,
    /// How many of them come first whatever they have in common.
    pub(super) ranked_count: u32,
    /// One for each unit, until they are put in order.
    pub(super) sketches: Lists,
    pub(super) raw_len: u64,
    pub(super) duplicate_file_count: u32,
}

impl Content {
    /// Puts the content into the order in which blocks of `block_len` bytes
    /// compress best.
    pub(super) fn arrange(&mut self, block_len: u64) {
        let similarity = Similarity::new(take(&mut self.sketches));
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
        for number in &mut self.used {
            *number = numbers[*number as usize];
        }
    }

    /// The units in the order of the content.
    pub(super) fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The lengths of the unique chunks in the order of the content.
    pub(super) fn chunk_lens(&self) -> Vec<u32> {
        self.chunks.iter().map(|chunk| chunk.len).collect()
    }

    /// The chunk numbers of a file's bytes.
    pub(super) fn chunks_of(&self, inode: u32) -> &[u32] {
        let range = self.of_inode.get(inode as usize).cloned();
        let used = range.and_then(|range| self.used.get(range));
        used.unwrap_or_default()
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
        statistics.chunk_reference_count = self.used.len() as u64;
        statistics.duplicate_file_count = self.duplicate_file_count;
    }
}
