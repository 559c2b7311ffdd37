//! The stored blocks. The compressed form reads the content a second time, in its final
//! order.

use crate::block::Codec;
use crate::checksum::checksum;
use crate::digest::Digest;
use crate::encode::content::UniqueChunk;
use crate::encode::{Payload, StoredBlock, WriteError};
use crate::writer::chunking::reading::read_error;
use crate::writer::compression::compressor::Compressor;
use crate::writer::deduplication::unit::Unit;
use crate::writer::layout::{FileEntry, Layout};
use crate::writer::placement::{Bases, Placed};
use crate::writer::progress::Progress;
use rayon::prelude::*;
use std::io::{self, ErrorKind, Read};
use std::vec::Vec;

/// Stores the content uncompressed, in blocks of `1 << block_shift` bytes.
pub(crate) fn store(
    bytes: Vec<u8>,
    block_shift: u32,
    progress: &dyn Progress,
) -> Result<Payload, WriteError> {
    let hash = |block: &[u8]| {
        progress.compressed(block.len() as u64);
        checksum(block)
    };
    let checksums = bytes.par_chunks(1 << block_shift).map(hash).collect();
    Payload::stored_with(bytes, block_shift, checksums)
}

/// Reads the content and compresses it with `level`. While one batch of blocks is
/// compressed, the next is read. So two batches are in memory.
pub(crate) fn compress(
    layout: &Layout<'_>,
    placed: &Placed,
    block_shift: u32,
    level: i32,
    progress: &dyn Progress,
) -> Result<Payload, WriteError> {
    let mut source = Source::new(layout, placed);
    let mut payload = Payload::with_bases(&placed.bases.numbers);
    let batch_len = batch_len(rayon::current_num_threads(), block_shift);
    let prefixes = prefixes(layout, placed, 1 << block_shift)?;
    let storing = Storing {
        level,
        block_len: 1 << block_shift,
        bases: &placed.bases,
        prefixes: &prefixes,
        progress,
    };
    let mut batch = source.batch(batch_len)?;
    while !batch.is_empty() {
        let first = payload.blocks.len();
        let (stored, next) =
            rayon::join(|| storing.blocks(first, &batch), || source.batch(batch_len));
        for block in stored? {
            payload.push(&block)?;
        }
        batch = next?;
    }
    Ok(payload)
}

/// Reads the content of the bases.
fn prefixes(
    layout: &Layout<'_>,
    placed: &Placed,
    block_len: u64,
) -> Result<Vec<Prefix>, WriteError> {
    let numbers = placed.bases.numbers.iter();
    let read = |&number| {
        let start = u64::from(number) * block_len;
        let bytes = Source::at(layout, placed, start)?.batch(block_len as usize)?;
        Ok(Prefix::new(bytes))
    };
    numbers.map(read).collect()
}

/// The content of a base, and a byte that keeps other bytes from following it in memory:
/// libzstd compresses bytes behind its prefix differently from bytes elsewhere.
struct Prefix(Vec<u8>);

impl Prefix {
    fn new(mut bytes: Vec<u8>) -> Self {
        bytes.push(0);
        Self(bytes)
    }

    fn bytes(&self) -> &[u8] {
        let Self(bytes) = self;
        &bytes[..bytes.len() - 1]
    }
}

/// Bytes of a batch. Two batches are in memory. More bytes would keep more threads busy
/// only on the largest machines.
const MAX_BATCH_LEN: usize = 32 << 20;

/// Length of a batch of whole blocks that keeps all threads busy. Above the bound in
/// bytes, each thread gets one block, and needs some 10 MB to compress it.
fn batch_len(thread_count: usize, block_shift: u32) -> usize {
    const BLOCKS_PER_THREAD: usize = 8;
    let wanted = BLOCKS_PER_THREAD * thread_count;
    wanted.min((MAX_BATCH_LEN >> block_shift).max(thread_count)) << block_shift
}

/// The common parameters of all blocks.
#[derive(Clone, Copy)]
struct Storing<'a> {
    level: i32,
    block_len: usize,
    bases: &'a Bases,
    /// The content of each base.
    prefixes: &'a [Prefix],
    progress: &'a dyn Progress,
}

impl<'a> Storing<'a> {
    /// Stores the blocks in `batch`. The first one has the number `first`.
    fn blocks(self, first: usize, batch: &[u8]) -> Result<Vec<StoredBlock>, WriteError> {
        batch
            .par_chunks(self.block_len)
            .enumerate()
            .map_init(Compressor::default, |compressor, (position, raw)| {
                let stored = self.block(compressor, first + position, raw);
                self.progress.compressed(raw.len() as u64);
                stored.map_err(WriteError::Compress)
            })
            .collect()
    }

    /// Stores one block, uncompressed unless its frame is smaller.
    fn block(
        self,
        compressor: &mut Compressor<'a>,
        number: usize,
        raw: &[u8],
    ) -> io::Result<StoredBlock> {
        let (prefix, codec) = match self.bases.of(number) {
            None => (&[][..], Codec::Zstd),
            Some(position) => {
                let prefix = &self.prefixes[usize::from(position)];
                (prefix.bytes(), Codec::Based(position))
            }
        };
        let frame = compressor.compress(self.level, raw, prefix)?;
        Ok(if frame.len() < raw.len() {
            StoredBlock::new(frame, codec)
        } else {
            StoredBlock::new(raw.to_vec(), Codec::Stored)
        })
    }
}

/// The content as a stream: all units in their order.
struct Source<'a, 't> {
    layout: &'a Layout<'t>,
    placed: &'a Placed,
    units: core::slice::Iter<'a, Unit>,
    /// The rest of the last unit, which did not fit the last batch.
    rest: Vec<u8>,
}

impl<'a, 't> Source<'a, 't> {
    fn new(layout: &'a Layout<'t>, placed: &'a Placed) -> Self {
        Self {
            layout,
            placed,
            units: placed.units.iter(),
            rest: Vec::new(),
        }
    }

    /// Starts at `raw_offset` of the content.
    fn at(layout: &'a Layout<'t>, placed: &'a Placed, raw_offset: u64) -> Result<Self, WriteError> {
        let mut source = Self::new(layout, placed);
        let mut offset = 0;
        for unit in source.units.by_ref() {
            let end = offset + unit.len;
            if end > raw_offset {
                let mut bytes = Vec::new();
                source.read(unit, &mut bytes)?;
                source.rest = bytes.split_off((raw_offset - offset) as usize);
                break;
            }
            offset = end;
        }
        Ok(source)
    }

    /// The next `len` bytes of the content; fewer at its end.
    fn batch(&mut self, len: usize) -> Result<Vec<u8>, WriteError> {
        let mut batch = core::mem::take(&mut self.rest);
        while batch.len() < len
            && let Some(unit) = self.units.next()
        {
            self.read(unit, &mut batch)?;
        }
        self.rest = batch.split_off(len.min(batch.len()));
        Ok(batch)
    }

    fn read(&self, unit: &Unit, batch: &mut Vec<u8>) -> Result<(), WriteError> {
        let Some(file) = self.layout.file(unit.inode) else {
            return Ok(());
        };
        let bytes = file.node.content.open(unit.file_offset);
        let mut bytes = bytes.map_err(|error| read_error(self.layout, &file, error))?;
        for number in unit.chunks.clone() {
            if let Some(chunk) = self.placed.content.chunk(number) {
                self.read_chunk(&file, &mut bytes, chunk, batch)?;
            }
        }
        Ok(())
    }

    fn read_chunk(
        &self,
        file: &FileEntry<'_>,
        bytes: &mut dyn Read,
        chunk: &UniqueChunk,
        batch: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let start = batch.len();
        batch.resize(start + chunk.len as usize, 0);
        let to = batch.get_mut(start..).unwrap_or_default();
        let changed = match bytes.read_exact(to) {
            Ok(()) => Digest::of(to) != chunk.digest,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => true,
            Err(error) => return Err(read_error(self.layout, file, error)),
        };
        if changed {
            return Err(WriteError::Changed {
                path: self.layout.path(file.inode),
                content: file.node.content.describe(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_threads_busy_within_a_bound() {
        for block_shift in [12, 17, 20] {
            for threads in [1, 2, 8, 32, 96, 1000] {
                let len = batch_len(threads, block_shift);
                assert!(len.is_multiple_of(1 << block_shift));
                assert!(len >> block_shift >= threads, "{threads} {block_shift}");
                let bound = MAX_BATCH_LEN.max(threads << block_shift);
                assert!(len <= bound, "{threads} {block_shift}");
            }
        }
        assert_eq!(batch_len(2, 17), 2 << 20);
        assert_eq!(batch_len(96, 17), 32 << 20);
    }
}
