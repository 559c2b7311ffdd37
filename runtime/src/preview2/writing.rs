//! Writing files. A file of a read-only file system is never open for writing.

use super::calls::Host;
use super::errors::{ErrorCode, Result};
use super::server::Server;
use crate::fs::{Filesystem, FsError};
use crate::guest::Memory;
use crate::open::{MAX_OFFSET, check_len};
use alloc::vec::Vec;

/// Bytes that are copied out of the program's memory at once.
const PIECE_LEN: u32 = 64 << 10;

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    /// Writes bytes of the program's memory. Bytes before an error count, as in POSIX.
    pub(super) fn write(
        &self,
        descriptor: u32,
        (address, len): (u32, u32),
        offset: u64,
    ) -> Result<u64> {
        let file = self.with_files(|files| {
            let file = files.handles.file(descriptor)?;
            files.fs.check_writable(file.id)?;
            Ok::<_, ErrorCode>(file)
        })?;
        if !file.is_writable() {
            return Err(ErrorCode::BAD_DESCRIPTOR);
        }
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

    /// Output streams belong to the host, since its functions serve all of them.
    pub(super) fn output_stream(&self, descriptor: u32) -> Result<u32> {
        self.with_files(|files| {
            let file = files.handles.file(descriptor)?;
            files.fs.check_writable(file.id)?;
            Err(ErrorCode::UNSUPPORTED)
        })
    }
}
