//! Writing files. A file of a read-only file system is never open for writing.

use super::allocator::Allocator;
use super::errors::{ErrorCode, Result};
use super::layout::descriptor_flags;
use super::server::{Files, Server};
use crate::fs::{Filesystem, Flush, FsError, MAX_OFFSET, check_len};
use crate::guest::Memory;
use crate::open::OpenFile;
use alloc::vec::Vec;

/// Bytes that are copied out of the program's memory at once.
const PIECE_LEN: u32 = 64 << 10;

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
        let mut done = 0;
        while done < len {
            let piece = (address + done, PIECE_LEN.min(len - done));
            match self.write_piece(file.id, offset + u64::from(done), piece) {
                Ok(0) => break,
                Ok(written) => done += written,
                Err(code) if done == 0 => return Err(code),
                Err(_) => break,
            }
        }
        if let Some(flush) = flush_of(file.flags) {
            self.with_files(|files| files.fs.sync(file.id, flush))?;
        }
        Ok(done.into())
    }

    /// Writes the first bytes of a piece. Returns their number.
    fn write_piece(&self, file: F::Id, offset: u64, (address, len): (u32, u32)) -> Result<u32> {
        check_len(offset + u64::from(len))?;
        let mut bytes = Vec::new();
        let reserved = bytes.try_reserve_exact(len as usize);
        reserved.map_err(|_| FsError::NoMemory)?;
        bytes.resize(len as usize, 0);
        self.program.read(address, &mut bytes)?;
        self.with_files(|files| {
            // Fits, since a piece has 64 KiB at most.
            Ok(files.fs.write_at(file, offset, &bytes)? as u32)
        })
    }

    /// Why a descriptor has no stream for writing. Such streams belong to the host, since
    /// its functions serve all of them.
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
}

/// What each write through a handle with these `descriptor-flags` flushes.
fn flush_of(flags: u16) -> Option<Flush> {
    let has = |flag| u32::from(flags) & flag != 0;
    if has(descriptor_flags::FILE_INTEGRITY_SYNC) {
        return Some(Flush::Everything);
    }
    has(descriptor_flags::DATA_INTEGRITY_SYNC).then_some(Flush::Content)
}
