//! Bytes of files, in new memory of the program.
//!
//! An adapter of preview 1 traps if one call allocates twice, and programs free a list by
//! its length. So a read first counts the readable bytes, which verifies their blocks and
//! decompresses them into the cache. Then it allocates exactly that many, and copies.
//!
//! For example, a read of 64 KiB meets damage after 5000 bytes: the count is 5000, and the
//! program gets a list of 5000 bytes. The next read, at the damage, fails without a list.

use super::allocator::Allocator;
use super::answers::{Record, Value};
use super::errors::{ErrorCode, Result};
use super::layout::{Layout, list};
use super::memory::List;
use super::server::Server;
use crate::blocks::Sink;
use crate::fs::{Filesystem, MAX_OFFSET};
use crate::guest::Memory;
#[cfg(any(test, feature = "writable"))]
use alloc::vec::Vec;

/// The most bytes of one read, as in wasmtime: programs that ask for 2^64-1 bytes must not
/// get all of a large file at once.
pub(crate) const READ_LEN_MAX: u32 = 64 << 10;

/// Bytes of a file, as `descriptor.read` of 0.2 answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileBytes {
    list: List,
    /// The list is empty.
    is_end: bool,
}

impl<R> Value<R> for FileBytes {
    const LAYOUT: Layout = Layout { len: 12, align: 4 };

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        Value::<R>::put(self.list, record, offset);
        record.put_u8(offset + list::LEN, self.is_end.into());
    }
}

/// A range of a file: offset and length.
type Range = (u64, u64);

/// A sink that counts the readable bytes.
struct Counter {
    room: u32,
}

impl Sink for Counter {
    fn room(&self) -> u32 {
        self.room
    }

    fn put(&mut self, bytes: &[u8]) {
        self.advance(bytes.len() as u32);
    }

    fn only_counts(&self) -> bool {
        true
    }

    fn advance(&mut self, len: u32) {
        self.room -= len;
    }
}

/// A sink into a vector with room for so many bytes.
#[cfg(any(test, feature = "writable"))]
struct Reserved<'v>(&'v mut Vec<u8>, u32);

#[cfg(any(test, feature = "writable"))]
impl Sink for Reserved<'_> {
    fn room(&self) -> u32 {
        self.1
    }

    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        self.1 -= bytes.len() as u32;
    }
}

impl<M: Memory, H: Allocator, F: Filesystem> Server<M, H, F> {
    /// Reads a part of a range. A list without bytes is the end, unless the program asks
    /// for none.
    pub(crate) fn read(&self, descriptor: u32, range: Range, lowering: u32) -> Result<FileBytes> {
        let file = self.with_files(|files| {
            let file = files.handles.file(descriptor)?;
            files.check_readable(&file).map(|()| file)
        })?;
        if range.0 > MAX_OFFSET {
            return Err(ErrorCode::INVALID);
        }
        let list = self.read_file(file.id, range, lowering)?;
        let is_end = list.count == 0 && range.1 > 0;
        Ok(FileBytes { list, is_end })
    }

    /// Reads a part of a range. The list is empty only if the range is, or at the end of
    /// the file.
    pub(crate) fn read_file(&self, id: F::Id, range: Range, lowering: u32) -> Result<List> {
        let len = self.readable(id, range)?;
        let count = self.count(id, (range.0, len))?;
        if count == 0 {
            return Ok(List::empty(1));
        }
        let address = self.program.allocate(lowering, 1, count)?;
        match self.fill(id, range.0, (address, count))? == count {
            true => Ok(List { address, count }),
            // The same bytes were readable before the allocation.
            false => Err(ErrorCode::INSUFFICIENT_MEMORY),
        }
    }

    /// Up to `len` bytes of a file, in memory of the runtime. Empty only at the end of the
    /// file, or if `len` is 0.
    #[cfg(any(test, feature = "writable"))]
    pub(crate) fn bytes_of_file(&self, id: F::Id, offset: u64, len: u32) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let reserved = bytes.try_reserve_exact(len as usize);
        reserved.map_err(|_| ErrorCode::INSUFFICIENT_MEMORY)?;
        if len > 0 {
            self.with_files(|files| {
                let file = files.fs.node(id)?;
                let mut sink = Reserved(&mut bytes, len);
                files.fs.read_at(&file, offset, &mut sink)
            })?;
        }
        Ok(bytes)
    }

    /// How many of `len` bytes are readable. Their blocks are in the cache afterwards.
    pub(crate) fn count(&self, id: F::Id, (offset, len): (u64, u32)) -> Result<u32> {
        if len == 0 {
            return Ok(0);
        }
        let mut counter = Counter { room: len };
        self.with_files(|files| {
            let file = files.fs.node(id)?;
            files.fs.read_at(&file, offset, &mut counter)
        })?;
        Ok(len - counter.room)
    }

    /// How many bytes of a range one read can return.
    pub(crate) fn readable(&self, id: F::Id, range: Range) -> Result<u32> {
        self.readable_up_to(id, range, READ_LEN_MAX)
    }

    /// How many bytes of a range a read of at most `max` bytes can return.
    pub(crate) fn readable_up_to(&self, id: F::Id, (offset, len): Range, max: u32) -> Result<u32> {
        let file_len = self.with_files(|files| files.file_len(id))?;
        let rest = file_len.saturating_sub(offset);
        // Fits, since `max` does.
        Ok(rest.min(len).min(max.into()) as u32)
    }

    /// Copies bytes of a file to memory of the program that exists. Returns their number.
    pub(crate) fn fill(&self, id: F::Id, offset: u64, into: (u32, u32)) -> Result<u32> {
        let rest = self.with_files(|files| {
            let file = files.fs.node(id)?;
            self.program.with_sink(into, |sink| {
                files.fs.read_at(&file, offset, sink)?;
                Ok::<_, ErrorCode>(sink.room())
            })
        })?;
        Ok(into.1 - rest)
    }
}
