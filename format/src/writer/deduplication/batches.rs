//! Deduplication beside chunking: while one batch of files is deduplicated, the next one
//! is read.

use crate::encode::WriteError;
use crate::writer::chunking::chunks::NamedChunk;
use crate::writer::chunking::order::Order;
use crate::writer::deduplication::deduplicator::{Deduplicator, Distinct};
use crate::writer::layout::{FileEntry, Layout};
use std::vec::Vec;

/// Files of a batch: enough to keep all threads busy, and few beside a million files.
const FILES_OF_BATCH: usize = 4096;

/// Returns the chunks of each file.
pub(crate) type Chunk<'a> =
    dyn Fn(&[FileEntry<'_>]) -> Result<Vec<Vec<NamedChunk>>, WriteError> + Sync + 'a;

/// Reads all files in their order, and keeps each distinct chunk once.
pub(crate) fn deduplicate(
    layout: &Layout<'_>,
    order: &Order<'_>,
    chunk: &Chunk<'_>,
) -> Result<Distinct, WriteError> {
    let mut deduplicator = Deduplicator::new(layout.inode_count());
    let (ranked, others) = order.files.split_at(order.ranked_count);
    add_batches(&mut deduplicator, ranked, chunk)?;
    deduplicator.end_ranked();
    add_batches(&mut deduplicator, others, chunk)?;
    Ok(deduplicator.finish())
}

fn add_batches(
    deduplicator: &mut Deduplicator,
    files: &[FileEntry<'_>],
    chunk: &Chunk<'_>,
) -> Result<(), WriteError> {
    let mut batches = files.chunks(FILES_OF_BATCH);
    let mut batch = batches.next().unwrap_or_default();
    let mut chunks = chunk(batch)?;
    while !batch.is_empty() {
        let next = batches.next().unwrap_or_default();
        let (added, following) =
            rayon::join(|| add_files(deduplicator, batch, chunks), || chunk(next));
        added?;
        (batch, chunks) = (next, following?);
    }
    Ok(())
}

fn add_files(
    deduplicator: &mut Deduplicator,
    files: &[FileEntry<'_>],
    chunks: Vec<Vec<NamedChunk>>,
) -> Result<(), WriteError> {
    for (file, chunks) in files.iter().zip(chunks) {
        for chunk in chunks {
            deduplicator.add(file.inode, chunk)?;
        }
        deduplicator.end_file(file.inode);
    }
    Ok(())
}
