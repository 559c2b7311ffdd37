//! Writing files. A file of a read-only file system is never open for writing.

use super::abi::fdflags;
use super::reading::Iovecs;
use super::{Errno, Memory, Preview1, Result, Server, from_host};
use crate::fs::{Filesystem, FsError};
use crate::open::{MAX_OFFSET, OpenFile, check_len};
use alloc::vec::Vec;

/// Bytes that are copied out of the program's memory at once.
const PIECE_LEN: u32 = 64 << 10;

impl<M: Memory, H: Preview1, F: Filesystem> Server<M, H, F> {
    pub(super) fn fd_write(
        &mut self,
        fd: u32,
        iovecs: u32,
        iovec_count: u32,
        written: u32,
    ) -> Result {
        if let Some(number) = self.host_number(fd)? {
            return from_host(self.host.fd_write(number, iovecs, iovec_count, written));
        }
        let file = self.file_to_write(fd)?;
        let iovecs = Iovecs {
            address: iovecs,
            count: iovec_count,
        };
        self.memory.check(written, 4)?;
        let offset = match u32::from(file.flags) & fdflags::APPEND != 0 {
            true => self.file_len(file.id)?,
            false => file.position,
        };
        let len = self.write_from(file.id, offset, iovecs)?;
        self.open_file(fd)?.position = offset.saturating_add(len.into());
        Ok(self.memory.write_u32(written, len)?)
    }

    pub(super) fn fd_pwrite(
        &mut self,
        fd: u32,
        iovecs: u32,
        iovec_count: u32,
        offset: u64,
        written: u32,
    ) -> Result {
        if let Some(number) = self.host_number(fd)? {
            let host = &mut self.host;
            return from_host(host.fd_pwrite(number, iovecs, iovec_count, offset, written));
        }
        let file = self.file_to_write(fd)?;
        let iovecs = Iovecs {
            address: iovecs,
            count: iovec_count,
        };
        if offset > MAX_OFFSET {
            return Err(Errno::INVAL);
        }
        self.memory.check(written, 4)?;
        let len = self.write_from(file.id, offset, iovecs)?;
        Ok(self.memory.write_u32(written, len)?)
    }

    /// Our file under a number, if the handle may write.
    fn file_to_write(&mut self, fd: u32) -> Result<OpenFile<F::Id>> {
        let file = *self.open_file(fd)?;
        if !file.is_writable() {
            return Err(Errno::BADF);
        }
        self.fs.check_writable(file.id)?;
        Ok(file)
    }

    /// Writes the buffers in turn from `offset` on. Returns the number of bytes. Bytes
    /// before an error count, as in POSIX.
    fn write_from(&mut self, file: F::Id, offset: u64, iovecs: Iovecs) -> Result<u32> {
        let mut done = 0_u32;
        for position in 0..iovecs.count {
            let iovec = match iovecs.get(&self.memory, position) {
                Ok(iovec) => iovec,
                Err(errno) if done == 0 => return Err(errno),
                Err(_) => break,
            };
            // The result has 32 bits.
            let mut rest = (iovec.address, iovec.len.min(u32::MAX - done));
            while rest.1 > 0 {
                let piece = (rest.0, rest.1.min(PIECE_LEN));
                let at = offset.saturating_add(done.into());
                match self.write_piece(file, at, piece) {
                    Ok(()) => done += piece.1,
                    Err(errno) if done == 0 => return Err(errno),
                    Err(_) => return Ok(done),
                }
                rest = (rest.0.wrapping_add(piece.1), rest.1 - piece.1);
            }
        }
        Ok(done)
    }

    fn write_piece(&mut self, file: F::Id, offset: u64, (address, len): (u32, u32)) -> Result {
        check_len(offset.saturating_add(len.into()))?;
        let mut bytes = Vec::new();
        let reserved = bytes.try_reserve_exact(len as usize);
        reserved.map_err(|_| FsError::NoMemory)?;
        bytes.resize(len as usize, 0);
        self.memory.copy_out(address, &mut bytes);
        Ok(self.fs.write_at(file, offset, &bytes)?)
    }
}
