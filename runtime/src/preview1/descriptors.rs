//! Calls about descriptors themselves: closing, renumbering, flags, preopens.

use super::abi::{ADVICE_MAX, Fdstat, Prestat, fdflags, filetype, rights};
use super::numbers::Descriptor;
use super::{Errno, Memory, Preview1, Result, Server, from_host};
use crate::fs::{Filesystem, Flush};
use crate::open::{Handle, OpenFile};

impl<M: Memory, H: Preview1, F: Filesystem> Server<M, H, F> {
    pub(super) fn fd_close(&mut self, fd: u32) -> Result {
        if let Some(number) = self.host_number(fd)? {
            self.close_host(number)?;
        }
        self.remove(fd);
        Ok(())
    }

    /// If the host fails to close a descriptor, it may be open, so its number stays.
    fn close_host(&mut self, number: u32) -> Result {
        from_host(self.host.fd_close(number)).inspect_err(|_| self.numbers.doubt())
    }

    pub(super) fn fd_renumber(&mut self, from: u32, to: u32) -> Result {
        let is_foreign = self.numbers.get(from).is_err();
        let source = self.descriptor(from)?;
        let target = self.descriptor(to)?;
        if from == to && !is_foreign {
            return Ok(());
        }
        match (source, target) {
            (Descriptor::Host(source), Descriptor::Host(target)) => {
                // The host closes `source`; its number lives on in `target`.
                from_host(self.host.fd_renumber(source, target))?;
            }
            (_, Descriptor::Host(target)) => {
                self.numbers.reserve(to)?;
                self.close_host(target)?;
                self.numbers.put(to, source)?;
            }
            _ if is_foreign && !self.host_may_have(from) => return Err(Errno::BADF),
            (_, target) => {
                self.numbers.put(to, source)?;
                self.release(&target);
            }
        }
        // The handle lives on under `to`, so it is not released. A foreign number is not in
        // the table.
        let _ = self.numbers.remove(from);
        Ok(())
    }

    pub(super) fn fd_advise(&mut self, fd: u32, offset: u64, len: u64, advice: u32) -> Result {
        match self.descriptor(fd)? {
            Descriptor::Host(number) => from_host(self.host.fd_advise(number, offset, len, advice)),
            Descriptor::Ours(Handle::Directory(_)) => Err(Errno::BADF),
            Descriptor::Ours(_) if advice > ADVICE_MAX => Err(Errno::INVAL),
            Descriptor::Ours(_) => Ok(()),
        }
    }

    pub(super) fn fd_datasync(&mut self, fd: u32) -> Result {
        match self.descriptor(fd)? {
            Descriptor::Host(number) => from_host(self.host.fd_datasync(number)),
            Descriptor::Ours(handle) => Ok(self.fs.sync(handle.id(), Flush::Content)?),
        }
    }

    pub(super) fn fd_sync(&mut self, fd: u32) -> Result {
        match self.descriptor(fd)? {
            Descriptor::Host(number) => from_host(self.host.fd_sync(number)),
            Descriptor::Ours(handle) => Ok(self.fs.sync(handle.id(), Flush::Everything)?),
        }
    }

    pub(super) fn fd_fdstat_get(&mut self, fd: u32, stat: u32) -> Result {
        let fdstat = match self.descriptor(fd)? {
            Descriptor::Host(number) => {
                return from_host(self.host.fd_fdstat_get(number, stat));
            }
            Descriptor::Ours(Handle::Directory(_)) => Fdstat {
                filetype: filetype::DIRECTORY,
                flags: 0,
                rights_base: rights::DIRECTORY,
                rights_inheriting: rights::ALL,
            },
            Descriptor::Ours(Handle::File(file)) => Fdstat {
                filetype: filetype::REGULAR_FILE,
                flags: file.flags,
                rights_base: file_rights(&file),
                rights_inheriting: 0,
            },
        };
        Ok(self.memory.write(stat, &fdstat.to_bytes())?)
    }

    pub(super) fn fd_fdstat_set_flags(&mut self, fd: u32, flags: u32) -> Result {
        if let Some(number) = self.host_number(fd)? {
            return from_host(self.host.fd_fdstat_set_flags(number, flags));
        }
        let file = self.open_file(fd)?;
        // `fcntl` passes on the fixed flags that it was told, so they are allowed.
        let fixed = u32::from(file.flags) & !fdflags::CHANGEABLE;
        if flags & !(fixed | fdflags::CHANGEABLE) != 0 {
            return Err(Errno::INVAL);
        }
        file.flags = (flags | fixed) as u16;
        Ok(())
    }

    /// Rights are advertised and not enforced: each call checks for itself.
    pub(super) fn fd_fdstat_set_rights(&mut self, fd: u32, base: u64, inheriting: u64) -> Result {
        match self.host_number(fd)? {
            Some(number) => from_host(self.host.fd_fdstat_set_rights(number, base, inheriting)),
            None => Err(Errno::NOTSUP),
        }
    }

    pub(super) fn fd_prestat_get(&mut self, fd: u32, prestat: u32) -> Result {
        let mount = match *self.numbers.get(fd)? {
            Descriptor::Host(number) => {
                return from_host(self.host.fd_prestat_get(number, prestat));
            }
            descriptor => mount_of(descriptor).ok_or(Errno::BADF)?,
        };
        let name_len = self.fs.mount(mount)?.path.len() as u32;
        Ok(self
            .memory
            .write(prestat, &Prestat { name_len }.to_bytes())?)
    }

    pub(super) fn fd_prestat_dir_name(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        let mount = match *self.numbers.get(fd)? {
            Descriptor::Host(number) => {
                return from_host(self.host.fd_prestat_dir_name(number, path, path_len));
            }
            // Not the errno of `fd_prestat_get`, by which wasi-libc knows that there are
            // no more preopens.
            descriptor => mount_of(descriptor).ok_or(Errno::NOTDIR)?,
        };
        let name = self.fs.mount(mount)?.path;
        if name.len() > path_len as usize {
            return Err(Errno::NAMETOOLONG);
        }
        Ok(self.memory.write(path, name)?)
    }
}

/// The rights that an open file advertises.
fn file_rights<I>(file: &OpenFile<I>) -> u64 {
    match (file.is_readable(), file.is_writable()) {
        (_, false) => rights::FILE,
        (true, true) => rights::FILE | rights::WRITE,
        (false, true) => rights::FILE & !rights::FD_READ | rights::WRITE,
    }
}

/// The position of the mount, if this is a preopen of ours.
fn mount_of<I>(descriptor: Descriptor<I>) -> Option<u32> {
    match descriptor {
        Descriptor::Ours(Handle::Directory(directory)) => directory.mount,
        _ => None,
    }
}
