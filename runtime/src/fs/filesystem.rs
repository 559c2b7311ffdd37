//! The trait that every file system implements, and every front end calls.

use super::piece::piece;
use super::{
    Appended, Entry, Flush, FsError, Guest, Intent, Mount, Resolution, Result, Stat, Times, Tree,
    check_len, resolve,
};
use crate::blocks::{Sink, Source};

/// A tree with content.
///
/// The image implements the first half. Each change is a method whose default is
/// [`FsError::ReadOnly`], so a read-only file system says nothing about changes, and the
/// compiler removes the code behind them. A new kind of change is a new method here.
///
/// `directory` and `name` of a change are the last step of a resolved path. The name has
/// no slash and may be `.` or `..`. It is [`FsError::Invalid`] to give those two to a new
/// node.
pub trait Filesystem: Tree {
    /// Whether a path from an open directory may climb above that directory, up to its
    /// mount.
    const CLIMBS: bool = true;

    /// Number of preopened directories.
    fn mount_count(&self) -> u32;

    /// A preopened directory, counted from 0.
    fn mount(&self, position: u32) -> Result<Mount<'_, Self::Id>>;

    /// Resolves a path of a program, see [`resolve`]: from the first directory, and below the
    /// second one.
    ///
    /// # Errors
    ///
    /// Those of [`resolve`].
    fn walk<'p>(
        &'p self,
        start_and_root: (Self::Id, Self::Id),
        path: &'p [u8],
        follow_last: bool,
    ) -> Result<Resolution<'p, Self>>
    where
        Self: Sized,
    {
        resolve::<Guest, Self>(self, start_and_root, path, follow_last)
    }

    /// The metadata of a node.
    fn stat(&self, node: &Self::Node) -> Result<Stat>;

    /// The number of the device that holds a node. Two nodes with the same device and the
    /// same [`Stat::serial`] are one file.
    fn device(&self, node: &Self::Node) -> Result<u64> {
        // `wvfs` in ASCII: unlikely to be a host's.
        const DEVICE: u64 = 0x7366_7677;
        let _ = node;
        Ok(DEVICE)
    }

    /// The entry of a directory at `cookie`, without `.` and `..`; `None` at the end. The
    /// first entry has cookie 0. A cookie stays valid while the directory is open.
    fn entry(&self, directory: &Self::Node, cookie: u64) -> Result<Option<Entry<'_>>>;

    /// Copies bytes of a file from `offset` on, until the sink is full, the file ends, or
    /// the next bytes cannot be read. So room that is left does not prove the end of the
    /// file: only an offset at or past [`Stat::len`] does.
    ///
    /// Some host files have more bytes than [`Stat::len`] says, for example those of
    /// `/proc`. They end where no byte arrives without an error. The preview 1 front end
    /// reads them whole. The preview 2 front end reads up to [`Stat::len`].
    ///
    /// # Errors
    ///
    /// Only if not a single byte arrives. Bytes before a damaged block count, as in POSIX.
    fn read_at(&mut self, file: &Self::Node, offset: u64, sink: &mut impl Sink) -> Result;

    /// Prepares a file for a handle, before the handle is [retained](Self::retain).
    fn open_file(&mut self, file: Self::Id, intent: Intent) -> Result {
        let _ = (file, intent);
        Ok(())
    }

    /// A handle to the node was opened: the node must live on when its last name goes.
    fn retain(&mut self, id: Self::Id) -> Result {
        let _ = id;
        Ok(())
    }

    /// A handle that was [retained](Self::retain) was closed.
    fn release(&mut self, id: Self::Id) {
        let _ = id;
    }

    /// Whether a file, or the entries of a directory, may change. Front ends ask before
    /// they prepare a change.
    fn check_writable(&self, id: Self::Id) -> Result {
        let _ = id;
        Err(FsError::ReadOnly)
    }

    /// Makes an empty file, prepared for a handle as by [`open_file`](Self::open_file).
    ///
    /// If another process made the file meanwhile, and unless `exclusive`, a file system
    /// may open that file. Otherwise it returns [`FsError::Exists`], and the front end
    /// resolves the path again.
    fn create_file(
        &mut self,
        directory: Self::Id,
        name: &[u8],
        intent: Intent,
        exclusive: bool,
    ) -> Result<Self::Node> {
        let _ = (directory, name, intent, exclusive);
        Err(FsError::ReadOnly)
    }

    /// Makes an empty directory.
    fn create_directory(&mut self, directory: Self::Id, name: &[u8]) -> Result {
        let _ = (directory, name);
        Err(FsError::ReadOnly)
    }

    /// Makes a symbolic link.
    fn symlink(&mut self, target: &[u8], directory: Self::Id, name: &[u8]) -> Result {
        let _ = (target, directory, name);
        Err(FsError::ReadOnly)
    }

    /// Adds a name to a file.
    fn link(&mut self, file: Self::Id, directory: Self::Id, name: &[u8]) -> Result {
        let _ = (file, directory, name);
        Err(FsError::ReadOnly)
    }

    /// Moves a name; a node that has the new name is replaced.
    fn rename(&mut self, old: (Self::Id, &[u8]), new: (Self::Id, &[u8])) -> Result {
        let _ = (old, new);
        Err(FsError::ReadOnly)
    }

    /// Removes an empty directory.
    fn remove_directory(&mut self, directory: Self::Id, name: &[u8]) -> Result {
        let _ = (directory, name);
        Err(FsError::ReadOnly)
    }

    /// Removes the name of a file or link.
    fn unlink(&mut self, directory: Self::Id, name: &[u8]) -> Result {
        let _ = (directory, name);
        Err(FsError::ReadOnly)
    }

    /// Cuts a file off at `len` bytes, or extends it with zeros.
    fn set_len(&mut self, file: Self::Id, len: u64) -> Result {
        let _ = (file, len);
        Err(FsError::ReadOnly)
    }

    /// Sets the times of a node.
    fn set_times(&mut self, id: Self::Id, times: Times) -> Result {
        let _ = (id, times);
        Err(FsError::ReadOnly)
    }

    /// Reserves space. Not a change by itself, and many file systems cannot, so the
    /// default is [`FsError::Unsupported`].
    fn allocate(&mut self, file: Self::Id, offset: u64, len: u64) -> Result {
        let _ = (file, offset, len);
        Err(FsError::Unsupported)
    }

    /// Writes bytes at the end of a file, as [`write_at`](Self::write_at) does. File systems
    /// that others change at the same time find the end and write in one step.
    ///
    /// # Errors
    ///
    /// [`FsError::FileTooLarge`] if all bytes would end past [`MAX_OFFSET`](super::MAX_OFFSET).
    fn append(&mut self, file: Self::Id, bytes: &[u8]) -> Result<Appended> {
        let start = self.stat(&self.node(file)?)?.len;
        check_len(start.saturating_add(bytes.len() as u64))?;
        let len = self.write_at(file, start, bytes)?;
        let end = start.saturating_add(len as u64);
        Ok(Appended { len, end })
    }

    /// Writes the first bytes of a source, as many as the storage accepts: from `start` on, or
    /// at the end of the file, as [`append`](Self::append) does. The source may have lost more
    /// bytes than were written.
    ///
    /// A file system in memory takes the bytes out of the source without a copy between.
    ///
    /// # Errors
    ///
    /// Only if not a single byte was written.
    fn write_from(
        &mut self,
        file: Self::Id,
        start: Option<u64>,
        source: &mut impl Source,
    ) -> Result<Appended> {
        let bytes = piece(source)?;
        let Some(start) = start else {
            return self.append(file, &bytes);
        };
        check_len(start.saturating_add(bytes.len() as u64))?;
        let len = self.write_at(file, start, &bytes)?;
        let end = start.saturating_add(len as u64);
        Ok(Appended { len, end })
    }

    /// Waits until a node has reached its storage. By default nothing waits to be written.
    fn sync(&mut self, id: Self::Id, flush: Flush) -> Result {
        let _ = (id, flush);
        Ok(())
    }

    /// Writes the first of these bytes, as many as the storage accepts. Returns their
    /// number. A gap behind the old end reads as zeros.
    ///
    /// # Errors
    ///
    /// Only if not a single byte was written: a program writes all bytes again after an
    /// error.
    fn write_at(&mut self, file: Self::Id, offset: u64, bytes: &[u8]) -> Result<usize> {
        let _ = (file, offset, bytes);
        Err(FsError::ReadOnly)
    }
}
