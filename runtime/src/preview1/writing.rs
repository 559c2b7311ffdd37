//! Writing files. A file of a read-only file system is never open for writing.

use super::abi::fdflags;
use super::reading::Iovecs;
use super::{Errno, Memory, Preview1, Result, Server, from_host};
use crate::fs::{Filesystem, Flush, MAX_OFFSET};
use crate::guest::GuestSource;
use crate::open::OpenFile;

/// Where a write begins.
#[derive(Clone, Copy)]
enum Start {
    At(u64),
    /// At the end of the file, wherever it is by then.
    End,
}

/// How far a write came.
struct Written {
    len: u32,
    /// The position behind the last byte.
    end: u64,
}

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
        let start = match u32::from(file.flags) & fdflags::APPEND != 0 {
            true => Start::End,
            false => Start::At(file.position),
        };
        let done = self.write_from(&file, start, iovecs)?;
        self.open_file(fd)?.position = done.end;
        Ok(self.memory.write_u32(written, done.len)?)
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
        let done = self.write_from(&file, Start::At(offset), iovecs)?;
        Ok(self.memory.write_u32(written, done.len)?)
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

    /// Writes the buffers in turn from `start` on. Bytes before an error count, as in
    /// POSIX.
    fn write_from(
        &mut self,
        file: &OpenFile<F::Id>,
        start: Start,
        iovecs: Iovecs,
    ) -> Result<Written> {
        let mut written = Written {
            len: 0,
            end: match start {
                Start::At(offset) => offset,
                Start::End => self.file_len(file.id)?,
            },
        };
        for position in 0..iovecs.count {
            let buffer = iovecs.get(&self.memory, position);
            let all = buffer.and_then(|buffer| {
                // The result has 32 bits.
                let len = buffer.len.min(u32::MAX - written.len);
                self.write_buffer(file.id, start, (buffer.address, len), &mut written)
            });
            match all {
                Ok(()) => {}
                Err(errno) if written.len == 0 => return Err(errno),
                Err(_) => break,
            }
        }
        if u32::from(file.flags) & (fdflags::DSYNC | fdflags::SYNC) != 0 {
            self.fs.sync(file.id, Flush::Everything)?;
        }
        Ok(written)
    }

    /// Writes one buffer, in as many pieces as the file system wants.
    fn write_buffer(
        &mut self,
        file: F::Id,
        start: Start,
        (address, len): (u32, u32),
        written: &mut Written,
    ) -> Result {
        let mut done = 0;
        while done < len {
            let start = match start {
                Start::At(_) => Some(written.end),
                Start::End => None,
            };
            // The last address may be the end of the address space.
            let address = address.wrapping_add(done);
            let mut source = GuestSource::checked(&self.memory, address, len - done);
            let appended = self.fs.write_from(file, start, &mut source)?;
            if appended.len == 0 {
                return Err(Errno::IO);
            }
            // At most the length of the buffer.
            let written_len = appended.len as u32;
            written.len += written_len;
            written.end = appended.end;
            done += written_len;
        }
        Ok(())
    }
}
