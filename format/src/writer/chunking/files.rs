//! Chunks of whole files, in parallel.

use crate::encode::WriteError;
use crate::writer::chunking::chunks::{NamedChunk, chunks, len_of, piece_len};
use crate::writer::chunking::reading::Reading;
use crate::writer::chunking::sample::Sampling;
use crate::writer::layout::{FileEntry, Layout};
use crate::writer::progress::Progress;
use rayon::prelude::*;
use std::vec::Vec;

/// Bytes of a large file that are read at once.
const PIECE_LEN: usize = 1 << 20;

/// Reads `files` and returns the chunks of each, with samples by `sampling`.
pub(crate) fn chunk_files(
    layout: &Layout<'_>,
    files: &[FileEntry<'_>],
    sampling: Sampling,
    progress: &dyn Progress,
) -> Result<Vec<Vec<NamedChunk>>, WriteError> {
    let file_chunks = |buffer: &mut Vec<u8>, file| {
        let reading = Reading::open(layout, file)?;
        let chunks = chunks_of_file(reading, file.node.len, buffer, sampling)?;
        progress.chunked(file.node.len);
        Ok(chunks)
    };
    files.par_iter().map_init(Vec::new, file_chunks).collect()
}

fn chunks_of_file(
    mut reading: Reading<'_>,
    len: u64,
    buffer: &mut Vec<u8>,
    sampling: Sampling,
) -> Result<Vec<NamedChunk>, WriteError> {
    let mut found = Vec::new();
    buffer.clear();
    loop {
        // The start of the next chunk is already in the buffer.
        let read = buffer.len();
        buffer.resize(piece_len(PIECE_LEN, reading.left(), read), 0);
        reading.fill(buffer.get_mut(read..).unwrap_or_default())?;
        let is_last = reading.left() == 0;
        let chunks = chunks(buffer, len, is_last, Some(sampling));
        buffer.drain(..len_of(&chunks));
        found.extend(chunks);
        if is_last {
            return Ok(found);
        }
    }
}
