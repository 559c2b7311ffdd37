//! Calls about descriptors themselves: closing, renumbering, flags, preopens.

use crate::abi::{ADVICE_MAX, Fdstat, Prestat, fdflags, filetype, rights};
use crate::descriptor::{Descriptor, OpenDirectory};
use crate::errno::{Errno, Result, from_host};
use crate::{Memory, Payload, Preview1, Vfs};

impl<M: Memory, H: Preview1, P: Payload> Vfs<M, H, P> {
    pub(crate) fn fd_close(&mut self, fd: u32) -> Result {
        if let Some(number) = self.host_number(fd)? {
            self.close_host(number)?;
        }
        // A foreign number is not there.
        let _ = self.table.remove(fd);
        Ok(())
    }

    /// If the host fails to close a descriptor, it may be open, and keeps its number.
    fn close_host(&mut self, number: u32) -> Result {
        from_host(self.host.fd_close(number)).inspect_err(|_| self.table.doubt())
    }

    pub(crate) fn fd_renumber(&mut self, from: u32, to: u32) -> Result {
        let is_foreign = self.table.get(from).is_err();
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
                self.table.reserve(to)?;
                self.close_host(target)?;
                self.table.put(to, source)?;
            }
            _ if is_foreign && !self.host_may_have(from) => return Err(Errno::BADF),
            _ => self.table.put(to, source)?,
        }
        // A foreign number is not there.
        let _ = self.table.remove(from);
        Ok(())
    }

    pub(crate) fn fd_advise(&mut self, fd: u32, offset: u64, len: u64, advice: u32) -> Result {
        match self.descriptor(fd)? {
            Descriptor::Host(number) => from_host(self.host.fd_advise(number, offset, len, advice)),
            Descriptor::Directory(_) => Err(Errno::BADF),
            Descriptor::File(_) if advice > ADVICE_MAX => Err(Errno::INVAL),
            Descriptor::File(_) => Ok(()),
        }
    }

    /// Nothing can be waiting to be written.
    pub(crate) fn fd_datasync(&mut self, fd: u32) -> Result {
        match self.host_number(fd)? {
            Some(number) => from_host(self.host.fd_datasync(number)),
            None => Ok(()),
        }
    }

    /// Nothing can be waiting to be written.
    pub(crate) fn fd_sync(&mut self, fd: u32) -> Result {
        match self.host_number(fd)? {
            Some(number) => from_host(self.host.fd_sync(number)),
            None => Ok(()),
        }
    }

    pub(crate) fn fd_fdstat_get(&mut self, fd: u32, stat: u32) -> Result {
        let fdstat = match self.descriptor(fd)? {
            Descriptor::Host(number) => {
                return from_host(self.host.fd_fdstat_get(number, stat));
            }
            Descriptor::Directory(_) => Fdstat {
                filetype: filetype::DIRECTORY,
                flags: 0,
                rights_base: rights::DIRECTORY,
                rights_inheriting: rights::ALL,
            },
            Descriptor::File(file) => Fdstat {
                filetype: filetype::REGULAR_FILE,
                flags: file.flags,
                rights_base: rights::FILE,
                rights_inheriting: 0,
            },
        };
        self.memory.write(stat, &fdstat.to_bytes())
    }

    pub(crate) fn fd_fdstat_set_flags(&mut self, fd: u32, flags: u32) -> Result {
        if let Some(number) = self.host_number(fd)? {
            return from_host(self.host.fd_fdstat_set_flags(number, flags));
        }
        let file = self.open_file(fd)?;
        // What cannot change may be named, as `fcntl` does with what it was told.
        let fixed = u32::from(file.flags) & !fdflags::CHANGEABLE;
        if flags & !(fixed | fdflags::CHANGEABLE) != 0 {
            return Err(Errno::INVAL);
        }
        file.flags = (flags | fixed) as u16;
        Ok(())
    }

    /// Rights are advertised and not kept: what cannot be done with the image
    /// is refused at the call whatever they say.
    pub(crate) fn fd_fdstat_set_rights(&mut self, fd: u32, base: u64, inheriting: u64) -> Result {
        match self.host_number(fd)? {
            Some(number) => from_host(self.host.fd_fdstat_set_rights(number, base, inheriting)),
            None => Err(Errno::NOTSUP),
        }
    }

    pub(crate) fn fd_prestat_get(&mut self, fd: u32, prestat: u32) -> Result {
        let name = match self.table.get(fd)? {
            Descriptor::Host(number) => {
                return from_host(self.host.fd_prestat_get(number, prestat));
            }
            descriptor => self.mount_path(descriptor)?.ok_or(Errno::BADF)?,
        };
        let name_len = name.len() as u32;
        self.memory.write(prestat, &Prestat { name_len }.to_bytes())
    }

    pub(crate) fn fd_prestat_dir_name(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        let name = match self.table.get(fd)? {
            Descriptor::Host(number) => {
                return from_host(self.host.fd_prestat_dir_name(number, path, path_len));
            }
            // Not the error of `fd_prestat_get`, by which wasi-libc knows that
            // there are no more preopens.
            descriptor => self.mount_path(descriptor)?.ok_or(Errno::NOTDIR)?,
        };
        if name.len() > path_len as usize {
            return Err(Errno::NAMETOOLONG);
        }
        self.memory.write(path, name)
    }

    /// The guest path, if this is a preopen of ours.
    fn mount_path(&self, descriptor: Descriptor) -> Result<Option<&'static [u8]>> {
        match descriptor {
            Descriptor::Directory(OpenDirectory {
                mount: Some(mount), ..
            }) => Ok(Some(self.image.index()?.mount(mount)?.path)),
            _ => Ok(None),
        }
    }
}
