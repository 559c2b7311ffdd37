//! Listing directories.
//!
//! The cookie of `.` is 0 and that of `..` is 1. The others are those of the file system,
//! counted from 2.

use super::abi::{Dirent, filetype, filetype_of};
use super::numbers::Descriptor;
use super::{Errno, Memory, Preview1, Result, Server, from_host};
use crate::fs::Filesystem;
use crate::open::{Handle, OpenDirectory};

/// The cookie of the first entry that the file system lists.
const FIRST_CHILD: u64 = 2;

impl<M: Memory, H: Preview1, F: Filesystem> Server<M, H, F> {
    pub(super) fn fd_readdir(
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
            Descriptor::Ours(Handle::Directory(directory)) => directory,
            Descriptor::Ours(Handle::File(_)) => return Err(Errno::NOTDIR),
        };
        self.memory.check(buffer, buffer_len.into())?;
        self.memory.check(used, 4)?;
        let mut list = List {
            memory: &mut self.memory,
            address: buffer,
            room: buffer_len,
        };
        list.fill(&self.fs, &directory, cookie)?;
        let len = buffer_len - list.room;
        Ok(self.memory.write_u32(used, len)?)
    }
}

/// The rest of the program's buffer, which exists.
struct List<'m, M> {
    memory: &'m mut M,
    address: u32,
    room: u32,
}

impl<M: Memory> List<'_, M> {
    /// Writes entries from `cookie` on until the directory or the buffer ends. The last
    /// one may be cut off, which tells the program that there are more.
    fn fill<F: Filesystem>(&mut self, fs: &F, open: &OpenDirectory<F::Id>, cookie: u64) -> Result {
        let directory = fs.node(open.id)?;
        let mut cookie = cookie;
        while self.room > 0 {
            cookie = match cookie {
                0 => {
                    let inode = fs.stat(&directory)?.serial;
                    self.put(1, inode, filetype::DIRECTORY, b".");
                    1
                }
                1 => {
                    let parent = match open.id == open.root {
                        true => directory,
                        false => fs.parent(&directory)?,
                    };
                    let inode = fs.stat(&parent)?.serial;
                    self.put(FIRST_CHILD, inode, filetype::DIRECTORY, b"..");
                    FIRST_CHILD
                }
                _ => {
                    let Some(entry) = fs.entry(&directory, cookie - FIRST_CHILD)? else {
                        break;
                    };
                    let next = entry.next.saturating_add(FIRST_CHILD);
                    self.put(next, entry.serial, filetype_of(entry.kind), entry.name);
                    next
                }
            };
        }
        Ok(())
    }

    fn put(&mut self, next: u64, inode: u64, filetype: u8, name: &[u8]) {
        let dirent = Dirent {
            next,
            inode,
            name_len: name.len() as u32,
            filetype,
        };
        self.copy(&dirent.to_bytes());
        self.copy(name);
    }

    /// Copies as many bytes as there is room for.
    fn copy(&mut self, bytes: &[u8]) {
        let len = bytes.len().min(self.room as usize);
        self.memory.copy_in(self.address, &bytes[..len]);
        // Wraps only if nothing is left to copy.
        self.address = self.address.wrapping_add(len as u32);
        self.room -= len as u32;
    }
}
