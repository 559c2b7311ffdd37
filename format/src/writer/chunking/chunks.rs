//! The named chunks of a piece of a file.

use crate::digest::Digest;
use crate::writer::chunking::chunker::{MAX_CHUNK_LEN, chunker};
use crate::writer::chunking::sample::{Sample, Sampling};
use crate::writer::chunking::zeros;
use core::ops::Range;
use rayon::prelude::*;
use std::vec::Vec;

/// A chunk: its name, and a sample of its strings for step 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedChunk {
    pub(crate) digest: Digest,
    /// At most [`MAX_CHUNK_LEN`], never zero.
    pub(crate) len: u32,
    /// Empty without compression.
    pub(crate) sample: Sample,
}

impl NamedChunk {
    fn of(bytes: &[u8], sampling: Option<Sampling>) -> Self {
        let zeros = zeros::digest(bytes);
        let sampled = match zeros {
            Some(_) => zeros::start(bytes),
            None => bytes,
        };
        Self {
            digest: zeros.unwrap_or_else(|| Digest::of(bytes)),
            len: bytes.len() as u32,
            sample: sampling.map_or_else(Sample::default, |sampling| sampling.sample(sampled)),
        }
    }
}

/// Fewest chunks that a thread names at a time.
const CHUNKS_PER_TASK: usize = 64;

/// Returns the chunks of `piece`, which starts at a chunk of a file of `file_len` bytes. If
/// the piece ends before the file, the last chunks are omitted: more bytes could move
/// their ends.
pub(crate) fn chunks(
    piece: &[u8],
    file_len: u64,
    is_last: bool,
    sampling: Option<Sampling>,
) -> Vec<NamedChunk> {
    if file_len <= MAX_CHUNK_LEN.into() {
        let whole = (!piece.is_empty()).then(|| NamedChunk::of(piece, sampling));
        return whole.into_iter().collect();
    }
    let is_final = |start| is_last || start + MAX_CHUNK_LEN as usize <= piece.len();
    let ranges: Vec<_> = cuts(piece)
        .take_while(|range| is_final(range.start))
        .collect();
    ranges
        .into_par_iter()
        .with_min_len(CHUNKS_PER_TASK)
        .filter_map(|range| piece.get(range))
        .map(|chunk| NamedChunk::of(chunk, sampling))
        .collect()
}

/// Returns the ranges of the chunks of `piece`.
pub(crate) fn cuts(piece: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let chunker = chunker(piece);
    let mut start = 0;
    core::iter::from_fn(move || {
        let rest = piece.get(start..).filter(|rest| !rest.is_empty())?;
        let end = match zeros::chunk_len(rest) {
            Some(len) => start + len,
            None => chunker.cut(start, rest.len()).1,
        };
        let range = start..end;
        start = end;
        // An empty chunk would never end the loop.
        (!range.is_empty()).then_some(range)
    })
}

/// The total length of some chunks.
pub(crate) fn len_of(chunks: &[NamedChunk]) -> usize {
    chunks.iter().map(|chunk| chunk.len as usize).sum()
}

/// The length of a buffer for the `read` bytes that it has and the next bytes of a file
/// with `left` more: at most `max`.
pub(crate) fn piece_len(max: usize, left: u64, read: usize) -> usize {
    let room = max.saturating_sub(read) as u64;
    // At most `room`, which came from a usize.
    read + room.min(left) as usize
}
