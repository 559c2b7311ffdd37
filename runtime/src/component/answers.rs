//! Answers at the address that the program passes for them.
//!
//! A method of the server returns a `Result`. [`Server::answer`] checks that the answer has
//! room, runs the method, and writes tag and payload. Without room nothing happens at all:
//! the program could not learn of it. A host traps there.

use super::allocator::Allocator;
use super::errors::{ErrorCode, StreamError};
use super::layout::{bytes, entry, hash, list, payload, stat, stream_error, tag, time};
use super::memory::{List, Program};
use super::server::Server;
use crate::fs::{Filesystem, Stat};
use crate::guest::Memory;

/// A record in the program's memory, which exists.
pub(crate) struct Record<'p, M, H> {
    program: &'p Program<M, H>,
    address: u32,
}

impl<M: Memory, H: Allocator> Record<'_, M, H> {
    fn put(&self, offset: u32, bytes: &[u8]) {
        // The record was checked, and a memory never shrinks.
        let _ = self.program.write(self.address.wrapping_add(offset), bytes);
    }

    fn put_u8(&self, offset: u32, value: u8) {
        self.put(offset, &[value]);
    }

    fn put_u32(&self, offset: u32, value: u32) {
        self.put(offset, &value.to_le_bytes());
    }

    fn put_u64(&self, offset: u32, value: u64) {
        self.put(offset, &value.to_le_bytes());
    }

    fn put_list(&self, offset: u32, list: List) {
        self.put_u32(offset + list::POINTER, list.address);
        self.put_u32(offset + list::COUNT, list.count);
    }

    fn put_time(&self, offset: u32, time: Option<(u64, u32)>) {
        self.put_u8(offset + time::TAG, tag::NONE);
        if let Some((seconds, nanoseconds)) = time {
            self.put_u8(offset + time::TAG, tag::SOME);
            self.put_u64(offset + time::SECONDS, seconds);
            self.put_u32(offset + time::NANOSECONDS, nanoseconds);
        }
    }
}

/// The payload of a success.
pub(crate) trait Payload {
    /// Where it lies in its `result`, which is also where the error lies.
    const OFFSET: u32;
    /// The end of the longer of payload and error.
    const END: u32;

    /// Writes it at `offset`.
    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32);
}

/// The payload of a failure.
pub(crate) trait Failure {
    /// Writes it at `offset`.
    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32);
}

impl Failure for ErrorCode {
    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u8(offset, self.0);
    }
}

impl Failure for StreamError {
    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        match self {
            Self::Closed => record.put_u8(offset + stream_error::TAG, stream_error::CLOSED),
            Self::Failed(code) => {
                record.put_u8(offset + stream_error::TAG, stream_error::FAILED);
                record.put_u32(offset + stream_error::ERROR, code.handle());
            }
        }
    }
}

impl Payload for () {
    const OFFSET: u32 = payload::OF_BYTE;
    const END: u32 = payload::OF_BYTE + 1;

    fn put<M: Memory, H: Allocator>(self, _: &Record<'_, M, H>, _: u32) {}
}

/// Flags, or the value of an enumeration.
impl Payload for u8 {
    const OFFSET: u32 = payload::OF_BYTE;
    const END: u32 = payload::OF_BYTE + 1;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u8(offset, self);
    }
}

/// A handle.
impl Payload for u32 {
    const OFFSET: u32 = payload::OF_WORD;
    const END: u32 = payload::OF_WORD + 4;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u32(offset, self);
    }
}

/// A count of bytes. Its error may be a [`StreamError`], which is as long.
impl Payload for u64 {
    const OFFSET: u32 = payload::OF_LONG;
    const END: u32 = payload::OF_LONG + 8;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u64(offset, self);
    }
}

/// A list or string. Its error may be a [`StreamError`], which is as long.
impl Payload for List {
    const OFFSET: u32 = payload::OF_WORD;
    const END: u32 = payload::OF_WORD + list::LEN;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_list(offset, self);
    }
}

/// Bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileBytes {
    pub(crate) list: List,
    /// The list is empty.
    pub(crate) is_end: bool,
}

impl Payload for FileBytes {
    const OFFSET: u32 = payload::OF_WORD;
    const END: u32 = payload::OF_WORD + bytes::LEN;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_list(offset, self.list);
        record.put_u8(offset + bytes::IS_END, self.is_end.into());
    }
}

/// `descriptor-stat`.
pub(crate) struct DescriptorStat {
    pub(crate) kind: u8,
    pub(crate) stat: Stat,
}

impl Payload for DescriptorStat {
    const OFFSET: u32 = payload::OF_LONG;
    const END: u32 = payload::OF_LONG + stat::LEN;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        let found = self.stat;
        record.put_u8(offset + stat::TYPE, self.kind);
        record.put_u64(offset + stat::LINK_COUNT, found.link_count);
        record.put_u64(offset + stat::SIZE, found.len);
        record.put_time(offset + stat::ACCESSED, datetime(found.accessed_ns));
        record.put_time(offset + stat::MODIFIED, datetime(found.modified_ns));
        record.put_time(offset + stat::CHANGED, datetime(found.changed_ns));
    }
}

/// Seconds and nanoseconds since 1970. `datetime` has no earlier times: they are unknown.
fn datetime(time_ns: i64) -> Option<(u64, u32)> {
    const SECOND: u64 = 1_000_000_000;
    let time_ns = u64::try_from(time_ns).ok()?;
    Some((time_ns / SECOND, (time_ns % SECOND) as u32))
}

/// `metadata-hash-value`.
pub(crate) struct MetadataHash {
    pub(crate) lower: u64,
    pub(crate) upper: u64,
}

impl Payload for MetadataHash {
    const OFFSET: u32 = payload::OF_LONG;
    const END: u32 = payload::OF_LONG + hash::LEN;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u64(offset + hash::LOWER, self.lower);
        record.put_u64(offset + hash::UPPER, self.upper);
    }
}

/// `directory-entry`.
pub(crate) struct DirectoryEntry {
    pub(crate) kind: u8,
    pub(crate) name: List,
}

impl Payload for Option<DirectoryEntry> {
    const OFFSET: u32 = payload::OF_WORD;
    const END: u32 = payload::OF_WORD + entry::LEN;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u8(offset + entry::TAG, tag::NONE);
        if let Some(found) = self {
            record.put_u8(offset + entry::TAG, tag::SOME);
            record.put_u8(offset + entry::TYPE, found.kind);
            record.put_list(offset + entry::NAME, found.name);
        }
    }
}

impl<M: Memory, H: Allocator, F: Filesystem> Server<M, H, F> {
    /// Writes the result of `make` to `ret`.
    pub(crate) fn answer<T: Payload, E: Failure>(
        &self,
        ret: u32,
        make: impl FnOnce() -> Result<T, E>,
    ) {
        let Some(record) = self.record(ret, T::END) else {
            return;
        };
        match make() {
            Ok(value) => {
                record.put_u8(0, tag::OK);
                value.put(&record, T::OFFSET);
            }
            Err(error) => {
                record.put_u8(0, tag::ERROR);
                error.put(&record, T::OFFSET);
            }
        }
    }

    /// Writes the list of `make` to `ret`, for functions that cannot fail.
    pub(crate) fn answer_list(&self, ret: u32, make: impl FnOnce() -> List) {
        if let Some(record) = self.record(ret, list::LEN) {
            record.put_list(0, make());
        }
    }

    /// Writes an `option<error-code>` to `ret`.
    pub(crate) fn answer_code(&self, ret: u32, code: Option<ErrorCode>) {
        if let Some(record) = self.record(ret, payload::OF_BYTE + 1) {
            record.put_u8(0, if code.is_some() { tag::SOME } else { tag::NONE });
            record.put_u8(payload::OF_BYTE, code.map_or(0, |code| code.0));
        }
    }

    fn record(&self, address: u32, len: u32) -> Option<Record<'_, M, H>> {
        let program = &self.program;
        let record = Record { program, address };
        program.has(address, len).then_some(record)
    }
}
