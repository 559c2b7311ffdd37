//! Reading files and moving in them.

use crate::abi::{Iovec, whence};
use crate::errno::{Errno, Result, from_host};
use crate::{Memory, Payload, Preview1, Vfs};
use wasi_vfs_format::InodeNumber;

/// The largest position: offsets are signed 64-bit numbers.
const MAX_OFFSET: u64 = i64::MAX as u64;

/// An array of buffers in the guest's memory.
#[derive(Clone, Copy)]
pub(crate) struct Iovecs {
    address: u32,
    count: u32,
}

impl<M: Memory, H: Preview1, P: Payload> Vfs<M, H, P> {
    pub(crate) fn fd_read(&mut self, fd: u32, iovecs: u32, iovec_count: u32, read: u32) -> Result {
        if let Some(number) = self.host_number(fd)? {
            return from_host(self.host.fd_read(number, iovecs, iovec_count, read));
        }
        let file = *self.open_file(fd)?;
        let iovecs = Iovecs {
            address: iovecs,
            count: iovec_count,
        };
        self.memory.check(read, 4)?;
        let len = self.read_into(file.inode, file.position, iovecs)?;
        self.open_file(fd)?.position += u64::from(len);
        self.memory.write_u32(read, len)
    }

    pub(crate) fn fd_pread(
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
        let file = *self.open_file(fd)?;
        let iovecs = Iovecs {
            address: iovecs,
            count: iovec_count,
        };
        if offset > MAX_OFFSET {
            return Err(Errno::INVAL);
        }
        self.memory.check(read, 4)?;
        let len = self.read_into(file.inode, offset, iovecs)?;
        self.memory.write_u32(read, len)
    }

    pub(crate) fn fd_seek(&mut self, fd: u32, offset: i64, whence: u32, position: u32) -> Result {
        if let Some(number) = self.host_number(fd)? {
            return from_host(self.host.fd_seek(number, offset, whence, position));
        }
        let file = *self.open_file(fd)?;
        let base = match whence {
            whence::SET => 0,
            whence::CUR => file.position,
            whence::END => self.image.file(file.inode)?.len,
            _ => return Err(Errno::INVAL),
        };
        let moved = base.checked_add_signed(offset).ok_or(Errno::INVAL)?;
        if moved > MAX_OFFSET {
            return Err(Errno::INVAL);
        }
        self.memory.write_u64(position, moved)?;
        self.open_file(fd)?.position = moved;
        Ok(())
    }

    pub(crate) fn fd_tell(&mut self, fd: u32, position: u32) -> Result {
        if let Some(number) = self.host_number(fd)? {
            return from_host(self.host.fd_tell(number, position));
        }
        let here = self.open_file(fd)?.position;
        self.memory.write_u64(position, here)
    }

    /// Fills the buffers in turn from `offset` on; gives how many bytes there
    /// were. What was read before an error counts, as in POSIX.
    fn read_into(&mut self, inode: InodeNumber, offset: u64, iovecs: Iovecs) -> Result<u32> {
        let file = self.image.file(inode)?;
        let mut done = 0_u32;
        for position in 0..iovecs.count {
            let read = iovecs.get(&self.memory, position).and_then(|iovec| {
                // A result of 32 bits: stop before it would overflow.
                let wanted = iovec.len.min(u32::MAX - done);
                let at = offset.saturating_add(done.into());
                let place = (iovec.address, wanted);
                let read = self.image.read((inode, &file), at, &mut self.memory, place);
                Ok((read?, wanted))
            });
            match read {
                Ok((len, wanted)) => {
                    done += len;
                    if len < wanted {
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
    /// The buffer at `position`, whose range exists.
    fn get(&self, memory: &impl Memory, position: u32) -> Result<Iovec> {
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
