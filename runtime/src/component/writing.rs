//! Writing files. A file of a read-only file system is never open for writing.

use super::allocator::Allocator;
use super::errors::{ErrorCode, Result};
use super::handles::Start;
#[cfg(any(test, feature = "writable"))]
use super::handles::{OutputStream, Resource};
use super::layout::descriptor_flags;
use super::server::{Files, Server};
use crate::fs::{Filesystem, Flush, FsError, MAX_OFFSET, check_len};
use crate::guest::Memory;
use crate::open::OpenFile;
use alloc::vec::Vec;

/// Bytes that are copied out of the program's memory at once.
const PIECE_LEN: u32 = 64 << 10;

/// A piece of a write of zeros.
static ZEROS: [u8; 4096] = [0; 4096];

/// How far a write came.
pub(crate) struct Written {
    pub(crate) len: u64,
    /// Why it ended early.
    pub(crate) error: Option<ErrorCode>,
}

/// Where the bytes of a write come from.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "a runtime without a layer has no output streams")]
pub(crate) enum Source<'b> {
    /// An address in the program's memory.
    Program(u32),
    Zeros,
    Bytes(&'b [u8]),
}

impl<M: Memory, H: Allocator, F: Filesystem> Server<M, H, F> {
    /// Writes bytes of the program's memory. Bytes before an error count, as in POSIX.
    pub(crate) fn write(
        &self,
        descriptor: u32,
        (address, len): (u32, u32),
        offset: u64,
    ) -> Result<u64> {
        let file = self.with_files(|files| files.file_to_write(descriptor))?;
        if offset > MAX_OFFSET || !self.program.has(address, len) {
            return Err(ErrorCode::INVALID);
        }
        let source = (Source::Program(address), len.into());
        let written = self.write_all(file.id, &mut Start::At(offset), source);
        match written.error {
            Some(code) if written.len == 0 => return Err(code),
            _ => {}
        }
        if let Some(flush) = flush_of(file.flags) {
            self.with_files(|files| files.fs.sync(file.id, flush))?;
        }
        Ok(written.len)
    }

    /// Writes all bytes of a source, or those before an error. Moves `start` behind them.
    pub(crate) fn write_all(
        &self,
        file: F::Id,
        start: &mut Start,
        (source, len): (Source<'_>, u64),
    ) -> Written {
        let mut written = Written {
            len: 0,
            error: None,
        };
        while written.len < len {
            // Fits, since a piece has 64 KiB at most.
            let piece_len = (len - written.len).min(PIECE_LEN.into()) as usize;
            match self.write_piece(file, start, source, (written.len, piece_len)) {
                Ok(0) => {
                    written.error = Some(ErrorCode::IO);
                    break;
                }
                Ok(piece_len) => written.len += piece_len,
                Err(code) => {
                    written.error = Some(code);
                    break;
                }
            }
        }
        written
    }

    /// Writes the first bytes of a piece. Returns their number.
    fn write_piece(
        &self,
        file: F::Id,
        start: &mut Start,
        source: Source<'_>,
        (done, len): (u64, usize),
    ) -> Result<u64> {
        let copied;
        let bytes = match source {
            Source::Bytes(bytes) => bytes.get(done as usize..).unwrap_or_default(),
            Source::Zeros => &ZEROS[..len.min(ZEROS.len())],
            Source::Program(address) => {
                // The whole range was checked.
                copied = self.copy_piece((address.wrapping_add(done as u32), len))?;
                &copied
            }
        };
        self.with_files(|files| files.write_bytes(file, start, bytes))
    }

    /// Copies bytes out of the program's memory.
    fn copy_piece(&self, (address, len): (u32, usize)) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let reserved = bytes.try_reserve_exact(len);
        reserved.map_err(|_| FsError::NoMemory)?;
        bytes.resize(len, 0);
        self.program.read(address, &mut bytes)?;
        Ok(bytes)
    }

    /// Opens a stream that writes to a file.
    #[cfg(any(test, feature = "writable"))]
    pub(crate) fn open_output(&self, descriptor: u32, start: Start) -> Result<u32> {
        self.with_files(|files| {
            let file = files.file_to_write(descriptor)?;
            files.insert(Resource::Output(OutputStream {
                id: file.id,
                start,
                flush: flush_of(file.flags),
                is_closed: false,
            }))
        })
    }

    /// No file can be written.
    #[cfg(not(any(test, feature = "writable")))]
    pub(crate) fn open_output(&self, descriptor: u32, _: Start) -> Result<u32> {
        Err(self.output_stream_error(descriptor))
    }

    /// Why a descriptor has no stream for writing.
    pub(crate) fn output_stream_error(&self, descriptor: u32) -> ErrorCode {
        let file = self.with_files(|files| files.file_to_write(descriptor));
        file.err().unwrap_or(ErrorCode::UNSUPPORTED)
    }
}

impl<F: Filesystem> Files<F> {
    /// The file of a descriptor, if it may be written. As in wasmtime, the permission of
    /// the file counts before the mode of the descriptor.
    fn file_to_write(&self, descriptor: u32) -> Result<OpenFile<F::Id>> {
        let file = self.handles.file(descriptor)?;
        self.fs.check_writable(file.id)?;
        match file.is_writable() {
            true => Ok(file),
            false => Err(ErrorCode::BAD_DESCRIPTOR),
        }
    }

    /// Writes the first of these bytes, and moves `start` behind them. Returns their number.
    fn write_bytes(&mut self, file: F::Id, start: &mut Start, bytes: &[u8]) -> Result<u64> {
        let len = match start {
            Start::End => self.fs.append(file, bytes)?.len,
            Start::At(offset) => {
                check_len(offset.saturating_add(bytes.len() as u64))?;
                let len = self.fs.write_at(file, *offset, bytes)?;
                *offset = offset.saturating_add(len as u64);
                len
            }
        };
        Ok(len as u64)
    }
}

/// What each write through a handle with these `descriptor-flags` flushes.
fn flush_of(flags: u16) -> Option<Flush> {
    let has = |flag| u32::from(flags) & flag != 0;
    if has(descriptor_flags::FILE_INTEGRITY_SYNC) {
        return Some(Flush::Everything);
    }
    has(descriptor_flags::DATA_INTEGRITY_SYNC).then_some(Flush::Content)
}
