//! Calls that change names and metadata.
//!
//! `open/place.rs` finds the directory and the name, and the file system makes the change.

use super::abi::fstflags;
use super::numbers::Descriptor;
use super::opening::follows;
use super::server::Base;
use super::{Errno, Memory, Preview1, Result, Server, from_host};
use crate::fs::{Filesystem, Time, Times, check_len};
use crate::open::{Expected, Handle, link, rename};

impl<M: Memory, H: Preview1, F: Filesystem> Server<M, H, F> {
    pub(super) fn fd_allocate(&mut self, fd: u32, offset: u64, len: u64) -> Result {
        match self.descriptor(fd)? {
            Descriptor::Host(number) => from_host(self.host.fd_allocate(number, offset, len)),
            Descriptor::Ours(Handle::Directory(_)) => Err(Errno::BADF),
            Descriptor::Ours(Handle::File(file)) => {
                if self.fs.check_writable(file.id).is_ok() {
                    check_len(offset.saturating_add(len))?;
                    if !file.is_writable() {
                        return Err(Errno::BADF);
                    }
                }
                Ok(self.fs.allocate(file.id, offset, len)?)
            }
        }
    }

    pub(super) fn fd_filestat_set_size(&mut self, fd: u32, size: u64) -> Result {
        match self.descriptor(fd)? {
            Descriptor::Host(number) => from_host(self.host.fd_filestat_set_size(number, size)),
            Descriptor::Ours(Handle::Directory(_)) => Err(Errno::BADF),
            Descriptor::Ours(Handle::File(file)) => {
                self.fs.check_writable(file.id)?;
                check_len(size)?;
                match file.is_writable() {
                    true => Ok(self.fs.set_len(file.id, size)?),
                    false => Err(Errno::INVAL),
                }
            }
        }
    }

    pub(super) fn fd_filestat_set_times(
        &mut self,
        fd: u32,
        accessed: u64,
        modified: u64,
        flags: u32,
    ) -> Result {
        let descriptor = self.descriptor(fd);
        if let Ok(Descriptor::Host(number)) = descriptor {
            let host = &mut self.host;
            return from_host(host.fd_filestat_set_times(number, accessed, modified, flags));
        }
        check_times(flags)?;
        let Descriptor::Ours(handle) = descriptor? else {
            return Err(Errno::BADF);
        };
        self.fs.check_writable(handle.id())?;
        let times = times(accessed, modified, flags)?;
        Ok(self.fs.set_times(handle.id(), times)?)
    }

    #[allow(clippy::too_many_arguments, reason = "the specification's signature")]
    pub(super) fn path_filestat_set_times(
        &mut self,
        fd: u32,
        flags: u32,
        path: u32,
        path_len: u32,
        accessed: u64,
        modified: u64,
        time_flags: u32,
    ) -> Result {
        let directory = match self.base(fd) {
            Ok(Base::Host(number)) => {
                return from_host(self.host.path_filestat_set_times(
                    number, flags, path, path_len, accessed, modified, time_flags,
                ));
            }
            Ok(Base::Ours(directory)) => Ok(directory),
            Err(errno) => Err(errno),
        };
        check_times(time_flags)?;
        let id = self.existing(&directory?, (path, path_len), follows(flags)?)?;
        self.fs.check_writable(id)?;
        let times = times(accessed, modified, time_flags)?;
        Ok(self.fs.set_times(id, times)?)
    }

    pub(super) fn path_create_directory(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        match self.base(fd)? {
            Base::Host(number) => {
                from_host(self.host.path_create_directory(number, path, path_len))
            }
            Base::Ours(directory) => {
                let place = self.place(&directory, (path, path_len), Expected::Free)?;
                Ok(self.fs.create_directory(place.directory, &place.name)?)
            }
        }
    }

    pub(super) fn path_symlink(
        &mut self,
        target: u32,
        target_len: u32,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result {
        let directory = match self.base(fd)? {
            Base::Host(number) => {
                return from_host(
                    self.host
                        .path_symlink(target, target_len, number, path, path_len),
                );
            }
            Base::Ours(directory) => directory,
        };
        self.memory.check(target, target_len.into())?;
        let place = self.place(&directory, (path, path_len), Expected::Free)?;
        place.check_no_directory()?;
        self.second_path.read(&self.memory, (target, target_len))?;
        let target = self.second_path.bytes();
        Ok(self.fs.symlink(target, place.directory, &place.name)?)
    }

    pub(super) fn path_remove_directory(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        match self.base(fd)? {
            Base::Host(number) => {
                from_host(self.host.path_remove_directory(number, path, path_len))
            }
            Base::Ours(directory) => {
                let place = self.place(&directory, (path, path_len), Expected::Taken)?;
                Ok(self.fs.remove_directory(place.directory, &place.name)?)
            }
        }
    }

    pub(super) fn path_unlink_file(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        match self.base(fd)? {
            Base::Host(number) => from_host(self.host.path_unlink_file(number, path, path_len)),
            Base::Ours(directory) => {
                let place = self.place(&directory, (path, path_len), Expected::Taken)?;
                Ok(self.fs.unlink(place.directory, &place.name)?)
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the specification's signature")]
    pub(super) fn path_link(
        &mut self,
        old_fd: u32,
        old_flags: u32,
        old_path: u32,
        old_path_len: u32,
        new_fd: u32,
        new_path: u32,
        new_path_len: u32,
    ) -> Result {
        match (self.base(old_fd)?, self.base(new_fd)?) {
            (Base::Host(old), Base::Host(new)) => from_host(self.host.path_link(
                old,
                old_flags,
                old_path,
                old_path_len,
                new,
                new_path,
                new_path_len,
            )),
            (Base::Ours(old), Base::Ours(new)) => {
                let follow = follows(old_flags)?;
                self.read_paths((old_path, old_path_len), (new_path, new_path_len))?;
                let old = (&old, self.path.bytes());
                let new = (&new, self.second_path.bytes());
                Ok(link(&mut self.fs, old, follow, new)?)
            }
            _ => self.refuse_crossing(old_fd, new_fd),
        }
    }

    pub(super) fn path_rename(
        &mut self,
        old_fd: u32,
        old_path: u32,
        old_path_len: u32,
        new_fd: u32,
        new_path: u32,
        new_path_len: u32,
    ) -> Result {
        match (self.base(old_fd)?, self.base(new_fd)?) {
            (Base::Host(old), Base::Host(new)) => from_host(self.host.path_rename(
                old,
                old_path,
                old_path_len,
                new,
                new_path,
                new_path_len,
            )),
            (Base::Ours(old), Base::Ours(new)) => {
                self.read_paths((old_path, old_path_len), (new_path, new_path_len))?;
                let old = (&old, self.path.bytes());
                let new = (&new, self.second_path.bytes());
                Ok(rename(&mut self.fs, old, new)?)
            }
            _ => self.refuse_crossing(old_fd, new_fd),
        }
    }

    /// Host and image are different devices. Only a call of the host would tell whether
    /// a number that is not in the table is open.
    fn refuse_crossing(&self, old_fd: u32, new_fd: u32) -> Result {
        self.numbers.get(old_fd)?;
        self.numbers.get(new_fd)?;
        Err(Errno::XDEV)
    }
}

/// Checks that each time is set to a value, to the current time, or not at all.
fn check_times(flags: u32) -> Result {
    const ACCESSED: u32 = fstflags::ATIM | fstflags::ATIM_NOW;
    const MODIFIED: u32 = fstflags::MTIM | fstflags::MTIM_NOW;
    let is_double = flags & ACCESSED == ACCESSED || flags & MODIFIED == MODIFIED;
    if is_double || flags & !fstflags::ALL != 0 {
        return Err(Errno::INVAL);
    }
    Ok(())
}

/// The times to set, by flags that were checked.
fn times(accessed: u64, modified: u64, flags: u32) -> Result<Times> {
    let time = |value: u64, at, now| match (flags & at != 0, flags & now != 0) {
        (true, _) => match i64::try_from(value) {
            Ok(time_ns) => Ok(Some(Time::At(time_ns))),
            Err(_) => Err(Errno::INVAL),
        },
        (false, true) => Ok(Some(Time::Now)),
        (false, false) => Ok(None),
    };
    Ok(Times {
        accessed: time(accessed, fstflags::ATIM, fstflags::ATIM_NOW)?,
        modified: time(modified, fstflags::MTIM, fstflags::MTIM_NOW)?,
    })
}
