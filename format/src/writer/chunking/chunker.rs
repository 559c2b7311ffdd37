//! The content-defined cuts of large files: FastCDC with the lengths of the format.

use fastcdc::v2020::{FastCDC, Normalization};

/// Smallest chunk of a large file, in bytes, except the last: a quarter of the average,
/// as the authors of FastCDC advise.
pub const MIN_CHUNK_LEN: u32 = 1 << 10;

/// Average chunk of a large file, in bytes. A chunk costs 2 bytes of the metadata
/// section, and 16 bytes of the index if it breaks a run. `docs/notes/chunk-size.md`
/// compares other lengths.
pub const AVERAGE_CHUNK_LEN: u32 = 4 << 10;

/// Largest chunk, in bytes, and therefore the largest file that is not cut. Twice this
/// length makes npm's node_modules 2 % larger. Half of it adds chunks without a gain.
pub const MAX_CHUNK_LEN: u32 = 32 << 10;

/// A chunker of `piece`. Equal bytes get equal cuts, wherever they are.
pub(crate) fn chunker(piece: &[u8]) -> FastCDC<'_> {
    FastCDC::with_level(
        piece,
        MIN_CHUNK_LEN as usize,
        AVERAGE_CHUNK_LEN as usize,
        MAX_CHUNK_LEN as usize,
        Normalization::Level1,
    )
}
