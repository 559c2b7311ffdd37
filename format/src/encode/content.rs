//! The content: every different chunk once, in an order that compresses well.

use crate::digest::Digest;
use crate::manifest::Statistics;
use crate::writer::deduplication::lists::Lists;
use crate::writer::deduplication::unit::Unit;
use crate::writer::placement::arrangement::arrange;
use crate::writer::placement::similarity::Similarity;
use core::mem::take;
use core::ops::Range;
use std::vec;
use std::vec::Vec;

/// A chunk that no other is equal to, and its place in the content.
#[derive(Clone, Copy, Debug)]
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

/// The unique chunks and where the files use them.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// In the order of the content.
    pub(crate) chunks: Vec<UniqueChunk>,
    /// The chunk numbers of the files' bytes, file by file.
    pub(crate) used: Vec<u32>,
    /// Which of them are each inode's; none for all but files.
    pub(crate) of_inode: Vec<Range<usize>>,
    /// In the order of the content, which they fill.
    pub(crate) units: Vec<Unit>,
    /// How many of them come first whatever they have in common.
    pub(crate) ranked_count: u32,
    /// One for each unit, until they are put in order.
    pub(crate) sketches: Lists,
    pub(crate) raw_len: u64,
    pub(crate) duplicate_file_count: u32,
}

impl Content {
    /// Puts the content into the order in which blocks of `block_len` bytes
    /// compress best.
    pub(crate) fn arrange(&mut self, block_len: u64) {
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
    pub(crate) fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The lengths of the unique chunks in the order of the content.
    pub(crate) fn chunk_lens(&self) -> Vec<u32> {
        self.chunks.iter().map(|chunk| chunk.len).collect()
    }

    /// The chunk numbers of a file's bytes.
    pub(crate) fn chunks_of(&self, inode: u32) -> &[u32] {
        let range = self.of_inode.get(inode as usize).cloned();
        let used = range.and_then(|range| self.used.get(range));
        used.unwrap_or_default()
    }

    pub(crate) fn chunk(&self, number: u32) -> Option<&UniqueChunk> {
        self.chunks.get(number as usize)
    }

    /// Length of the content in bytes.
    pub(crate) fn raw_len(&self) -> u64 {
        self.raw_len
    }

    pub(crate) fn count(&self, statistics: &mut Statistics) {
        statistics.raw_len = self.raw_len;
        statistics.chunk_count = self.chunks.len() as u32;
        statistics.chunk_reference_count = self.used.len() as u64;
        statistics.duplicate_file_count = self.duplicate_file_count;
    }
}
