//! Deduplication without compression: reads every file once.
//!
//! Files are read to the end of the payload, and cut and hashed there. Repeated chunks
//! are then removed and later bytes move up. So a new byte is copied only if a repeated
//! byte precedes it in its batch.

use crate::encode::{Content, WriteError};
use crate::limits::MAX_PAYLOAD_LEN;
use crate::writer::chunking::chunks::{NamedChunk, chunks, piece_len};
use crate::writer::chunking::reading::Reading;
use crate::writer::deduplication::deduplicator::Deduplicator;
use crate::writer::layout::{FileEntry, Layout};
use crate::writer::progress::Progress;
use rayon::prelude::*;
use std::vec::Vec;

/// Bytes of a batch: enough to keep all threads busy, and few beside the payload.
/// Larger files are read in pieces of this length.
const BATCH_LEN: usize = 8 << 20;

/// Reads `files`, and returns their content and its bytes.
pub(crate) fn read(
    layout: &Layout<'_>,
    files: &[FileEntry<'_>],
    progress: &dyn Progress,
) -> Result<(Content, Vec<u8>), WriteError> {
    read_batches(layout, files, progress, BATCH_LEN)
}

/// The result does not depend on `batch_len`, which is at least twice the longest
/// chunk.
fn read_batches(
    layout: &Layout<'_>,
    files: &[FileEntry<'_>],
    progress: &dyn Progress,
    batch_len: usize,
) -> Result<(Content, Vec<u8>), WriteError> {
    let mut pass = SinglePass {
        layout,
        progress,
        batch_len,
        deduplicator: Deduplicator::new(layout.inode_count()),
        bytes: Vec::new(),
        kept: 0,
        seen: 0,
    };
    let mut rest = files;
    while !rest.is_empty() {
        let (batch, others) = rest.split_at(files_of_batch(rest, batch_len));
        match batch {
            [large] if large.node.len > batch_len as u64 => pass.read_pieces(large)?,
            _ => pass.read_batch(batch)?,
        }
        rest = others;
    }
    Ok((pass.deduplicator.finish().content, pass.bytes))
}

/// Number of files in the next batch: at least one.
fn files_of_batch(files: &[FileEntry<'_>], batch_len: usize) -> usize {
    let mut len = 0_u64;
    let fit = files.iter().take_while(|file| {
        len = len.saturating_add(file.node.len);
        len <= batch_len as u64
    });
    fit.count().max(1)
}

struct SinglePass<'a> {
    layout: &'a Layout<'a>,
    progress: &'a dyn Progress,
    batch_len: usize,
    deduplicator: Deduplicator,
    /// The new bytes, and behind them the last batch.
    bytes: Vec<u8>,
    /// Number of new bytes.
    kept: usize,
    /// Offset of the first byte that is not deduplicated yet.
    seen: usize,
}

impl SinglePass<'_> {
    /// Reads files that fit a batch, in parallel.
    fn read_batch(&mut self, batch: &[FileEntry<'_>]) -> Result<(), WriteError> {
        let len: u64 = batch.iter().map(|file| file.node.len).sum();
        self.bytes.resize(self.kept + len as usize, 0);
        let mut room = self.bytes.get_mut(self.kept..).unwrap_or_default();
        let places: Vec<_> = batch
            .iter()
            .map(|file| {
                let (place, rest) = core::mem::take(&mut room).split_at_mut(file.node.len as usize);
                room = rest;
                (file, place)
            })
            .collect();
        let read = |(file, place)| read_whole(self.layout, file, place, self.progress);
        let read: Vec<_> = places.into_par_iter().map(read).collect::<Result<_, _>>()?;
        for (file, chunks) in batch.iter().zip(read) {
            self.keep_new(file.inode, chunks)?;
            self.deduplicator.end_file(file.inode);
        }
        self.drop_seen()
    }

    /// Reads a file that is longer than a batch.
    fn read_pieces(&mut self, file: &FileEntry<'_>) -> Result<(), WriteError> {
        let mut reading = Reading::open(self.layout, file)?;
        loop {
            // The start of the next chunk is already there.
            let read = self.bytes.len() - self.kept;
            let len = piece_len(self.batch_len, reading.left(), read);
            self.bytes.resize(self.kept + len, 0);
            reading.fill(self.bytes.get_mut(self.kept + read..).unwrap_or_default())?;
            self.progress.chunked((len - read) as u64);
            let is_last = reading.left() == 0;
            let piece = self.bytes.get(self.kept..).unwrap_or_default();
            let chunks = chunks(piece, file.node.len, is_last, None);
            self.keep_new(file.inode, chunks)?;
            self.drop_seen()?;
            if is_last {
                self.deduplicator.end_file(file.inode);
                return Ok(());
            }
        }
    }

    /// Deduplicates the next `chunks`, and moves up the new ones.
    fn keep_new(&mut self, inode: u32, chunks: Vec<NamedChunk>) -> Result<(), WriteError> {
        for chunk in chunks {
            let end = self.seen + chunk.len as usize;
            if self.deduplicator.add(inode, chunk)? {
                self.move_up(end);
            }
            self.seen = end;
        }
        Ok(())
    }

    /// Keeps the bytes from `seen` to `end`.
    fn move_up(&mut self, end: usize) {
        if self.kept < self.seen {
            self.bytes.copy_within(self.seen..end, self.kept);
        }
        self.kept += end - self.seen;
    }

    /// Moves the remaining bytes behind the kept ones.
    fn drop_seen(&mut self) -> Result<(), WriteError> {
        let rest = self.bytes.len() - self.seen;
        self.bytes.copy_within(self.seen.., self.kept);
        self.bytes.truncate(self.kept + rest);
        self.seen = self.kept;
        if self.kept as u64 > MAX_PAYLOAD_LEN {
            let max = MAX_PAYLOAD_LEN;
            return Err(WriteError::PayloadLen { max });
        }
        Ok(())
    }
}

fn read_whole(
    layout: &Layout<'_>,
    file: &FileEntry<'_>,
    place: &mut [u8],
    progress: &dyn Progress,
) -> Result<Vec<NamedChunk>, WriteError> {
    Reading::open(layout, file)?.fill(place)?;
    progress.chunked(file.node.len);
    Ok(chunks(place, file.node.len, true, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, file, tree};
    use crate::writer::layout;

    /// Bytes that are cut at many places.
    fn noise(seed: u64, len: usize) -> Vec<u8> {
        Random::new(seed).bytes(len)
    }

    #[test]
    fn the_length_of_batches_does_not_matter() {
        let (one, two) = (noise(1, 300_000), noise(2, 500_000));
        let files = [
            ("a", one.clone()),
            ("b", one.clone()),
            ("c", [&one[..100_000], &two, &one[50_000..]].concat()),
            ("d", noise(3, 5_000)),
            ("e", Vec::new()),
            ("f", [noise(3, 5_000), noise(4, 40_000)].concat()),
            ("g", noise(3, 5_000)),
        ];
        let tree = tree(files.map(|(name, bytes)| (name, file(bytes))));
        let layout = layout::number(&tree).expect("a tree");
        let taken = [64 << 10, 100_001, 1 << 20, 8 << 20].map(|batch_len| {
            let files = layout.files();
            read_batches(&layout, &files, &(), batch_len).expect("in memory")
        });
        let [(first, bytes), ..] = &taken;
        assert_eq!(first.raw_len(), bytes.len() as u64);
        assert!(bytes.len() < 1_000_000, "{} bytes", bytes.len());
        for chunk in first.chunks() {
            let range = chunk.raw_offset as usize..chunk.raw_end() as usize;
            assert_eq!(crate::digest::Digest::of(&bytes[range]), chunk.digest);
        }
        for (content, other) in &taken {
            assert!(other == bytes);
            assert_eq!(content, first);
        }
    }
}
