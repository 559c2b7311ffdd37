//! Opening paths and reading links.

use crate::abi::{fdflags, oflags, rights};
use crate::descriptor::{Descriptor, OpenDirectory, OpenFile};
use crate::errno::{Errno, Result, from_host};
use crate::resolve::{Resolution, follows};
use crate::vfs::Base;
use crate::{Memory, Payload, Preview1, Vfs};
use wasi_vfs_format::{Content, Inode};

/// What the guest asks of an open.
struct Request {
    oflags: u32,
    rights: u64,
    fdflags: u16,
}

impl<M: Memory, H: Preview1, P: Payload> Vfs<M, H, P> {
    #[allow(clippy::too_many_arguments, reason = "the specification's signature")]
    pub(crate) fn path_open(
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
            Ok(Base::Image(directory)) => Ok(directory),
            Err(errno) => Err(errno),
        };
        self.read_path((path, path_len))?;
        let directory = start?;
        let request = Request {
            oflags,
            rights: base,
            fdflags: fdflags as u16,
        };
        if fdflags & !fdflags::ALL != 0 || !request.is_sensible() {
            return Err(Errno::INVAL);
        }
        self.memory.check(opened, 4)?;
        // As O_CREAT|O_EXCL does in POSIX: a link in the way is not followed.
        let follow = follows(dirflags)? && !request.is_exclusive();
        let resolution = self.resolve(&directory, (path, path_len), follow)?;
        let descriptor = request.open(resolution)?;
        let number = self.insert(descriptor)?;
        self.memory.write_u32(opened, number)
    }

    pub(crate) fn path_readlink(
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
            Base::Image(directory) => directory,
        };
        let inode = self
            .resolve(&directory, (path, path_len), false)?
            .existing()?;
        let Content::Symlink(link) = inode.content else {
            return Err(Errno::INVAL);
        };
        let target = self.image.index()?.target(&link)?;
        let len = target.len().min(buffer_len as usize);
        self.memory.check(used, 4)?;
        self.memory.write(buffer, &target[..len])?;
        self.memory.write_u32(used, len as u32)
    }
}

impl Request {
    fn has(&self, flag: u32) -> bool {
        self.oflags & flag != 0
    }

    /// Whether these flags go together: nothing that is created or cut can be
    /// a directory.
    fn is_sensible(&self) -> bool {
        let changes = oflags::CREAT | oflags::EXCL | oflags::TRUNC;
        self.oflags & !oflags::ALL == 0 && !(self.has(oflags::DIRECTORY) && self.has(changes))
    }

    fn is_exclusive(&self) -> bool {
        self.has(oflags::CREAT) && self.has(oflags::EXCL)
    }

    /// The descriptor for what the path led to, if it can be opened so.
    fn open(&self, resolution: Resolution) -> Result<Descriptor> {
        let Some(inode) = resolution.inode else {
            return Err(if self.has(oflags::CREAT) {
                Errno::ROFS
            } else {
                Errno::NOENT
            });
        };
        if self.is_exclusive() {
            return Err(Errno::EXIST);
        }
        match inode.content {
            Content::Symlink(_) => Err(Errno::LOOP),
            Content::Directory(_) => self.open_directory(&inode, &resolution),
            Content::File(_) => self.open_file(&inode),
        }
    }

    fn open_directory(&self, inode: &Inode, resolution: &Resolution) -> Result<Descriptor> {
        if self.has(oflags::TRUNC) || self.has(oflags::CREAT) || self.wants_to_write() {
            return Err(Errno::ISDIR);
        }
        Ok(Descriptor::Directory(OpenDirectory {
            inode: inode.number,
            root: resolution.root,
            mount: None,
        }))
    }

    fn open_file(&self, inode: &Inode) -> Result<Descriptor> {
        if self.has(oflags::DIRECTORY) {
            return Err(Errno::NOTDIR);
        }
        if self.has(oflags::TRUNC) || self.wants_to_write() {
            return Err(Errno::ROFS);
        }
        Ok(Descriptor::File(OpenFile {
            inode: inode.number,
            position: 0,
            flags: self.fdflags,
        }))
    }

    fn wants_to_write(&self) -> bool {
        self.rights & rights::FD_WRITE != 0
    }
}
