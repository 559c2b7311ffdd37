//! Reading files and moving in them.

use super::abi::{Iovec, whence};
use super::{Errno, Memory, Preview1, Result, Server, from_host};
use crate::blocks::Sink;
use crate::fs::{Filesystem, MAX_OFFSET};
use crate::guest::GuestSink;
use crate::open::{OpenFile, Whence};

/// An array of buffers in the program's memory.
#[derive(Clone, Copy)]
pub(super) struct Iovecs {
    pub(super) address: u32,
    pub(super) count: u32,
}

impl<M: Memory, H: Preview1, F: Filesystem> Server<M, H, F> {
    pub(super) fn fd_read(&mut self, fd: u32, iovecs: u32, iovec_count: u32, read: u32) -> Result {
        if let Some(number) = self.host_number(fd)? {
            return from_host(self.host.fd_read(number, iovecs, iovec_count, read));
        }
        let file = self.file_to_read(fd)?;
        let iovecs = Iovecs {
            address: iovecs,
            count: iovec_count,
        };
        self.memory.check(read, 4)?;
        let len = self.read_into(file.id, file.position, iovecs)?;
        self.open_file(fd)?.position += u64::from(len);
        Ok(self.memory.write_u32(read, len)?)
    }

    pub(super) fn fd_pread(
        &mut self,
        fd: u32,
        iovecs: u32,
        iovec_count: u32,
        offset: u64,
        read: u32,
    ) -> Result {
        if let Some(number) = self.host_number(fd)? {
            return from_host(
                self.host
                    .fd_pread(number, iovecs, iovec_count, offset, read),
            );
        }
        let file = self.file_to_read(fd)?;
        let iovecs = Iovecs {
            address: iovecs,
            count: iovec_count,
        };
        if offset > MAX_OFFSET {
            return Err(Errno::INVAL);
        }
        self.memory.check(read, 4)?;
        let len = self.read_into(file.id, offset, iovecs)?;
        Ok(self.memory.write_u32(read, len)?)
    }

    /// Our file under a number, if the handle may read.
    fn file_to_read(&mut self, fd: u32) -> Result<OpenFile<F::Id>> {
        let file = *self.open_file(fd)?;
        match file.is_readable() {
            true => Ok(file),
            false => Err(Errno::BADF),
        }
    }

    pub(super) fn fd_seek(&mut self, fd: u32, offset: i64, whence: u32, position: u32) -> Result {
        if let Some(number) = self.host_number(fd)? {
            return from_host(self.host.fd_seek(number, offset, whence, position));
        }
        let file = *self.open_file(fd)?;
        let whence = match whence {
            whence::SET => Whence::Start,
            whence::CUR => Whence::Current,
            whence::END => Whence::End(self.file_len(file.id)?),
            _ => return Err(Errno::INVAL),
        };
        let moved = file.seek(whence, offset)?;
        self.memory.write_u64(position, moved)?;
        self.open_file(fd)?.position = moved;
        Ok(())
    }

    pub(super) fn fd_tell(&mut self, fd: u32, position: u32) -> Result {
        if let Some(number) = self.host_number(fd)? {
            return from_host(self.host.fd_tell(number, position));
        }
        let here = self.open_file(fd)?.position;
        Ok(self.memory.write_u64(position, here)?)
    }

    pub(super) fn file_len(&self, file: F::Id) -> Result<u64> {
        let node = self.fs.node(file)?;
        Ok(self.fs.stat(&node)?.len)
    }

    /// Fills the buffers in turn from `offset` on. Returns the number of bytes. Bytes
    /// before an error count, as in POSIX.
    fn read_into(&mut self, file: F::Id, offset: u64, iovecs: Iovecs) -> Result<u32> {
        let file = self.fs.node(file)?;
        let mut done = 0_u32;
        for position in 0..iovecs.count {
            let read = iovecs.get(&self.memory, position).and_then(|iovec| {
                // The result has 32 bits.
                let wanted = iovec.len.min(u32::MAX - done);
                let mut sink = GuestSink::checked(&mut self.memory, iovec.address, wanted);
                let at = offset.saturating_add(done.into());
                self.fs.read_at(&file, at, &mut sink)?;
                Ok((wanted - sink.room(), sink.room()))
            });
            match read {
                Ok((len, rest)) => {
                    done += len;
                    if rest > 0 {
                        break;
                    }
                }
                Err(errno) if done == 0 => return Err(errno),
                Err(_) => break,
            }
        }
        Ok(done)
    }
}

impl Iovecs {
    /// The buffer at `position`, which exists.
    pub(super) fn get(&self, memory: &impl Memory, position: u32) -> Result<Iovec> {
        let offset = u64::from(position) * Iovec::LEN as u64;
        let address = u64::from(self.address) + offset;
        let mut bytes = [0; Iovec::LEN];
        memory.read(
            u32::try_from(address).map_err(|_| Errno::FAULT)?,
            &mut bytes,
        )?;
        let iovec = Iovec::from_bytes(bytes);
        memory.check(iovec.address, iovec.len.into())?;
        Ok(iovec)
    }
}
