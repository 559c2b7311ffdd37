//! What files and directories are.

use crate::abi::{Filestat, filetype_of};
use crate::descriptor::Descriptor;
use crate::errno::{Result, from_host};
use crate::resolve::follows;
use crate::vfs::Base;
use crate::{Memory, Payload, Preview1, Vfs};
use wasi_vfs_format::{Content, Inode, InodeNumber};

/// The device number of every inode of an image, `wvfs` in ASCII: unlikely to
/// be a host's, so that a program does not take two files for one.
const DEVICE: u64 = 0x7366_7677;

/// What the guest sees as inode number; 0 means "none" to many programs.
pub(crate) fn inode_for_guest(number: InodeNumber) -> u64 {
    u64::from(number.0) + 1
}

impl<M: Memory, H: Preview1, P: Payload> Vfs<M, H, P> {
    pub(crate) fn fd_filestat_get(&mut self, fd: u32, stat: u32) -> Result {
        let number = match self.descriptor(fd)? {
            Descriptor::Host(number) => {
                return from_host(self.host.fd_filestat_get(number, stat));
            }
            Descriptor::Directory(directory) => directory.inode,
            Descriptor::File(file) => file.inode,
        };
        let inode = self.image.inode(number)?;
        self.memory.write(stat, &filestat(&inode).to_bytes())
    }

    pub(crate) fn path_filestat_get(
        &mut self,
        fd: u32,
        flags: u32,
        path: u32,
        path_len: u32,
        stat: u32,
    ) -> Result {
        let directory = match self.base(fd)? {
            Base::Host(number) => {
                return from_host(
                    self.host
                        .path_filestat_get(number, flags, path, path_len, stat),
                );
            }
            Base::Image(directory) => directory,
        };
        let follow = follows(flags)?;
        let inode = self
            .resolve(&directory, (path, path_len), follow)?
            .existing()?;
        self.memory.write(stat, &filestat(&inode).to_bytes())
    }
}

fn filestat(inode: &Inode) -> Filestat {
    Filestat {
        device: DEVICE,
        inode: inode_for_guest(inode.number),
        filetype: filetype_of(inode.kind()),
        // One name each. For directories 1 is what file systems that do not
        // count subdirectories report, and what tree walkers know to mean that.
        link_count: 1,
        size: match inode.content {
            Content::File(file) => file.len,
            Content::Symlink(link) => link.target_len.into(),
            Content::Directory(_) => 0,
        },
        // Preview 1 has no times before 1970.
        time_ns: u64::try_from(inode.mtime_ns).unwrap_or(0),
    }
}
