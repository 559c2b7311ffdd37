//! The content as it comes together: files in order, chunk by chunk.
//!
//! Finds what occurred before, and makes units of what did not. Where they lie
//! in the end is not decided here.

use crate::cold::COLD_HEADER_LEN;
use crate::digest::Digest;
use crate::encode::content::{Content, UniqueChunk};
use crate::encode::error::WriteError;
use crate::encode::layout::{FileEntry, Layout};
use crate::limits::{MAX_COLD_LEN, MAX_RAW_LEN};
use crate::manifest::MAX_MANIFEST_LEN;
use crate::writer::chunking::files::{MAX_CHUNK_LEN, NamedChunk};
use crate::writer::chunking::order::Order;
use crate::writer::deduplication::unit::Unit;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::vec;
use std::vec::Vec;

/// Longest unit in bytes, but for one of a single chunk.
const MAX_UNIT_LEN: u64 = 16 << 10;

/// Files that are surveyed at once: enough to keep all threads busy, and little
/// beside a million of them.
const FILES_OF_BATCH: usize = 4096;

/// Cuts each of some files into chunks.
pub(crate) type Survey<'a> =
    dyn Fn(&[FileEntry<'_>]) -> Result<Vec<Vec<NamedChunk>>, WriteError> + Sync + 'a;

/// Longest that the length of a chunk is in the cold part, in bytes.
const MAX_CHUNK_LEN_LEN: u64 = 3;

const _: () = assert!(MAX_CHUNK_LEN < 1 << (7 * MAX_CHUNK_LEN_LEN));

/// Content under construction, and the file that is being added.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    content: Content,
    /// The number of every chunk so far.
    numbers: HashMap<Digest, u32>,
    /// Where the chunks of the file begin among those that are used.
    file_start: usize,
    /// Length of those so far.
    file_offset: u64,
    /// Whether the chunk before this one was new too.
    is_open: bool,
    has_new: bool,
}

impl Gathering {
    pub(crate) fn new(layout: &Layout<'_>) -> Self {
        Self {
            content: Content {
                of_inode: vec![0..0; layout.inodes.len()],
                ..Content::default()
            },
            ..Self::default()
        }
    }

    /// The content of all files in their order, which `survey` cuts into chunks.
    /// While those of some files are gone through, the next are surveyed.
    pub(crate) fn surveyed(
        layout: &Layout<'_>,
        order: &Order<'_>,
        survey: &Survey<'_>,
    ) -> Result<Content, WriteError> {
        let mut gathering = Self::new(layout);
        let (ranked, others) = order.files.split_at(order.ranked_count);
        gathering.add_surveyed(ranked, survey)?;
        gathering.end_ranked();
        gathering.add_surveyed(others, survey)?;
        Ok(gathering.finish())
    }

    fn add_surveyed(
        &mut self,
        files: &[FileEntry<'_>],
        survey: &Survey<'_>,
    ) -> Result<(), WriteError> {
        let mut batches = files.chunks(FILES_OF_BATCH);
        let mut batch = batches.next().unwrap_or_default();
        let mut surveyed = survey(batch)?;
        while !batch.is_empty() {
            let next = batches.next().unwrap_or_default();
            let (added, following) =
                rayon::join(|| self.add_files(batch, surveyed), || survey(next));
            added?;
            (batch, surveyed) = (next, following?);
        }
        Ok(())
    }

    fn add_files(
        &mut self,
        files: &[FileEntry<'_>],
        surveyed: Vec<Vec<NamedChunk>>,
    ) -> Result<(), WriteError> {
        for (file, chunks) in files.iter().zip(surveyed) {
            for chunk in chunks {
                self.add(file.inode, chunk)?;
            }
            self.end_file(file.inode);
        }
        Ok(())
    }

    /// Adds the next chunk of the file `inode`, and says whether it is new.
    pub(crate) fn add(&mut self, inode: u32, chunk: NamedChunk) -> Result<bool, WriteError> {
        // The bound on the cold part keeps this far below 2^32.
        let next = self.content.chunks.len() as u32;
        let (number, is_new) = match self.numbers.entry(chunk.digest) {
            Entry::Occupied(known) => (*known.get(), false),
            Entry::Vacant(slot) => (*slot.insert(next), true),
        };
        let len = u64::from(chunk.len);
        self.content.used.push(number);
        if is_new {
            self.add_new(inode, next, chunk)?;
        }
        self.is_open = is_new;
        self.has_new |= is_new;
        self.file_offset += len;
        Ok(is_new)
    }

    fn add_new(&mut self, inode: u32, number: u32, chunk: NamedChunk) -> Result<(), WriteError> {
        require_room_for(&self.content, &chunk)?;
        let content = &mut self.content;
        content.chunks.push(UniqueChunk {
            raw_offset: content.raw_len,
            len: chunk.len,
            digest: chunk.digest,
        });
        content.raw_len += u64::from(chunk.len);
        if !self.is_open || !extend_last_unit(content, &chunk) {
            content.units.push(Unit {
                inode,
                file_offset: self.file_offset,
                chunks: number..number + 1,
                len: chunk.len.into(),
            });
            content.sketches.push(chunk.sketch.0);
        }
        Ok(())
    }

    /// All chunks of `inode` are there.
    pub(crate) fn end_file(&mut self, inode: u32) {
        let end = self.content.used.len();
        if self.file_start < end && !self.has_new {
            self.content.duplicate_file_count += 1;
        }
        if let Some(chunks) = self.content.of_inode.get_mut(inode as usize) {
            *chunks = self.file_start..end;
        }
        self.file_start = end;
        self.file_offset = 0;
        self.is_open = false;
        self.has_new = false;
    }

    /// All files so far come first whatever they have in common with others.
    fn end_ranked(&mut self) {
        self.content.ranked_count = self.content.units.len() as u32;
    }

    pub(crate) fn finish(self) -> Content {
        self.content
    }
}

/// Lengthens the last unit by the chunk that was pushed last, if it does
/// not become too long.
fn extend_last_unit(content: &mut Content, chunk: &NamedChunk) -> bool {
    let Content {
        units, sketches, ..
    } = content;
    let Some(unit) = units.last_mut() else {
        return false;
    };
    let len = unit.len + u64::from(chunk.len);
    if len > MAX_UNIT_LEN {
        return false;
    }
    unit.len = len;
    unit.chunks.end += 1;
    sketches.extend_last(&chunk.sketch.0);
    true
}

/// Fails here, before anything is compressed, where the content or the
/// cold part cannot hold one more chunk.
fn require_room_for(content: &Content, chunk: &NamedChunk) -> Result<(), WriteError> {
    if content.raw_len + u64::from(chunk.len) > MAX_RAW_LEN {
        let max = MAX_RAW_LEN;
        return Err(WriteError::RawLen { max });
    }
    require_cold_part(content.chunks.len() as u64 + 1)
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
    use crate::writer::chunking::sample::Sketch;

    #[test]
    fn content_beyond_its_limit_is_refused() {
        let chunk = NamedChunk {
            digest: Digest::default(),
            len: 2,
            sketch: Sketch::default(),
        };
        let with = |raw_len| {
            let content = Content {
                raw_len,
                ..Content::default()
            };
            require_room_for(&content, &chunk)
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
