//! Deduplication: distinct chunks, and units of chunks that were new together.

use crate::encode::{Content, ContentBuilder, WriteError};
use crate::writer::chunking::chunks::NamedChunk;
use crate::writer::deduplication::number_lists::NumberLists;
use crate::writer::deduplication::unit::Unit;
use core::ops::Range;
use std::vec::Vec;

/// Longest unit in bytes, except a unit of a single chunk.
const MAX_UNIT_LEN: u64 = 16 << 10;

/// The distinct chunks in the order of the files.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    pub(crate) content: Content,
    /// In the order of the content, which they fill.
    pub(crate) units: Vec<Unit>,
    /// Number of units of ranked files, which come first.
    pub(crate) ranked_count: u32,
    /// The sampled strings of each unit.
    pub(crate) samples: NumberLists,
}

/// Deduplicates files chunk by chunk.
#[derive(Debug, Default)]
pub(crate) struct Deduplicator {
    content: ContentBuilder,
    units: Vec<Unit>,
    ranked_count: u32,
    samples: NumberLists,
    /// Length of the chunks of the current file so far.
    file_offset: u64,
    /// Whether the last chunk of the current file was new, so the last unit may grow.
    is_open: bool,
}

impl Deduplicator {
    pub(crate) fn new(inode_count: u32) -> Self {
        Self {
            content: ContentBuilder::new(inode_count),
            ..Self::default()
        }
    }

    /// Adds the next chunk of the file `inode`, and returns whether it is new.
    pub(crate) fn add(&mut self, inode: u32, chunk: NamedChunk) -> Result<bool, WriteError> {
        let len = u64::from(chunk.len);
        let added = self.content.add(chunk.digest, chunk.len)?;
        if let Some(number) = added {
            self.add_to_unit(inode, number, chunk);
        }
        self.is_open = added.is_some();
        self.file_offset += len;
        Ok(added.is_some())
    }

    fn add_to_unit(&mut self, inode: u32, number: u32, chunk: NamedChunk) {
        let len = u64::from(chunk.len);
        let last = self.units.last_mut().filter(|_| self.is_open);
        if let Some(unit) = last.filter(|unit| unit.len + len <= MAX_UNIT_LEN) {
            unit.len += len;
            unit.chunks.end += 1;
            self.samples.extend_last(&chunk.sample.0);
            return;
        }
        let chunks: Range<u32> = number..number + 1;
        self.units.push(Unit {
            inode,
            file_offset: self.file_offset,
            chunks,
            len,
        });
        self.samples.push(chunk.sample.0);
    }

    /// Ends the file `inode`: all its chunks were added.
    pub(crate) fn end_file(&mut self, inode: u32) {
        self.content.end_file(inode);
        self.file_offset = 0;
        self.is_open = false;
    }

    /// Ends the ranked files, whose units keep their place.
    pub(crate) fn end_ranked(&mut self) {
        self.ranked_count = self.units.len() as u32;
    }

    pub(crate) fn finish(self) -> Distinct {
        Distinct {
            content: self.content.finish(),
            units: self.units,
            ranked_count: self.ranked_count,
            samples: self.samples,
        }
    }
}
