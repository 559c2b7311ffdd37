//! Streams of a file's bytes.
//!
//! All functions return at once, the blocking ones too. A stream closes at the end of its
//! file and after an error. It outlives the descriptor that it came from.

use super::calls::Host;
use super::errors::StreamError;
use crate::component::errors::{ErrorCode, Result};
use crate::component::handles::{InputStream, Resource};
use crate::component::memory::List;
use crate::component::server::Server;
use crate::fs::Filesystem;
use crate::guest::Memory;
use crate::open::Handle;

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    pub(super) fn read_via_stream(&self, descriptor: u32, offset: u64) -> Result<u32> {
        self.with_files(|files| match files.handles.descriptor(descriptor)? {
            Handle::Directory(_) => Err(ErrorCode::IS_DIRECTORY),
            Handle::File(file) => {
                files.check_readable(&file)?;
                let opening = files.handles.next_opening();
                files.insert(Resource::Stream(InputStream {
                    opening,
                    id: file.id,
                    position: offset,
                    is_closed: false,
                }))
            }
        })
    }

    pub(super) fn read_stream(
        &self,
        handle: u32,
        len: u64,
        lowering: u32,
    ) -> Result<List, StreamError> {
        let stream = self.open_stream(handle)?;
        let read = self.read_file(stream.id, (stream.position, len), lowering);
        let list = read.map_err(|code| self.fail(handle, &stream, code))?;
        if list.count == 0 && len > 0 {
            return Err(self.close(handle, &stream));
        }
        self.advance(handle, &stream, list.count.into());
        Ok(list)
    }

    /// Skips bytes without reading them, so the next read meets damage, and not this call.
    pub(super) fn skip(&self, handle: u32, len: u64) -> Result<u64, StreamError> {
        let stream = self.open_stream(handle)?;
        let file_len = self.with_files(|files| files.file_len(stream.id));
        let file_len = file_len.map_err(|error| self.fail(handle, &stream, error.into()))?;
        let skipped = file_len.saturating_sub(stream.position).min(len);
        if skipped == 0 && len > 0 {
            return Err(self.close(handle, &stream));
        }
        self.advance(handle, &stream, skipped);
        Ok(skipped)
    }

    /// The stream, unless it is closed.
    pub(super) fn open_stream(&self, handle: u32) -> Result<InputStream<F::Id>, StreamError> {
        let stream = self.with_files(|files| files.handles.stream(handle).copied());
        match stream {
            Ok(stream) if stream.is_closed => Err(StreamError::Closed),
            Ok(stream) => Ok(stream),
            Err(code) => Err(StreamError::Failed(code)),
        }
    }

    pub(super) fn advance(&self, handle: u32, stream: &InputStream<F::Id>, len: u64) {
        self.change(handle, stream, |stream| {
            stream.position = stream.position.saturating_add(len);
        });
    }

    pub(super) fn close(&self, handle: u32, stream: &InputStream<F::Id>) -> StreamError {
        self.change(handle, stream, |stream| stream.is_closed = true);
        StreamError::Closed
    }

    /// Closes the stream after an error, as the specification says.
    pub(super) fn fail(
        &self,
        handle: u32,
        stream: &InputStream<F::Id>,
        code: ErrorCode,
    ) -> StreamError {
        self.close(handle, stream);
        StreamError::Failed(code)
    }

    /// Memory that runs out leaves the text empty.
    pub(crate) fn debug_string(&self, error: u32, lowering: u32) -> List {
        let text = ErrorCode::of_handle(error).map_or("", ErrorCode::debug_string);
        let list = self.program.list(lowering, text.as_bytes());
        list.unwrap_or(List::empty(1))
    }

    /// Changes a stream that was copied at the start of the call, if the program's allocator
    /// did not drop it.
    fn change(
        &self,
        handle: u32,
        copy: &InputStream<F::Id>,
        change: impl FnOnce(&mut InputStream<F::Id>),
    ) {
        self.with_files(|files| match files.handles.stream(handle) {
            Ok(stream) if stream.opening == copy.opening => change(stream),
            _ => {}
        });
    }
}
