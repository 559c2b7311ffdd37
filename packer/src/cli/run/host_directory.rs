//! Host directories, with times from 1970 on.
//!
//! The interpreter panics at a file that is older than 1970. It asks directories and files
//! for their metadata, so both are wrapped: older times become the start of 1970, and all
//! other calls pass on.

use async_trait::async_trait;
use std::any::Any;
use std::io::{IoSlice, IoSliceMut, SeekFrom};
use std::path::PathBuf;
use std::time::SystemTime;
use wasmi_wasi::wasi_common::SystemTimeSpec;
use wasmi_wasi::wasi_common::dir::{OpenResult, ReaddirCursor, ReaddirEntity};
use wasmi_wasi::wasi_common::file::{Advice, FdFlags, FileType, Filestat, OFlags};
use wasmi_wasi::wasi_common::sync::dir::Dir;
use wasmi_wasi::{Error, WasiDir, WasiFile};

/// Wraps a host directory, and so each file that is opened in it.
pub(super) fn directory(dir: wasmi_wasi::Dir) -> Box<dyn WasiDir> {
    Box::new(Directory(Box::new(Dir::from_cap_std(dir))))
}

fn with_times_since_1970(mut stat: Filestat) -> Filestat {
    for time in [&mut stat.atim, &mut stat.mtim, &mut stat.ctim] {
        *time = time.map(|time| time.max(SystemTime::UNIX_EPOCH));
    }
    stat
}

struct Directory(Box<dyn WasiDir>);

#[async_trait]
impl WasiDir for Directory {
    /// The wrapped directory: the interpreter renames and links only between its own.
    fn as_any(&self) -> &dyn Any {
        self.0.as_any()
    }

    async fn open_file(
        &self,
        follow: bool,
        path: &str,
        oflags: OFlags,
        read: bool,
        write: bool,
        fdflags: FdFlags,
    ) -> Result<OpenResult, Error> {
        let opened = self.0.open_file(follow, path, oflags, read, write, fdflags);
        Ok(match opened.await? {
            OpenResult::File(file) => OpenResult::File(Box::new(File(file))),
            OpenResult::Dir(dir) => OpenResult::Dir(Box::new(Directory(dir))),
        })
    }

    async fn create_dir(&self, path: &str) -> Result<(), Error> {
        self.0.create_dir(path).await
    }

    async fn readdir(
        &self,
        cursor: ReaddirCursor,
    ) -> Result<Box<dyn Iterator<Item = Result<ReaddirEntity, Error>> + Send>, Error> {
        self.0.readdir(cursor).await
    }

    async fn symlink(&self, old_path: &str, new_path: &str) -> Result<(), Error> {
        self.0.symlink(old_path, new_path).await
    }

    async fn remove_dir(&self, path: &str) -> Result<(), Error> {
        self.0.remove_dir(path).await
    }

    async fn unlink_file(&self, path: &str) -> Result<(), Error> {
        self.0.unlink_file(path).await
    }

    async fn read_link(&self, path: &str) -> Result<PathBuf, Error> {
        self.0.read_link(path).await
    }

    async fn get_filestat(&self) -> Result<Filestat, Error> {
        Ok(with_times_since_1970(self.0.get_filestat().await?))
    }

    async fn get_path_filestat(&self, path: &str, follow: bool) -> Result<Filestat, Error> {
        let stat = self.0.get_path_filestat(path, follow).await?;
        Ok(with_times_since_1970(stat))
    }

    async fn rename(&self, from: &str, dir: &dyn WasiDir, to: &str) -> Result<(), Error> {
        self.0.rename(from, dir, to).await
    }

    async fn hard_link(&self, from: &str, dir: &dyn WasiDir, to: &str) -> Result<(), Error> {
        self.0.hard_link(from, dir, to).await
    }

    async fn set_times(
        &self,
        path: &str,
        atime: Option<SystemTimeSpec>,
        mtime: Option<SystemTimeSpec>,
        follow: bool,
    ) -> Result<(), Error> {
        self.0.set_times(path, atime, mtime, follow).await
    }
}

struct File(Box<dyn WasiFile>);

#[async_trait]
impl WasiFile for File {
    fn as_any(&self) -> &dyn Any {
        self.0.as_any()
    }

    async fn get_filetype(&self) -> Result<FileType, Error> {
        self.0.get_filetype().await
    }

    #[cfg(unix)]
    fn pollable(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        self.0.pollable()
    }

    fn isatty(&self) -> bool {
        self.0.isatty()
    }

    async fn datasync(&self) -> Result<(), Error> {
        self.0.datasync().await
    }

    async fn sync(&self) -> Result<(), Error> {
        self.0.sync().await
    }

    async fn get_fdflags(&self) -> Result<FdFlags, Error> {
        self.0.get_fdflags().await
    }

    async fn set_fdflags(&mut self, flags: FdFlags) -> Result<(), Error> {
        self.0.set_fdflags(flags).await
    }

    async fn get_filestat(&self) -> Result<Filestat, Error> {
        Ok(with_times_since_1970(self.0.get_filestat().await?))
    }

    async fn set_filestat_size(&self, size: u64) -> Result<(), Error> {
        self.0.set_filestat_size(size).await
    }

    async fn advise(&self, offset: u64, len: u64, advice: Advice) -> Result<(), Error> {
        self.0.advise(offset, len, advice).await
    }

    async fn set_times(
        &self,
        atime: Option<SystemTimeSpec>,
        mtime: Option<SystemTimeSpec>,
    ) -> Result<(), Error> {
        self.0.set_times(atime, mtime).await
    }

    async fn read_vectored<'a>(&self, buffers: &mut [IoSliceMut<'a>]) -> Result<u64, Error> {
        self.0.read_vectored(buffers).await
    }

    async fn read_vectored_at<'a>(
        &self,
        buffers: &mut [IoSliceMut<'a>],
        offset: u64,
    ) -> Result<u64, Error> {
        self.0.read_vectored_at(buffers, offset).await
    }

    async fn write_vectored<'a>(&self, buffers: &[IoSlice<'a>]) -> Result<u64, Error> {
        self.0.write_vectored(buffers).await
    }

    async fn write_vectored_at<'a>(
        &self,
        buffers: &[IoSlice<'a>],
        offset: u64,
    ) -> Result<u64, Error> {
        self.0.write_vectored_at(buffers, offset).await
    }

    async fn seek(&self, position: SeekFrom) -> Result<u64, Error> {
        self.0.seek(position).await
    }

    async fn peek(&self, buffer: &mut [u8]) -> Result<u64, Error> {
        self.0.peek(buffer).await
    }

    fn num_ready_bytes(&self) -> Result<u64, Error> {
        self.0.num_ready_bytes()
    }

    async fn readable(&self) -> Result<(), Error> {
        self.0.readable().await
    }

    async fn writable(&self) -> Result<(), Error> {
        self.0.writable().await
    }
}
