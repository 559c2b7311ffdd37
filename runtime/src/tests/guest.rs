//! A guest: a memory, and the calls with their arguments laid out in it.

use super::fake_host::{FakeHost, HostLog};
use crate::blocks::{BlockError, BlockSource, Blocks, Budget, StoredRange};
use crate::preview1::{Result, from_host};
use crate::{Filesystem, ImageFs, Memory, Preview1, Server};
use std::cell::RefCell;
use std::rc::Rc;
use wasi_vfs_format::Index;
use wasi_vfs_format::tree::Tree;
use wasi_vfs_format::writer::{Options, write};

/// The guest's memory, which the host sees too.
#[derive(Clone)]
pub(super) struct SharedMemory(Rc<RefCell<Vec<u8>>>);

impl SharedMemory {
    /// A memory of zeros.
    pub(super) fn zeroed() -> Self {
        Self(Rc::new(RefCell::new(vec![0; MEMORY_LEN])))
    }

    /// Leaves no memory at all.
    pub(super) fn take(&self) -> Vec<u8> {
        self.0.take()
    }

    pub(super) fn set(&self, bytes: Vec<u8>) {
        self.0.replace(bytes);
    }
}

impl Memory for SharedMemory {
    fn byte_len(&self) -> u64 {
        self.0.borrow().len() as u64
    }

    fn copy_out(&self, address: u32, into: &mut [u8]) {
        let start = address as usize;
        into.copy_from_slice(&self.0.borrow()[start..start + into.len()]);
    }

    fn copy_in(&mut self, address: u32, from: &[u8]) {
        let start = address as usize;
        self.0.borrow_mut()[start..start + from.len()].copy_from_slice(from);
    }
}

/// The payload as plain bytes.
pub(super) struct PlainPayload(pub(super) Vec<u8>);

impl BlockSource for PlainPayload {
    fn with_bytes<R>(
        &mut self,
        range: StoredRange,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, BlockError> {
        let start = range.offset as usize;
        let bytes = self.0.get(start..start + range.len as usize);
        bytes.map(use_them).ok_or(BlockError::OutOfRange)
    }
}

/// A memory whose use nobody measures.
pub(super) struct NoBudget;

impl Budget for NoBudget {
    fn used_len(&self, _: usize) -> usize {
        0
    }
}

pub(super) type Image = ImageFs<'static, PlainPayload, NoBudget>;

pub(super) type Vfs<F = Image> = Server<SharedMemory, FakeHost, F>;

/// A path is written here.
pub(super) const PATH: u32 = 0x1000;
/// Results are expected here.
const RESULT: u32 = 0x2000;
/// Buffers of the guest begin here.
pub(super) const BUFFER: u32 = 0x4000;
const MEMORY_LEN: usize = 1 << 20;

/// Index and payload of the tree in blocks of 16 KiB.
pub(super) fn write_image(tree: &Tree, compression: Option<i32>) -> (Vec<u8>, Vec<u8>) {
    let options = Options {
        compression,
        block_shift: 14,
        ..Options::default()
    };
    let image = write(tree, &options, &()).unwrap();
    (image.index, image.payload)
}

/// A guest on an image, or on another file system.
pub(super) struct Guest<F: Filesystem = Image> {
    pub(super) vfs: Vfs<F>,
    pub(super) memory: SharedMemory,
    pub(super) host: HostLog,
}

/// What `fd_readdir` lists.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) next: u64,
    pub(super) inode: u64,
    pub(super) filetype: u8,
    pub(super) name: String,
}

/// The file system of an image. The index is leaked, since a baked image lives as long as
/// the program.
pub(super) fn image(index: Vec<u8>, payload: Vec<u8>) -> Image {
    let index = Index::parse(index.leak()).ok();
    ImageFs::new(index, Blocks::new(PlainPayload(payload), NoBudget))
}

impl Guest {
    pub(super) fn new(tree: &Tree, compression: Option<i32>) -> Self {
        Self::with_host(tree, compression, 0)
    }

    pub(super) fn with_host(tree: &Tree, compression: Option<i32>, preopens: u32) -> Self {
        let (index, payload) = write_image(tree, compression);
        Self::with_parts(index, payload, preopens)
    }

    pub(super) fn with_parts(index: Vec<u8>, payload: Vec<u8>, preopens: u32) -> Self {
        Self::with_fs(image(index, payload), preopens)
    }
}

impl<F: Filesystem> Guest<F> {
    pub(super) fn with_fs(fs: F, preopens: u32) -> Self {
        let memory = SharedMemory::zeroed();
        let host = FakeHost::new(memory.clone(), preopens);
        let log = host.log.clone();
        Self {
            vfs: Server::new(fs, memory.clone(), host),
            memory,
            host: log,
        }
    }

    pub(super) fn put(&mut self, address: u32, bytes: &[u8]) {
        self.memory.copy_in(address, bytes);
    }

    pub(super) fn bytes(&self, address: u32, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.memory.copy_out(address, &mut bytes);
        bytes
    }

    pub(super) fn u32_at(&self, address: u32) -> u32 {
        u32::from_le_bytes(self.bytes(address, 4).try_into().unwrap())
    }

    pub(super) fn u64_at(&self, address: u32) -> u64 {
        u64::from_le_bytes(self.bytes(address, 8).try_into().unwrap())
    }

    pub(super) fn put_path(&mut self, path: &str) -> (u32, u32) {
        self.put(PATH, path.as_bytes());
        (PATH, path.len() as u32)
    }

    /// Opens for reading, following links.
    pub(super) fn open(&mut self, fd: u32, path: &str) -> Result<u32> {
        self.open_with(fd, path, 1, 0, 1 << 1)
    }

    pub(super) fn open_with(
        &mut self,
        fd: u32,
        path: &str,
        dirflags: u32,
        oflags: u32,
        rights: u64,
    ) -> Result<u32> {
        let (path, len) = self.put_path(path);
        from_host(Preview1::path_open(
            &mut self.vfs,
            fd,
            dirflags,
            path,
            len,
            oflags,
            rights,
            0,
            0,
            RESULT,
        ))?;
        Ok(self.u32_at(RESULT))
    }

    pub(super) fn close(&mut self, fd: u32) -> Result {
        from_host(Preview1::fd_close(&mut self.vfs, fd))
    }

    /// Reads with buffers of these lengths, laid one after the other.
    pub(super) fn read(&mut self, fd: u32, lens: &[u32]) -> Result<Vec<u8>> {
        self.put_iovecs(lens);
        let count = lens.len() as u32;
        from_host(Preview1::fd_read(
            &mut self.vfs,
            fd,
            RESULT + 8,
            count,
            RESULT,
        ))?;
        Ok(self.bytes(BUFFER, self.u32_at(RESULT) as usize))
    }

    pub(super) fn pread(&mut self, fd: u32, len: u32, offset: u64) -> Result<Vec<u8>> {
        self.put_iovecs(&[len]);
        from_host(Preview1::fd_pread(
            &mut self.vfs,
            fd,
            RESULT + 8,
            1,
            offset,
            RESULT,
        ))?;
        Ok(self.bytes(BUFFER, self.u32_at(RESULT) as usize))
    }

    pub(super) fn write(&mut self, fd: u32, bytes: &[u8]) -> Result<u32> {
        self.put_iovecs(&[bytes.len() as u32]);
        self.put(BUFFER, bytes);
        let vfs = &mut self.vfs;
        from_host(Preview1::fd_write(vfs, fd, RESULT + 8, 1, RESULT))?;
        Ok(self.u32_at(RESULT))
    }

    pub(super) fn pwrite(&mut self, fd: u32, bytes: &[u8], offset: u64) -> Result<u32> {
        self.put_iovecs(&[bytes.len() as u32]);
        self.put(BUFFER, bytes);
        let vfs = &mut self.vfs;
        from_host(Preview1::fd_pwrite(vfs, fd, RESULT + 8, 1, offset, RESULT))?;
        Ok(self.u32_at(RESULT))
    }

    pub(super) fn symlink(&mut self, target: &str, fd: u32, path: &str) -> Result {
        let (path, path_len) = self.put_path(path);
        self.put(BUFFER, target.as_bytes());
        let target_len = target.len() as u32;
        let vfs = &mut self.vfs;
        from_host(Preview1::path_symlink(
            vfs, BUFFER, target_len, fd, path, path_len,
        ))
    }

    pub(super) fn rename(&mut self, old_fd: u32, old: &str, fd: u32, new: &str) -> Result {
        let (path, path_len) = self.put_path(new);
        self.put(BUFFER, old.as_bytes());
        let old_len = old.len() as u32;
        let vfs = &mut self.vfs;
        from_host(Preview1::path_rename(
            vfs, old_fd, BUFFER, old_len, fd, path, path_len,
        ))
    }

    pub(super) fn link(&mut self, old_fd: u32, old: &str, fd: u32, new: &str) -> Result {
        let (path, path_len) = self.put_path(new);
        self.put(BUFFER, old.as_bytes());
        let old_len = old.len() as u32;
        let vfs = &mut self.vfs;
        from_host(Preview1::path_link(
            vfs, old_fd, 0, BUFFER, old_len, fd, path, path_len,
        ))
    }

    fn put_iovecs(&mut self, lens: &[u32]) {
        let mut address = BUFFER;
        for (i, &len) in lens.iter().enumerate() {
            let at = RESULT + 8 + 8 * i as u32;
            self.put(at, &address.to_le_bytes());
            self.put(at + 4, &len.to_le_bytes());
            address += len;
        }
    }

    pub(super) fn seek(&mut self, fd: u32, offset: i64, whence: u32) -> Result<u64> {
        from_host(Preview1::fd_seek(&mut self.vfs, fd, offset, whence, RESULT))?;
        Ok(self.u64_at(RESULT))
    }

    pub(super) fn tell(&mut self, fd: u32) -> Result<u64> {
        from_host(Preview1::fd_tell(&mut self.vfs, fd, RESULT))?;
        Ok(self.u64_at(RESULT))
    }

    pub(super) fn readlink(&mut self, fd: u32, path: &str, len: u32) -> Result<Vec<u8>> {
        let (path, path_len) = self.put_path(path);
        from_host(Preview1::path_readlink(
            &mut self.vfs,
            fd,
            path,
            path_len,
            BUFFER,
            len,
            RESULT,
        ))?;
        Ok(self.bytes(BUFFER, self.u32_at(RESULT) as usize))
    }

    /// The bytes of the `filestat` of a path.
    pub(super) fn stat(&mut self, fd: u32, path: &str, follow: bool) -> Result<Vec<u8>> {
        let (path, len) = self.put_path(path);
        let vfs = &mut self.vfs;
        from_host(Preview1::path_filestat_get(
            vfs,
            fd,
            follow.into(),
            path,
            len,
            RESULT,
        ))?;
        Ok(self.bytes(RESULT, 64))
    }

    pub(super) fn fd_stat(&mut self, fd: u32) -> Result<Vec<u8>> {
        from_host(Preview1::fd_filestat_get(&mut self.vfs, fd, RESULT))?;
        Ok(self.bytes(RESULT, 64))
    }

    /// One call of `fd_readdir`; the bytes that it wrote.
    pub(super) fn readdir(&mut self, fd: u32, len: u32, cookie: u64) -> Result<Vec<u8>> {
        let vfs = &mut self.vfs;
        from_host(Preview1::fd_readdir(vfs, fd, BUFFER, len, cookie, RESULT))?;
        Ok(self.bytes(BUFFER, self.u32_at(RESULT) as usize))
    }

    /// The whole directory, with a buffer of this length.
    pub(super) fn list(&mut self, fd: u32, len: u32) -> Result<Vec<Listed>> {
        let mut listed: Vec<Listed> = Vec::new();
        loop {
            let cookie = listed.last().map_or(0, |entry| entry.next);
            let bytes = self.readdir(fd, len, cookie)?;
            let before = listed.len();
            parse_entries(&bytes, &mut listed);
            if bytes.len() < len as usize {
                return Ok(listed);
            }
            assert!(
                listed.len() > before,
                "a buffer of {len} bytes holds no entry"
            );
        }
    }
}

pub(super) fn parse_entries(mut bytes: &[u8], listed: &mut Vec<Listed>) {
    while let Some((head, rest)) = bytes.split_at_checked(24) {
        let len = u32::from_le_bytes(head[16..20].try_into().unwrap()) as usize;
        let Some((name, rest)) = rest.split_at_checked(len) else {
            return;
        };
        listed.push(Listed {
            next: u64::from_le_bytes(head[..8].try_into().unwrap()),
            inode: u64::from_le_bytes(head[8..16].try_into().unwrap()),
            filetype: head[20],
            name: String::from_utf8(name.into()).unwrap(),
        });
        bytes = rest;
    }
}
