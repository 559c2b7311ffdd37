//! The second reading: the content as stored blocks.

use super::content::Content;
use super::layout::{FileEntry, Layout};
use super::survey::read_error;
use super::{Options, Progress, WriteError};
use crate::block::{BLOCK_RECORD_LEN, BlockRecord, Codec};
use crate::checksum::checksum;
use crate::digest::Digest;
use crate::limits::{MAX_INDEX_LEN, MAX_PAYLOAD_LEN};
use crate::manifest::Statistics;
use rayon::prelude::*;
use std::boxed::Box;
use std::io::{ErrorKind, Read};
use std::vec::Vec;
use zstd::bulk::Compressor;

/// The stored blocks, back to back.
#[derive(Debug, Default)]
pub(super) struct Payload {
    pub(super) bytes: Vec<u8>,
    pub(super) blocks: Vec<BlockRecord>,
    stored_block_count: u32,
}

/// A block that is ready for the payload.
struct StoredBlock {
    bytes: Vec<u8>,
    codec: Codec,
    checksum: u64,
}

impl Payload {
    /// Reads the content and stores it. While one batch of blocks is being
    /// compressed, the next one is read, so two batches are in memory.
    pub(super) fn store<'t>(
        layout: &Layout<'t>,
        content: &Content,
        order: &[FileEntry<'t>],
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Self, WriteError> {
        reject_too_large(content, options)?;
        let mut source = Source::new(layout, content, order);
        let mut payload = Self::default();
        let mut batch = source.batch(batch_len(options))?;
        while !batch.is_empty() {
            let (stored, next) = rayon::join(
                || store_blocks(&batch, options, progress),
                || source.batch(batch_len(options)),
            );
            for block in stored? {
                payload.push(&block)?;
            }
            batch = next?;
        }
        Ok(payload)
    }

    fn push(&mut self, block: &StoredBlock) -> Result<(), WriteError> {
        let end = (self.bytes.len() + block.bytes.len()) as u64;
        if end > MAX_PAYLOAD_LEN {
            let max = MAX_PAYLOAD_LEN;
            return Err(WriteError::PayloadLen { max });
        }
        // Both fit 32 bits: the one by the check above, the other because a
        // block is never longer than the largest block.
        let (offset, len) = (self.bytes.len() as u32, block.bytes.len() as u32);
        let record = BlockRecord::new(block.checksum, offset, len, block.codec);
        self.blocks.push(record);
        self.stored_block_count += u32::from(block.codec == Codec::Stored);
        self.bytes.extend_from_slice(&block.bytes);
        Ok(())
    }

    pub(super) fn count(&self, statistics: &mut Statistics) {
        statistics.stored_len = self.bytes.len() as u64;
        statistics.block_count = self.blocks.len() as u32;
        statistics.stored_block_count = self.stored_block_count;
    }
}

/// Fails before hours of compression where the result cannot fit.
fn reject_too_large(content: &Content, options: &Options) -> Result<(), WriteError> {
    let blocks = content.raw_len().div_ceil(1 << options.block_shift);
    let found = blocks.saturating_mul(BLOCK_RECORD_LEN as u64);
    if found > MAX_INDEX_LEN {
        let max = MAX_INDEX_LEN;
        return Err(WriteError::IndexLen { max, found });
    }
    if options.compression.is_none() && content.raw_len() > MAX_PAYLOAD_LEN {
        let max = MAX_PAYLOAD_LEN;
        return Err(WriteError::PayloadLen { max });
    }
    Ok(())
}

/// Whole blocks, enough of them to keep every thread busy to the end.
fn batch_len(options: &Options) -> usize {
    const BLOCKS_PER_THREAD: usize = 8;
    (BLOCKS_PER_THREAD * rayon::current_num_threads()) << options.block_shift
}

fn store_blocks(
    batch: &[u8],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<StoredBlock>, WriteError> {
    batch
        .par_chunks(1 << options.block_shift)
        .map_init(
            || options.compression.map(Compressor::new).transpose(),
            |compressor, raw| {
                let stored = match compressor {
                    Ok(compressor) => store_block(raw, compressor.as_mut()),
                    // The error of a thread's compressor is for its first
                    // block; it is the same for all.
                    Err(error) => Err(error.kind().into()),
                };
                progress.compressed(raw.len() as u64);
                stored.map_err(WriteError::Compress)
            },
        )
        .collect()
}

/// Stores one block as it is unless compression makes it smaller.
fn store_block(
    raw: &[u8],
    compressor: Option<&mut Compressor<'_>>,
) -> std::io::Result<StoredBlock> {
    let compressed = compressor.map(|compressor| compressor.compress(raw));
    let (bytes, codec) = match compressed.transpose()? {
        Some(frame) if frame.len() < raw.len() => (frame, Codec::Zstd),
        _ => (raw.to_vec(), Codec::Stored),
    };
    Ok(StoredBlock {
        checksum: checksum(&bytes),
        bytes,
        codec,
    })
}

/// The content as a stream: every chunk where it first occurs.
struct Source<'a, 't> {
    layout: &'a Layout<'t>,
    content: &'a Content,
    files: core::slice::Iter<'a, FileEntry<'t>>,
    /// Number of the chunk that comes next.
    next: u32,
    /// What the last batch had no room for.
    rest: Vec<u8>,
    reading: Option<Reading<'a, 't>>,
}

/// A file in the middle of its second reading.
struct Reading<'a, 't> {
    file: &'a FileEntry<'t>,
    bytes: Box<dyn Read + Send + 't>,
    chunks: core::slice::Iter<'a, u32>,
}

impl<'a, 't> Source<'a, 't> {
    fn new(layout: &'a Layout<'t>, content: &'a Content, order: &'a [FileEntry<'t>]) -> Self {
        Self {
            layout,
            content,
            files: order.iter(),
            next: 0,
            rest: Vec::new(),
            reading: None,
        }
    }

    /// The next `len` bytes of the content; fewer at its end.
    fn batch(&mut self, len: usize) -> Result<Vec<u8>, WriteError> {
        let mut batch = core::mem::take(&mut self.rest);
        while batch.len() < len && self.step(&mut batch)? {}
        self.rest = batch.split_off(len.min(batch.len()));
        Ok(batch)
    }

    /// Reads one chunk or opens one file; false at the end of the content.
    fn step(&mut self, batch: &mut Vec<u8>) -> Result<bool, WriteError> {
        let Some(reading) = &mut self.reading else {
            return self.open();
        };
        let Some(&number) = reading.chunks.next() else {
            self.reading = None;
            return Ok(true);
        };
        let start = batch.len();
        self.read_chunk(number, batch)?;
        if number == self.next {
            self.next += 1;
            self.skip_the_rest_if_known();
        } else {
            // It occurred before, and is read only to get to what follows.
            batch.truncate(start);
        }
        Ok(true)
    }

    fn open(&mut self) -> Result<bool, WriteError> {
        let Some(file) = self.files.next() else {
            return Ok(false);
        };
        let chunks = self.content.chunks_of(file.inode);
        if chunks.iter().any(|&chunk| chunk >= self.next) {
            let bytes = file.node.content.open();
            let bytes = bytes.map_err(|error| read_error(self.layout, file, error))?;
            let chunks = chunks.iter();
            self.reading = Some(Reading {
                file,
                bytes,
                chunks,
            });
        }
        Ok(true)
    }

    /// Stops reading a file that has nothing new left, such as one that is
    /// gigabytes of zeros.
    fn skip_the_rest_if_known(&mut self) {
        let next = self.next;
        self.reading
            .take_if(|reading| !reading.chunks.as_slice().iter().any(|&chunk| chunk >= next));
    }

    fn read_chunk(&mut self, number: u32, batch: &mut Vec<u8>) -> Result<(), WriteError> {
        let (Some(reading), Some(chunk)) = (&mut self.reading, self.content.chunk(number)) else {
            return Ok(());
        };
        let start = batch.len();
        batch.resize(start + chunk.len as usize, 0);
        let bytes = batch.get_mut(start..).unwrap_or_default();
        let result = reading.bytes.read_exact(bytes);
        let changed = match result {
            Ok(()) => Digest::of(bytes) != chunk.digest,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => true,
            Err(error) => return Err(read_error(self.layout, reading.file, error)),
        };
        if changed {
            return Err(WriteError::Changed {
                path: self.layout.path(reading.file.inode),
                content: reading.file.node.content.describe(),
            });
        }
        Ok(())
    }
}
