//! Bytes of files, in new memory of the program.
//!
//! A read allocates only as many bytes as the file still has. If damage leaves fewer
//! readable, the shorter list gets memory of its own length: programs free a list by its
//! length. The longer piece is lost, which costs at most [`READ_LEN_MAX`] a damaged read.

use super::answers::FileBytes;
use super::calls::Host;
use super::errors::{ErrorCode, Result};
use super::memory::List;
use super::server::Server;
use crate::blocks::Sink;
use crate::fs::Filesystem;
use crate::guest::Memory;
use crate::open::MAX_OFFSET;

/// The most bytes of one read, as in wasmtime: programs that ask for 2^64-1 bytes must not
/// get all of a large file at once.
pub(super) const READ_LEN_MAX: u32 = 64 << 10;

/// A range of a file: offset and length.
type Range = (u64, u64);

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    pub(super) fn read(&self, descriptor: u32, range: Range, lowering: u32) -> Result<FileBytes> {
        let file = self.with_files(|files| files.handles.file(descriptor))?;
        match range.0 > MAX_OFFSET {
            true => Err(ErrorCode::INVALID),
            false => self.read_file(file.id, range, lowering),
        }
    }

    /// Reads a part of a range. Nothing is read only if nothing is asked for, or at the
    /// end of the file.
    pub(super) fn read_file(&self, id: F::Id, range: Range, lowering: u32) -> Result<FileBytes> {
        let len = self.readable(id, range)?;
        let is_end = range.1 > 0 && len == 0;
        if len == 0 {
            let list = List::empty(1);
            return Ok(FileBytes { list, is_end });
        }
        let address = self.program.allocate(lowering, 1, len)?;
        let count = self.fill(id, range.0, (address, len))?;
        let list = match count == len {
            true => List { address, count },
            false => self.read_again(id, (range.0, count), lowering)?,
        };
        let is_end = list.count == 0;
        Ok(FileBytes { list, is_end })
    }

    /// How many bytes of a range one read can return.
    pub(super) fn readable(&self, id: F::Id, (offset, len): Range) -> Result<u32> {
        let file_len = self.with_files(|files| files.file_len(id))?;
        let rest = file_len.saturating_sub(offset);
        // Fits, since the constant does.
        Ok(rest.min(len).min(READ_LEN_MAX.into()) as u32)
    }

    /// Copies bytes of a file to memory of the program that exists. Returns their number.
    pub(super) fn fill(&self, id: F::Id, offset: u64, into: (u32, u32)) -> Result<u32> {
        let rest = self.with_files(|files| {
            let file = files.fs.node(id)?;
            self.program.with_sink(into, |sink| {
                files.fs.read_at(&file, offset, sink)?;
                Ok::<_, ErrorCode>(sink.room())
            })
        })?;
        Ok(into.1 - rest)
    }

    /// Reads `len` bytes, which could be read before, to memory of that length.
    fn read_again(&self, id: F::Id, (offset, len): (u64, u32), lowering: u32) -> Result<List> {
        if len == 0 {
            return Ok(List::empty(1));
        }
        let address = self.program.allocate(lowering, 1, len)?;
        let count = self.fill(id, offset, (address, len))?;
        Ok(List { address, count })
    }
}
