//! Listing directories.
//!
//! The cookie of an entry is its position: 0 is `.`, 1 is `..`, then the
//! children by name. An image does not change, so a cookie is good for ever.

use crate::abi::{Dirent, filetype, filetype_of};
use crate::calls::stat::inode_for_guest;
use crate::descriptor::{Descriptor, OpenDirectory};
use crate::errno::{Errno, Result, from_host};
use crate::{Memory, Payload, Preview1, Vfs};
use wasi_vfs_format::{Directory, InodeNumber};

/// Positions of the children start after `.` and `..`.
const FIRST_CHILD: u64 = 2;

struct Entry {
    inode: InodeNumber,
    filetype: u8,
    name: &'static [u8],
}

impl<M: Memory, H: Preview1, P: Payload> Vfs<M, H, P> {
    pub(crate) fn fd_readdir(
        &mut self,
        fd: u32,
        buffer: u32,
        buffer_len: u32,
        cookie: u64,
        used: u32,
    ) -> Result {
        let directory = match self.descriptor(fd)? {
            Descriptor::Host(number) => {
                return from_host(
                    self.host
                        .fd_readdir(number, buffer, buffer_len, cookie, used),
                );
            }
            Descriptor::Directory(directory) => directory,
            Descriptor::File(_) => return Err(Errno::NOTDIR),
        };
        self.memory.check(buffer, buffer_len.into())?;
        self.memory.check(used, 4)?;
        let len = self.list(&directory, (buffer, buffer_len), cookie)?;
        self.memory.write_u32(used, len)
    }

    /// Writes entries from `cookie` on until the directory or the buffer ends;
    /// the last one may be cut off, which tells the guest that there is more.
    fn list(
        &mut self,
        open: &OpenDirectory,
        (buffer, buffer_len): (u32, u32),
        cookie: u64,
    ) -> Result<u32> {
        let directory = self.image.directory(open.inode)?;
        let mut used = 0;
        for position in cookie..u64::MAX {
            let Some(entry) = self.entry(open, &directory, position)? else {
                break;
            };
            let dirent = Dirent {
                next: position + 1,
                inode: inode_for_guest(entry.inode),
                name_len: entry.name.len() as u32,
                filetype: entry.filetype,
            };
            for part in [&dirent.to_bytes(), entry.name] {
                let len = part.len().min((buffer_len - used) as usize);
                // Wraps where nothing is left to be copied.
                self.memory.copy_in(buffer.wrapping_add(used), &part[..len]);
                used += len as u32;
            }
            if used == buffer_len {
                break;
            }
        }
        Ok(used)
    }

    fn entry(
        &self,
        open: &OpenDirectory,
        directory: &Directory,
        position: u64,
    ) -> Result<Option<Entry>> {
        let (inode, name): (_, &[u8]) = match position {
            0 => (open.inode, b"."),
            1 if open.inode == open.root => (open.inode, b".."),
            1 => (self.image.inode(open.inode)?.parent, b".."),
            _ => return self.child(directory, position - FIRST_CHILD),
        };
        Ok(Some(Entry {
            inode,
            filetype: filetype::DIRECTORY,
            name,
        }))
    }

    fn child(&self, directory: &Directory, position: u64) -> Result<Option<Entry>> {
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        let Some(number) = directory.child(position) else {
            return Ok(None);
        };
        Ok(Some(Entry {
            inode: number,
            filetype: filetype_of(self.image.inode(number)?.kind()),
            name: self.image.index()?.name(number)?,
        }))
    }
}
