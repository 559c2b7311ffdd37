//! An open file of the host.

use super::error::from_io;
use super::stat;
use cap_fs_ext::{
    FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt,
};
use cap_std::fs::{Dir, Metadata, OpenOptions};
use std::fs::File;
use std::io::{self, Seek, Write};
#[cfg(unix)]
use std::os::unix::fs::FileExt;
use wasi_vfs_runtime::blocks::Sink;
use wasi_vfs_runtime::fs::{Appended, Flush, FsError, Intent, Result, Times};

/// Bytes that are read at once.
const PIECE_LEN: usize = 64 << 10;

/// An open file. The position of `file` has no meaning between two operations.
pub(super) struct OpenFile {
    file: File,
    may_read: bool,
}

impl OpenFile {
    /// Opens a name in `dir`, without following a link and without waiting.
    pub(super) fn open(dir: &Dir, name: &str, intent: Intent) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(intent.read).write(intent.write);
        options.follow(FollowSymlinks::No).nonblock(true);
        Self::open_with(dir, name, &options, intent)
    }

    /// Makes a file. Unless `exclusive`, opens a file that another process made meanwhile.
    pub(super) fn create(dir: &Dir, name: &str, intent: Intent, exclusive: bool) -> Result<Self> {
        let mut options = OpenOptions::new();
        // Only files open for writing can be created.
        options.read(intent.read).write(true);
        match exclusive {
            true => options.create_new(true),
            false => options.create(true),
        };
        options.follow(FollowSymlinks::No).nonblock(true);
        Self::open_with(dir, name, &options, intent)
    }

    fn open_with(dir: &Dir, name: &str, options: &OpenOptions, intent: Intent) -> Result<Self> {
        let file = dir.open_with(name, options).map_err(from_io)?;
        let metadata = file.metadata().map_err(from_io)?;
        if stat::waits(&metadata) {
            return Err(FsError::Unsupported);
        }
        Ok(Self {
            file: file.into_std(),
            may_read: intent.read,
        })
    }

    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        Ok(Metadata::from_just_metadata(self.file.metadata()?))
    }

    pub(super) fn read_at(&self, offset: u64, sink: &mut impl Sink) -> Result {
        if !self.may_read {
            return Err(FsError::NotReadable);
        }
        let mut buffer = vec![0; PIECE_LEN.min(sink.room() as usize)];
        let mut done = 0;
        while sink.room() > 0 {
            let len = buffer.len().min(sink.room() as usize);
            match read_at(&self.file, &mut buffer[..len], offset.saturating_add(done)) {
                Ok(read) => {
                    sink.put(&buffer[..read]);
                    done += read as u64;
                    if read < len {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if done == 0 => return Err(from_io(error)),
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Writes the first bytes. Returns their number.
    pub(super) fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        uninterrupted(|| write_at(&self.file, bytes, offset)).map_err(from_io)
    }

    /// Appends in one step, so bytes of other processes are not overwritten.
    pub(super) fn append(&self, bytes: &[u8]) -> Result<Appended> {
        let mut file = &self.file;
        set_append(file, true).map_err(from_io)?;
        let written = uninterrupted(|| file.write(bytes));
        // A device has no position.
        let end = file.stream_position().unwrap_or(0);
        set_append(file, false).map_err(from_io)?;
        let len = written.map_err(from_io)?;
        Ok(Appended { len, end })
    }

    pub(super) fn set_len(&self, len: u64) -> Result {
        self.file.set_len(len).map_err(from_io)
    }

    pub(super) fn set_times(&self, times: Times) -> io::Result<()> {
        stat::set_times_of(&self.file, times)
    }

    pub(super) fn sync(&self, flush: Flush) -> Result {
        let synced = match flush {
            Flush::Content => self.file.sync_data(),
            Flush::Everything => self.file.sync_all(),
        };
        synced.map_err(from_io)
    }
}

/// Opens the directory for reading, because the descriptor of a search cannot be synced.
pub(super) fn sync_directory(dir: &Dir) -> Result {
    let mut options = OpenOptions::new();
    options.read(true).maybe_dir(true);
    let file = dir.open_with(".", &options).map_err(from_io)?;
    file.sync_all().map_err(from_io)
}

/// Repeats an operation until no signal interrupts it.
fn uninterrupted(mut write: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match write() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            written => return written,
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(bytes, offset)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    file.write_at(bytes, offset)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek(io::SeekFrom::Start(offset))?;
    io::Read::read(&mut file, bytes)
}

#[cfg(not(unix))]
fn write_at(mut file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    file.seek(io::SeekFrom::Start(offset))?;
    file.write(bytes)
}

#[cfg(unix)]
fn set_append(file: &File, append: bool) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::APPEND, append);
    Ok(fcntl_setfl(file, flags)?)
}

/// Other systems have no such flag for an open file, so the end may move meanwhile.
#[cfg(not(unix))]
fn set_append(mut file: &File, append: bool) -> io::Result<()> {
    match append {
        true => file.seek(io::SeekFrom::End(0)).map(|_| ()),
        false => Ok(()),
    }
}
