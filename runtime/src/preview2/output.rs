//! Streams that write to files. Only the runtime with a layer for changes exports these
//! functions.
//!
//! Each write changes the file before it returns, so a stream can always take more, and
//! nothing waits to be flushed. The first error closes the stream. For example, a write of
//! 100 KB where 64 KB fit returns `last-operation-failed` with `insufficient-space`, the file
//! is 64 KB longer, and the next call returns `closed`.

use super::calls::{Host, OutputStreams};
use super::errors::StreamError;
use super::release::Wasi02;
use crate::component::errors::{ErrorCode, Result};
use crate::component::handles::{Kind, OutputStream, POLLABLE};
use crate::component::server::Server;
use crate::component::writing::Source;
use crate::fs::Filesystem;
use crate::guest::Memory;

/// What `check-write` permits, as in wasmtime. A longer write succeeds as well.
const PERMIT: u64 = 1 << 20;

#[rustfmt::skip]
impl<M: Memory, H: Host, F: Filesystem> OutputStreams for Server<M, H, F> {
    fn drop_output_stream(&self, stream: u32, _: u32) {
        self.drop_handle(stream, Kind::Output);
    }

    fn output_stream_check_write(&self, stream: u32, ret: u32, _: u32) {
        self.answer::<Wasi02, _, _>(ret, || self.open_output_stream(stream).map(|_| PERMIT));
    }

    fn output_stream_write(&self, stream: u32, bytes: u32, len: u32, ret: u32, _: u32) {
        self.answer::<Wasi02, _, _>(ret, || self.write_range(stream, (bytes, len)));
    }

    fn output_stream_blocking_write_and_flush(
        &self, stream: u32, bytes: u32, len: u32, ret: u32, _: u32,
    ) {
        self.answer::<Wasi02, _, _>(ret, || self.write_range(stream, (bytes, len)));
    }

    fn output_stream_flush(&self, stream: u32, ret: u32, _: u32) {
        self.answer::<Wasi02, _, _>(ret, || self.open_output_stream(stream).map(|_| ()));
    }

    fn output_stream_blocking_flush(&self, stream: u32, ret: u32, _: u32) {
        self.answer::<Wasi02, _, _>(ret, || self.open_output_stream(stream).map(|_| ()));
    }

    fn output_stream_subscribe(&self, _: u32, _: u32) -> u32 {
        POLLABLE
    }

    fn output_stream_write_zeroes(&self, stream: u32, zero_count: u64, ret: u32, _: u32) {
        self.answer::<Wasi02, _, _>(ret, || self.write_to(stream, (Source::Zeros, zero_count)));
    }

    fn output_stream_blocking_write_zeroes_and_flush(
        &self, stream: u32, zero_count: u64, ret: u32, _: u32,
    ) {
        self.answer::<Wasi02, _, _>(ret, || self.write_to(stream, (Source::Zeros, zero_count)));
    }
}

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    /// Writes bytes of the program's memory.
    fn write_range(&self, stream: u32, (address, len): (u32, u32)) -> Result<(), StreamError> {
        match self.program.has(address, len) {
            true => self.write_to(stream, (Source::Program(address), len.into())),
            false => Err(StreamError::Failed(ErrorCode::INVALID)),
        }
    }

    /// Writes all bytes of a source. An error closes the stream.
    pub(super) fn write_to(
        &self,
        handle: u32,
        source: (Source<'_>, u64),
    ) -> Result<(), StreamError> {
        let mut stream = self.open_output_stream(handle)?;
        let written = self.write_all(stream.id, &mut stream.start, source);
        let flushed = self.flush(&stream);
        let error = written.error.or(flushed.err());
        stream.is_closed = error.is_some();
        // No code of the program ran since the stream was copied.
        self.with_files(|files| files.handles.output(handle).map(|now| *now = stream))?;
        error.map_or(Ok(()), |code| Err(StreamError::Failed(code)))
    }

    fn flush(&self, stream: &OutputStream<F::Id>) -> Result {
        let Some(flush) = stream.flush else {
            return Ok(());
        };
        Ok(self.with_files(|files| files.fs.sync(stream.id, flush))?)
    }

    /// The stream, unless it is closed.
    pub(super) fn open_output_stream(
        &self,
        handle: u32,
    ) -> Result<OutputStream<F::Id>, StreamError> {
        match self.with_files(|files| files.handles.output(handle).copied())? {
            stream if stream.is_closed => Err(StreamError::Closed),
            stream => Ok(stream),
        }
    }
}
