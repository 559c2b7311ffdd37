//! Answers at the address that the program passes for them.
//!
//! A method of the server returns a `Result`. [`Server::answer`] checks that the answer has
//! room, runs the method, and writes tag and payload. Without room nothing happens at all:
//! the program could not learn of it. A host traps there.
//!
//! The parts of an answer determine where they lie. For example, the handle of a
//! `result<descriptor, error-code>` has 4 bytes, and so it lies at offset 4 behind the tag.
//! The `error-code` lies there as well. In 0.3 it has 16 bytes, so the answer has 20.

use super::allocator::Allocator;
use super::errors::ErrorCode;
use super::layout::{Layout, hash, list, stat, tag, time};
use super::memory::{List, Program};
use super::release::Release;
use super::server::Server;
use crate::fs::{Filesystem, Kind, Stat};
use crate::guest::Memory;

/// The longest variant without a payload that is written whole.
const VARIANT_LEN_MAX: usize = 16;

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

    pub(crate) fn put_u8(&self, offset: u32, value: u8) {
        self.put(offset, &[value]);
    }

    pub(crate) fn put_u32(&self, offset: u32, value: u32) {
        self.put(offset, &value.to_le_bytes());
    }

    fn put_u64(&self, offset: u32, value: u64) {
        self.put(offset, &value.to_le_bytes());
    }

    /// Writes a variant whose payload is empty, with zeros for the payload.
    fn put_variant(&self, offset: u32, tag: u8, layout: Layout) {
        let mut bytes = [0; VARIANT_LEN_MAX];
        bytes[0] = tag;
        self.put(offset, &bytes[..(layout.len as usize).min(VARIANT_LEN_MAX)]);
    }
}

/// A value that an answer contains, in the layout of a release.
pub(crate) trait Value<R> {
    /// Its size and alignment.
    const LAYOUT: Layout;

    /// Writes it at `offset`.
    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32);
}

impl<R: Release> Value<R> for ErrorCode {
    const LAYOUT: Layout = R::ERROR_CODE;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_variant(offset, R::error_code(self), R::ERROR_CODE);
    }
}

/// `descriptor-type`.
impl<R: Release> Value<R> for Kind {
    const LAYOUT: Layout = R::DESCRIPTOR_TYPE;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_variant(offset, R::descriptor_type(self), R::DESCRIPTOR_TYPE);
    }
}

impl<R> Value<R> for () {
    const LAYOUT: Layout = Layout { len: 0, align: 1 };

    fn put<M: Memory, H: Allocator>(self, _: &Record<'_, M, H>, _: u32) {}
}

/// Flags, or a `bool`.
impl<R> Value<R> for u8 {
    const LAYOUT: Layout = Layout { len: 1, align: 1 };

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u8(offset, self);
    }
}

/// A handle.
impl<R> Value<R> for u32 {
    const LAYOUT: Layout = Layout { len: 4, align: 4 };

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u32(offset, self);
    }
}

/// A count of bytes.
impl<R> Value<R> for u64 {
    const LAYOUT: Layout = Layout { len: 8, align: 8 };

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u64(offset, self);
    }
}

/// A list or string.
impl<R> Value<R> for List {
    const LAYOUT: Layout = Layout { len: 8, align: 4 };

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u32(offset + list::POINTER, self.address);
        record.put_u32(offset + list::COUNT, self.count);
    }
}

impl<R, T: Value<R>> Value<R> for Option<T> {
    const LAYOUT: Layout = T::LAYOUT.behind_tag();

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        match self {
            None => record.put_u8(offset, tag::NONE),
            Some(value) => {
                record.put_u8(offset, tag::SOME);
                value.put(record, offset + T::LAYOUT.align);
            }
        }
    }
}

/// A time: `datetime` or `instant`.
struct Time {
    seconds: u64,
    nanoseconds: u32,
}

impl<R> Value<R> for Time {
    const LAYOUT: Layout = Layout { len: 16, align: 8 };

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u64(offset + time::SECONDS, self.seconds);
        record.put_u32(offset + time::NANOSECONDS, self.nanoseconds);
    }
}

fn time<R: Release>(time_ns: i64) -> Option<Time> {
    R::time(time_ns).map(|(seconds, nanoseconds)| Time {
        seconds,
        nanoseconds,
    })
}

/// `descriptor-stat`.
pub(crate) struct DescriptorStat(pub(crate) Stat);

impl<R: Release> Value<R> for DescriptorStat {
    const LAYOUT: Layout = Layout {
        len: stat::start(R::DESCRIPTOR_TYPE) + stat::LEN,
        align: 8,
    };

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        let found = self.0;
        Value::<R>::put(found.kind, record, offset);
        let start = offset + stat::start(R::DESCRIPTOR_TYPE);
        record.put_u64(start + stat::LINK_COUNT, found.link_count);
        record.put_u64(start + stat::SIZE, found.len);
        for (at, time_ns) in [
            (stat::ACCESSED, found.accessed_ns),
            (stat::MODIFIED, found.modified_ns),
            (stat::CHANGED, found.changed_ns),
        ] {
            Value::<R>::put(time::<R>(time_ns), record, start + at);
        }
    }
}

/// `metadata-hash-value`.
pub(crate) struct MetadataHash {
    pub(crate) lower: u64,
    pub(crate) upper: u64,
}

impl<R> Value<R> for MetadataHash {
    const LAYOUT: Layout = Layout { len: 16, align: 8 };

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        record.put_u64(offset + hash::LOWER, self.lower);
        record.put_u64(offset + hash::UPPER, self.upper);
    }
}

/// `directory-entry`.
pub(crate) struct DirectoryEntry {
    pub(crate) kind: Kind,
    pub(crate) name: List,
}

impl<R: Release> Value<R> for DirectoryEntry {
    const LAYOUT: Layout = Layout {
        len: R::DESCRIPTOR_TYPE.len.next_multiple_of(4) + list::LEN,
        align: 4,
    };

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        Value::<R>::put(self.kind, record, offset);
        let name = offset + R::DESCRIPTOR_TYPE.len.next_multiple_of(4);
        Value::<R>::put(self.name, record, name);
    }
}

impl<M: Memory, H: Allocator, F: Filesystem> Server<M, H, F> {
    /// Writes the result of `make` to `ret`.
    pub(crate) fn answer<R, T: Value<R>, E: Value<R>>(
        &self,
        ret: u32,
        make: impl FnOnce() -> Result<T, E>,
    ) {
        let payload = T::LAYOUT.or(E::LAYOUT);
        let Some(record) = self.record(ret, payload.behind_tag().len) else {
            return;
        };
        match make() {
            Ok(value) => {
                record.put_u8(0, tag::OK);
                value.put(&record, payload.align);
            }
            Err(error) => {
                record.put_u8(0, tag::ERROR);
                error.put(&record, payload.align);
            }
        }
    }

    /// Writes the value of `make` to `ret`, for functions that cannot fail.
    pub(crate) fn answer_value<R, T: Value<R>>(&self, ret: u32, make: impl FnOnce() -> T) {
        if let Some(record) = self.record(ret, T::LAYOUT.len) {
            make().put(&record, 0);
        }
    }

    /// Writes a list to `ret`.
    pub(crate) fn put_list(&self, ret: u32, list: List) {
        self.answer_value::<(), _>(ret, || list);
    }

    /// A record of the program, if it is in memory.
    pub(crate) fn record(&self, address: u32, len: u32) -> Option<Record<'_, M, H>> {
        let program = &self.program;
        let record = Record { program, address };
        program.has(address, len).then_some(record)
    }
}
