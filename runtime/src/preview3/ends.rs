//! The readable ends that a function returns: a stream, and the future that says how the
//! stream ended.
//!
//! Both share a slot, so neither can outlive what the other needs, and the slot is free
//! when both are dropped. For example, a read of a file at damage ends the stream, and
//! notes `io` in the slot. The program drops the stream, and the future still resolves
//! with `io`.
//!
//! Ends of a function that fails have no slot: the future's handle contains the code.

use super::calls::Host;
use super::release::Wasi03;
use super::status::{COMPLETED, DROPPED};
use crate::component::Allocator;
use crate::component::answers::{Record, Value};
use crate::component::errors::{ErrorCode, Result};
use crate::component::handles::{Content, ENDED, Ends, Kind, Resource, future_of, is_ours};
use crate::component::layout::Layout;
use crate::component::server::{Files, Server};
use crate::fs::Filesystem;
use crate::guest::Memory;
use crate::open::Handle;

/// The handles of both ends: a `tuple<stream<T>, future<result<_, error-code>>>`.
pub(super) struct EndHandles {
    stream: u32,
    future: u32,
}

impl EndHandles {
    /// A stream that has ended, and a future with the error.
    fn failed(code: ErrorCode) -> Self {
        Self {
            stream: ENDED,
            future: code.handle(),
        }
    }
}

impl<R> Value<R> for EndHandles {
    const LAYOUT: Layout = Layout { len: 8, align: 4 };

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u32(offset, self.stream);
        record.put_u32(offset + 4, self.future);
    }
}

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    /// The ends for a file's bytes.
    pub(super) fn bytes_of(&self, descriptor: u32, offset: u64) -> EndHandles {
        let ends = self.with_files(|files| match files.handles.descriptor(descriptor)? {
            Handle::Directory(_) => Err(ErrorCode::IS_DIRECTORY),
            Handle::File(file) => {
                files.check_readable(&file)?;
                files.open_ends(Content::Bytes, file.id, offset)
            }
        });
        ends.unwrap_or_else(EndHandles::failed)
    }

    /// The ends for a directory's entries.
    pub(super) fn entries_of(&self, descriptor: u32) -> EndHandles {
        let ends = self.with_files(|files| {
            let id = files.handles.directory(descriptor)?.id;
            files.open_ends(Content::Entries, id, 0)
        });
        ends.unwrap_or_else(EndHandles::failed)
    }

    /// The state of a stream, unless it has ended.
    pub(super) fn open_end(&self, stream: u32, content: Content) -> Option<Ends<F::Id>> {
        let ends = self.with_files(|files| files.handles.ends(stream).copied());
        let open = |ends: &Ends<F::Id>| ends.is_open(content);
        ends.ok().filter(open)
    }

    /// Moves a stream to the position of its next item.
    pub(super) fn move_stream(&self, stream: u32, copy: &Ends<F::Id>, position: u64) {
        self.change_ends(stream, copy, |ends| ends.position = position);
    }

    /// Ends a stream, and resolves its future. Returns the status of the read.
    pub(super) fn end_stream(&self, stream: u32, copy: &Ends<F::Id>, outcome: Result) -> u32 {
        self.change_ends(stream, copy, |ends| {
            ends.outcome.get_or_insert(outcome);
        });
        DROPPED
    }

    /// Changes a stream that was copied at the start of the call, if the program's allocator
    /// did not drop it.
    fn change_ends(&self, stream: u32, copy: &Ends<F::Id>, change: impl FnOnce(&mut Ends<F::Id>)) {
        self.with_files(|files| match files.handles.ends(stream) {
            Ok(ends) if ends.opening == copy.opening => change(ends),
            _ => {}
        });
    }

    /// Drops a stream. As in wasmtime, its future then resolves with success, unless the
    /// stream has failed.
    pub(super) fn drop_stream(&self, stream: u32, content: Content) {
        self.with_files(|files| {
            files.drop_end(stream, |ends| {
                if ends.content == content {
                    ends.has_stream = false;
                    ends.outcome.get_or_insert(Ok(()));
                }
            });
        });
    }

    pub(super) fn drop_future(&self, future: u32) {
        self.with_files(|files| {
            if let Some(stream) = files.handles.stream_of(future) {
                files.drop_end(stream, |ends| ends.has_future = false);
            }
        });
    }

    /// Drops a stream that the program passes for writing. Returns the future with the
    /// error of the write.
    pub(super) fn reject_stream(&self, descriptor: u32, data: u32, lowering: u32) -> u32 {
        match is_ours(data) {
            true => self.drop_stream(data, Content::Bytes),
            false => self.program.host.host_bytes_drop(data, lowering),
        }
        self.output_stream_error(descriptor).handle()
    }

    /// Writes the result of a future to `ret`. Returns the status of the read.
    pub(super) fn read_future(&self, future: u32, ret: u32) -> u32 {
        self.answer::<Wasi03, _, _>(ret, || self.outcome(future));
        COMPLETED
    }

    /// The result of a future. No read waits, so a stream that is still open is read to its
    /// end here, without moving it.
    fn outcome(&self, future: u32) -> Result {
        if let Some(code) = ErrorCode::of_handle(future) {
            return Err(code);
        }
        let ends = self.with_files(|files| {
            let stream = files.handles.stream_of(future);
            let stream = stream.ok_or(ErrorCode::BAD_DESCRIPTOR)?;
            files.handles.ends(stream).copied()
        })?;
        match (ends.outcome, ends.content) {
            (Some(outcome), _) => outcome,
            (None, Content::Bytes) => self.check_bytes(ends.id, ends.position),
            (None, Content::Entries) => self.check_entries(ends.id, ends.position),
        }
    }
}

impl<F: Filesystem> Files<F> {
    fn open_ends(&mut self, content: Content, id: F::Id, position: u64) -> Result<EndHandles> {
        let opening = self.handles.next_opening();
        let stream = self.insert(Resource::Ends(Ends {
            opening,
            content,
            id,
            position,
            outcome: None,
            has_stream: true,
            has_future: true,
        }))?;
        Ok(EndHandles {
            stream,
            future: future_of(stream),
        })
    }

    /// Marks an end as dropped, and frees the slot behind the second.
    fn drop_end(&mut self, stream: u32, mark: impl FnOnce(&mut Ends<F::Id>)) {
        let Ok(ends) = self.handles.ends(stream) else {
            return;
        };
        mark(ends);
        if !ends.has_stream && !ends.has_future {
            self.remove(stream, Kind::Ends);
        }
    }
}
