//! Opening paths and reading links.

use super::abi::{fdflags, lookupflags, oflags, rights};
use super::numbers::Descriptor;
use super::server::Base;
use super::{Errno, Memory, Preview1, Result, Server, from_host};
use crate::fs::Filesystem;
use crate::open::{OpenOptions, open};

impl<M: Memory, H: Preview1, F: Filesystem> Server<M, H, F> {
    #[allow(clippy::too_many_arguments, reason = "the specification's signature")]
    pub(super) fn path_open(
        &mut self,
        fd: u32,
        dirflags: u32,
        path: u32,
        path_len: u32,
        oflags: u32,
        base: u64,
        inheriting: u64,
        fdflags: u32,
        opened: u32,
    ) -> Result {
        let start = match self.base(fd) {
            Ok(Base::Host(number)) => {
                let before = self.expect_number(opened, (path, path_len))?;
                let code = self.host.path_open(
                    number, dirflags, path, path_len, oflags, base, inheriting, fdflags, opened,
                );
                return self.adopt(code, opened, before);
            }
            Ok(Base::Ours(directory)) => Ok(directory),
            Err(errno) => Err(errno),
        };
        self.read_path((path, path_len))?;
        let start = start?;
        if oflags & !oflags::ALL != 0 || fdflags & !fdflags::ALL != 0 {
            return Err(Errno::INVAL);
        }
        let mut options = OpenOptions {
            follow: false,
            read: base & rights::FD_READ != 0,
            write: base & rights::FD_WRITE != 0,
            create: oflags & oflags::CREAT != 0,
            exclusive: oflags & oflags::EXCL != 0,
            truncate: oflags & oflags::TRUNC != 0,
            directory: oflags & oflags::DIRECTORY != 0,
            flags: fdflags as u16,
        };
        options.check()?;
        self.memory.check(opened, 4)?;
        options.follow = follows(dirflags)?;
        if options.changes() {
            // Memory must not run out behind the change.
            self.numbers.reserve_one()?;
        }
        let handle = open(&mut self.fs, &start, self.path.bytes(), options)?;
        self.fs.retain(handle.id())?;
        let number = self.insert(Descriptor::Ours(handle));
        let number = number.inspect_err(|_| self.fs.release(handle.id()))?;
        Ok(self.memory.write_u32(opened, number)?)
    }

    pub(super) fn path_readlink(
        &mut self,
        fd: u32,
        path: u32,
        path_len: u32,
        buffer: u32,
        buffer_len: u32,
        used: u32,
    ) -> Result {
        let directory = match self.base(fd)? {
            Base::Host(number) => {
                return from_host(
                    self.host
                        .path_readlink(number, path, path_len, buffer, buffer_len, used),
                );
            }
            Base::Ours(directory) => directory,
        };
        self.read_path((path, path_len))?;
        let found = directory.resolve(&self.fs, self.path.bytes(), false)?;
        let target = self.fs.read_link(found.existing()?)?;
        let len = target.len().min(buffer_len as usize);
        self.memory.check(used, 4)?;
        self.memory.write(buffer, &target[..len])?;
        Ok(self.memory.write_u32(used, len as u32)?)
    }
}

/// Whether these `lookupflags` ask to follow a link at the end.
pub(super) fn follows(flags: u32) -> Result<bool> {
    match flags & !lookupflags::ALL {
        0 => Ok(flags & lookupflags::SYMLINK_FOLLOW != 0),
        _ => Err(Errno::INVAL),
    }
}
