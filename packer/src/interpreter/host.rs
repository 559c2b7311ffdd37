//! The host behind the runtimes: the calls on standard streams.
//!
//! A stream has a number and no position. So calls on positions and paths fail, and
//! reading and writing reach the [machine](Machine). For example, `fd_write` on 1
//! copies the program's buffers and writes them to standard output.

use super::machine::Machine;
use super::memory::GuestMemory;
use super::polling;
use super::result::{Result, code};
use super::streams::{Stream, Streams, filestat};
use wasi_vfs_runtime::{Errno, Memory, Preview1};

/// A stream has no position.
const SPIPE: Errno = Errno(70);

/// Bytes that are copied at once.
const PIECE_LEN: u32 = 64 << 10;

/// The host, for the time of one call.
pub struct Host<'c, 'm, M> {
    pub(super) streams: &'c mut Streams,
    pub(super) machine: &'c mut M,
    pub(super) memory: GuestMemory<'c, 'm>,
}

impl<M: Machine> Host<'_, '_, M> {
    /// The error for a number that may be a stream, which does not have the call.
    fn refuse(&self, fd: u32, errno: Errno) -> i32 {
        code(self.streams.get(fd).and(Err(errno)))
    }

    fn accept(&self, fd: u32) -> i32 {
        code(self.streams.get(fd).map(|_| ()))
    }

    /// The program's buffer at a position of an array.
    fn buffer(&self, iovecs: u32, position: u32) -> Result<(u32, u32)> {
        let address = u64::from(iovecs) + 8 * u64::from(position);
        let address = u32::try_from(address).map_err(|_| Errno::FAULT)?;
        let start = self.memory.read_u32(address)?;
        // The last address of a memory ends before 2^32, and a record lies within.
        let len = self
            .memory
            .read_u32(address.checked_add(4).ok_or(Errno::FAULT)?)?;
        self.memory.check(start, len.into())?;
        Ok((start, len))
    }

    /// Fills the first buffer that is not empty, as far as there are bytes.
    fn read(&mut self, fd: u32, iovecs: u32, count: u32, read_len: u32) -> Result {
        if self.streams.get(fd)? != Stream::In {
            return Err(Errno::BADF);
        }
        self.memory.check(read_len, 4)?;
        for position in 0..count {
            let (address, len) = self.buffer(iovecs, position)?;
            if len > 0 {
                let mut bytes = vec![0; len.min(PIECE_LEN) as usize];
                let read = self.machine.read(&mut bytes)?;
                self.memory.write(address, &bytes[..read])?;
                return Ok(self.memory.write_u32(read_len, read as u32)?);
            }
        }
        Ok(self.memory.write_u32(read_len, 0)?)
    }

    /// Writes all buffers. Bytes before an error count, as in POSIX.
    fn write(&mut self, fd: u32, iovecs: u32, count: u32, written: u32) -> Result {
        let stream = self.streams.get(fd)?;
        if stream == Stream::In {
            return Err(Errno::BADF);
        }
        self.memory.check(written, 4)?;
        let mut done = 0_u32;
        for position in 0..count {
            let all = self
                .buffer(iovecs, position)
                .and_then(|buffer| self.write_buffer(stream, buffer, &mut done));
            match all {
                Ok(true) => {}
                Err(errno) if done == 0 => return Err(errno),
                Ok(false) | Err(_) => break,
            }
        }
        Ok(self.memory.write_u32(written, done)?)
    }

    /// Writes a buffer and adds the written bytes to `done`. Returns false if the system
    /// took only a part.
    fn write_buffer(
        &mut self,
        stream: Stream,
        (address, len): (u32, u32),
        done: &mut u32,
    ) -> Result<bool> {
        // The result has 32 bits.
        let len = len.min(u32::MAX - *done);
        for start in (0..len).step_by(PIECE_LEN as usize) {
            let mut bytes = vec![0; (len - start).min(PIECE_LEN) as usize];
            self.memory.read(address + start, &mut bytes)?;
            let written = self.machine.write(stream, &bytes)?;
            *done += written as u32;
            if written < bytes.len() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn renumber(&mut self, from: u32, to: u32) -> Result {
        let stream = *self.streams.slot(from)?;
        self.streams.slot(to)?;
        *self.streams.slot(from)? = None;
        self.streams.set(to, stream);
        Ok(())
    }
}

/// Calls that a stream does not have, each with its error.
macro_rules! refused_calls {
    ($($call:ident($($parameter:ident: $type:ty),*) $errno:expr;)*) => {
        $(fn $call(&mut self, fd: u32, $($parameter: $type),*) -> i32 {
            let _ = ($($parameter,)*);
            self.refuse(fd, $errno)
        })*
    };
}

impl<M: Machine> Preview1 for Host<'_, '_, M> {
    fn fd_close(&mut self, fd: u32) -> i32 {
        code(self.streams.slot(fd).map(|slot| *slot = None))
    }

    fn fd_datasync(&mut self, fd: u32) -> i32 {
        self.accept(fd)
    }

    fn fd_sync(&mut self, fd: u32) -> i32 {
        self.accept(fd)
    }

    fn fd_fdstat_get(&mut self, fd: u32, stat: u32) -> i32 {
        code(self.streams.get(fd).and_then(|stream| {
            let fdstat = stream.fdstat(self.machine.filetype(stream));
            Ok(self.memory.write(stat, &fdstat)?)
        }))
    }

    fn fd_fdstat_set_rights(&mut self, fd: u32, _: u64, _: u64) -> i32 {
        self.accept(fd)
    }

    fn fd_filestat_get(&mut self, fd: u32, stat: u32) -> i32 {
        code(self.streams.get(fd).and_then(|stream| {
            let filestat = filestat(self.machine.filetype(stream));
            Ok(self.memory.write(stat, &filestat)?)
        }))
    }

    fn fd_read(&mut self, fd: u32, iovecs: u32, iovec_count: u32, read: u32) -> i32 {
        code(self.read(fd, iovecs, iovec_count, read))
    }

    fn fd_renumber(&mut self, from: u32, to: u32) -> i32 {
        code(self.renumber(from, to))
    }

    fn fd_write(&mut self, fd: u32, iovecs: u32, iovec_count: u32, written: u32) -> i32 {
        code(self.write(fd, iovecs, iovec_count, written))
    }

    fn path_link(&mut self, fd: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32) -> i32 {
        self.refuse(fd, Errno::NOTDIR)
    }

    fn path_symlink(&mut self, _: u32, _: u32, fd: u32, _: u32, _: u32) -> i32 {
        self.refuse(fd, Errno::NOTDIR)
    }

    fn poll_oneoff(&mut self, subscriptions: u32, events: u32, count: u32, found: u32) -> i32 {
        let memory = &mut self.memory;
        code(polling::poll(
            (self.streams, self.machine),
            memory,
            (subscriptions, count),
            (events, found),
        ))
    }

    refused_calls! {
        fd_advise(offset: u64, len: u64, advice: u32) Errno::BADF;
        fd_allocate(offset: u64, len: u64) Errno::NOTSUP;
        fd_fdstat_set_flags(flags: u32) Errno::BADF;
        fd_filestat_set_size(size: u64) Errno::BADF;
        fd_filestat_set_times(accessed: u64, modified: u64, flags: u32) Errno::NOTSUP;
        fd_pread(iovecs: u32, count: u32, offset: u64, read: u32) SPIPE;
        fd_prestat_dir_name(path: u32, path_len: u32) Errno::NOTDIR;
        fd_prestat_get(prestat: u32) Errno::BADF;
        fd_pwrite(iovecs: u32, count: u32, offset: u64, written: u32) SPIPE;
        fd_readdir(buffer: u32, buffer_len: u32, cookie: u64, used: u32) Errno::NOTDIR;
        fd_seek(offset: i64, whence: u32, position: u32) SPIPE;
        fd_tell(position: u32) SPIPE;
        path_create_directory(path: u32, path_len: u32) Errno::NOTDIR;
        path_filestat_get(flags: u32, path: u32, path_len: u32, stat: u32) Errno::NOTDIR;
        path_filestat_set_times(
            flags: u32, path: u32, path_len: u32, accessed: u64, modified: u64, time_flags: u32
        ) Errno::NOTDIR;
        path_open(
            dirflags: u32, path: u32, path_len: u32, oflags: u32,
            base: u64, inheriting: u64, fdflags: u32, opened: u32
        ) Errno::NOTDIR;
        path_readlink(path: u32, path_len: u32, buffer: u32, len: u32, used: u32) Errno::NOTDIR;
        path_remove_directory(path: u32, path_len: u32) Errno::NOTDIR;
        path_rename(path: u32, path_len: u32, new_fd: u32, new: u32, new_len: u32) Errno::NOTDIR;
        path_unlink_file(path: u32, path_len: u32) Errno::NOTDIR;
        sock_accept(flags: u32, accepted: u32) Errno::NOTSOCK;
        sock_recv(
            iovecs: u32, count: u32, flags: u32, received: u32, received_flags: u32
        ) Errno::NOTSOCK;
        sock_send(iovecs: u32, count: u32, flags: u32, sent: u32) Errno::NOTSOCK;
        sock_shutdown(how: u32) Errno::NOTSOCK;
    }
}
