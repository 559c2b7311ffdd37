//! The first reading: cuts every file into chunks and names them.

use crate::digest::Digest;
use crate::encode::error::WriteError;
use crate::encode::layout::{FileEntry, Layout};
use crate::writer::Progress;
use crate::writer::chunking::reading::Reading;
use crate::writer::chunking::sample::{Sampling, Sketch};
use crate::writer::chunking::zeros;
use core::ops::Range;
use fastcdc::v2020::{FastCDC, Normalization};
use rayon::prelude::*;
use std::vec::Vec;

/// Smallest chunk of a large file, in bytes, but for its last: a quarter of
/// the average, as the authors of FastCDC advise.
pub const MIN_CHUNK_LEN: u32 = 1 << 10;

/// Average chunk of a large file, in bytes. A chunk costs 2 bytes of cold part,
/// and one that breaks a run 16 of index. `docs/notes/chunk-size.md`
/// compares other lengths.
pub const AVERAGE_CHUNK_LEN: u32 = 4 << 10;

/// Largest chunk, in bytes, and therefore the largest file that is not cut.
/// Twice as much makes npm's node_modules 2 % larger, half as much adds chunks
/// and gains nothing.
pub const MAX_CHUNK_LEN: u32 = 32 << 10;

/// A chunk, its name and what it looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedChunk {
    pub(crate) digest: Digest,
    /// At most [`MAX_CHUNK_LEN`], never zero.
    pub(crate) len: u32,
    /// Empty if nobody wants it.
    pub(crate) sketch: Sketch,
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
            sketch: sampling.map_or_else(Sketch::default, |sampling| sampling.sketch(sampled)),
        }
    }
}

/// How much of a large file is read at once, in bytes.
const PIECE_LEN: usize = 1 << 20;

/// How many chunks one thread names, of a piece that has more.
const CHUNKS_PER_TASK: usize = 64;

/// The chunks at the start of `piece`, which is what a file of `file_len` bytes
/// has from the start of a chunk on: all of them if it goes to the end of the
/// file, else those that more bytes would not change.
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

/// Where the chunks of `piece` lie.
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
        // An empty chunk would come again and again.
        (!range.is_empty()).then_some(range)
    })
}

/// Cuts `piece` anywhere, the same bytes in the same way.
pub(crate) fn chunker(piece: &[u8]) -> FastCDC<'_> {
    FastCDC::with_level(
        piece,
        MIN_CHUNK_LEN as usize,
        AVERAGE_CHUNK_LEN as usize,
        MAX_CHUNK_LEN as usize,
        Normalization::Level1,
    )
}

/// Length of some chunks together.
pub(crate) fn len_of(chunks: &[NamedChunk]) -> usize {
    chunks.iter().map(|chunk| chunk.len as usize).sum()
}

/// The chunks of every file of `order`, in that order, with sketches by
/// `sampling`.
pub(crate) fn survey(
    layout: &Layout<'_>,
    order: &[FileEntry<'_>],
    sampling: Sampling,
    progress: &dyn Progress,
) -> Result<Vec<Vec<NamedChunk>>, WriteError> {
    let file_chunks = |buffer: &mut Vec<u8>, file| {
        let reading = Reading::open(layout, file)?;
        let chunks = chunks_of_file(reading, file.node.len, buffer, sampling)?;
        progress.chunked(file.node.len);
        Ok(chunks)
    };
    order.par_iter().map_init(Vec::new, file_chunks).collect()
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
        // What was read of the next chunk is at the front.
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

/// The length of a buffer that holds `read` bytes and the next of a file that
/// has `left` more, at most `max` of both.
pub(crate) fn piece_len(max: usize, left: u64, read: usize) -> usize {
    let room = max.saturating_sub(read) as u64;
    // At most the first, so it fits.
    read + room.min(left) as usize
}
