//! Calls that would change something. The image cannot be changed; what
//! remains is to say so in the way that POSIX systems do, with the errors of
//! the path first.

use crate::abi::fstflags;
use crate::descriptor::Descriptor;
use crate::errno::{Errno, Result, from_host};
use crate::resolve::follows;
use crate::vfs::Base;
use crate::{Memory, Payload, Preview1, Vfs};

impl<M: Memory, H: Preview1, P: Payload> Vfs<M, H, P> {
    /// A file of the image is never open for writing.
    pub(crate) fn fd_write(
        &mut self,
        fd: u32,
        iovecs: u32,
        iovec_count: u32,
        written: u32,
    ) -> Result {
        match self.host_number(fd)? {
            Some(number) => from_host(self.host.fd_write(number, iovecs, iovec_count, written)),
            None => Err(Errno::BADF),
        }
    }

    /// A file of the image is never open for writing.
    pub(crate) fn fd_pwrite(
        &mut self,
        fd: u32,
        iovecs: u32,
        iovec_count: u32,
        offset: u64,
        written: u32,
    ) -> Result {
        match self.host_number(fd)? {
            Some(number) => {
                let host = &mut self.host;
                from_host(host.fd_pwrite(number, iovecs, iovec_count, offset, written))
            }
            None => Err(Errno::BADF),
        }
    }

    /// `NOTSUP` as of file systems that cannot reserve space: what a program
    /// writes instead is refused when it writes.
    pub(crate) fn fd_allocate(&mut self, fd: u32, offset: u64, len: u64) -> Result {
        match self.descriptor(fd)? {
            Descriptor::Host(number) => from_host(self.host.fd_allocate(number, offset, len)),
            Descriptor::Directory(_) => Err(Errno::BADF),
            Descriptor::File(_) => Err(Errno::NOTSUP),
        }
    }

    pub(crate) fn fd_filestat_set_size(&mut self, fd: u32, size: u64) -> Result {
        match self.descriptor(fd)? {
            Descriptor::Host(number) => from_host(self.host.fd_filestat_set_size(number, size)),
            Descriptor::Directory(_) => Err(Errno::BADF),
            Descriptor::File(_) => Err(Errno::ROFS),
        }
    }

    pub(crate) fn fd_filestat_set_times(
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
        validate_time_flags(flags)?;
        descriptor.and(Err(Errno::ROFS))
    }

    #[allow(clippy::too_many_arguments, reason = "the specification's signature")]
    pub(crate) fn path_filestat_set_times(
        &mut self,
        fd: u32,
        flags: u32,
        path: u32,
        path_len: u32,
        accessed: u64,
        modified: u64,
        time_flags: u32,
    ) -> Result {
        let base = self.base(fd);
        if let Ok(Base::Host(number)) = base {
            return from_host(self.host.path_filestat_set_times(
                number, flags, path, path_len, accessed, modified, time_flags,
            ));
        }
        validate_time_flags(time_flags)?;
        self.refuse_change(base?, (path, path_len), follows(flags)?)
    }

    pub(crate) fn path_create_directory(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        match self.base(fd)? {
            Base::Host(number) => {
                from_host(self.host.path_create_directory(number, path, path_len))
            }
            Base::Image(_) => self.refuse_creation(fd, (path, path_len)),
        }
    }

    pub(crate) fn path_symlink(
        &mut self,
        target: u32,
        target_len: u32,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result {
        match self.base(fd)? {
            Base::Host(number) => from_host(
                self.host
                    .path_symlink(target, target_len, number, path, path_len),
            ),
            Base::Image(_) => {
                self.memory.check(target, target_len.into())?;
                self.refuse_creation(fd, (path, path_len))
            }
        }
    }

    pub(crate) fn path_remove_directory(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        match self.base(fd)? {
            Base::Host(number) => {
                from_host(self.host.path_remove_directory(number, path, path_len))
            }
            base => self.refuse_change(base, (path, path_len), false),
        }
    }

    pub(crate) fn path_unlink_file(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        match self.base(fd)? {
            Base::Host(number) => from_host(self.host.path_unlink_file(number, path, path_len)),
            base => self.refuse_change(base, (path, path_len), false),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the specification's signature")]
    pub(crate) fn path_link(
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
            (Base::Image(directory), Base::Image(_)) => {
                let follow = follows(old_flags)?;
                self.read_path((new_path, new_path_len))?;
                let old = self.resolve(&directory, (old_path, old_path_len), follow)?;
                old.existing()?;
                self.refuse_creation(new_fd, (new_path, new_path_len))
            }
            _ => self.refuse_crossing(old_fd, new_fd),
        }
    }

    pub(crate) fn path_rename(
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
            (Base::Image(old), Base::Image(new)) => {
                self.read_path((new_path, new_path_len))?;
                self.resolve(&old, (old_path, old_path_len), false)?
                    .existing()?;
                self.resolve(&new, (new_path, new_path_len), false)?;
                Err(Errno::ROFS)
            }
            _ => self.refuse_crossing(old_fd, new_fd),
        }
    }

    /// Between host and image. Whether a number that is not in the table is open, only a
    /// call of the host would tell.
    fn refuse_crossing(&self, old_fd: u32, new_fd: u32) -> Result {
        self.table.get(old_fd)?;
        self.table.get(new_fd)?;
        Err(Errno::XDEV)
    }

    /// `EXIST` before `ROFS`: a program that makes what is already there (as
    /// `mkdir -p` does) takes that for success.
    fn refuse_creation(&mut self, fd: u32, path: (u32, u32)) -> Result {
        match self.base(fd)? {
            Base::Image(directory) => match self.resolve(&directory, path, false)?.inode {
                Some(_) => Err(Errno::EXIST),
                None => Err(Errno::ROFS),
            },
            Base::Host(_) => Err(Errno::XDEV),
        }
    }

    /// What is not there cannot be changed, whatever it would be changed to.
    fn refuse_change(&mut self, base: Base, path: (u32, u32), follow: bool) -> Result {
        match base {
            Base::Image(directory) => {
                self.resolve(&directory, path, follow)?.existing()?;
                Err(Errno::ROFS)
            }
            Base::Host(_) => Err(Errno::XDEV),
        }
    }
}

/// A time is set to a value, or to now, or not at all.
fn validate_time_flags(flags: u32) -> Result {
    const ACCESSED: u32 = fstflags::ATIM | fstflags::ATIM_NOW;
    const MODIFIED: u32 = fstflags::MTIM | fstflags::MTIM_NOW;
    let is_double = flags & ACCESSED == ACCESSED || flags & MODIFIED == MODIFIED;
    if is_double || flags & !fstflags::ALL != 0 {
        return Err(Errno::INVAL);
    }
    Ok(())
}
