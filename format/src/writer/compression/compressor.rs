//! One block, one zstd frame.

use std::io;
use std::vec::Vec;
use zstd::zstd_safe::{CCtx, CParameter, SafeResult, compress_bound, get_error_name};

/// Compresses blocks, each into a frame of its own. The memory that this takes,
/// megabytes at high levels, is kept from one to the next.
#[derive(Default)]
pub(crate) struct Compressor<'a>(CCtx<'a>);

impl<'a> Compressor<'a> {
    /// A zstd frame that holds `raw` and says how long it is, for a reader
    /// that has `prefix` at hand.
    pub(crate) fn compress(
        &mut self,
        level: i32,
        raw: &[u8],
        prefix: &'a [u8],
    ) -> io::Result<Vec<u8>> {
        let mut frame = Vec::with_capacity(compress_bound(raw.len()));
        self.fill(&mut frame, level, raw, prefix)
            .map_err(|code| io::Error::other(get_error_name(code)))?;
        Ok(frame)
    }

    fn fill(
        &mut self,
        frame: &mut Vec<u8>,
        level: i32,
        raw: &[u8],
        prefix: &'a [u8],
    ) -> SafeResult {
        let Self(context) = self;
        context.set_parameter(CParameter::CompressionLevel(level))?;
        // Good for one frame; an empty one is none.
        context.ref_prefix(prefix)?;
        context.compress2(frame, raw)
    }
}
