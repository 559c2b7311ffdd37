//! One block, one zstd frame.

use std::io;
use std::vec::Vec;
use zstd::zstd_safe::{CCtx, CParameter, SafeResult, compress_bound, get_error_name};

/// Compresses blocks into frames. Reuses its memory, which is megabytes at high levels.
#[derive(Default)]
pub(crate) struct Compressor<'a>(CCtx<'a>);

impl<'a> Compressor<'a> {
    /// Returns a zstd frame of `raw` that states its length and may refer to `prefix`.
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
        // Valid for one frame. An empty prefix is no prefix.
        context.ref_prefix(prefix)?;
        context.compress2(frame, raw)
    }
}
