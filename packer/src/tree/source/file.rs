//! The content of a host file, opened when it is read.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasi_vfs_format::tree::FileContent;

/// A regular file of the host.
///
/// Another process may replace the file between the walk and the opening. Then opening it
/// fails. Links are not followed, so no file from outside the mapped directory is packed.
#[derive(Debug)]
pub(super) struct HostFile {
    /// All files of a directory share its path, because paths of a deep tree can be longer
    /// than its files.
    directory: Arc<Path>,
    name: Box<str>,
    identity: Identity,
}

impl HostFile {
    pub(super) fn new(directory: Arc<Path>, name: &str, metadata: &Metadata) -> Self {
        Self {
            directory,
            name: name.into(),
            identity: Identity::of(metadata),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(&*self.name)
    }
}

impl FileContent for HostFile {
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let mut file = open_without_following(&self.path())?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || Identity::of(&metadata) != self.identity {
            return Err(io::Error::other(
                "the file was replaced while it was packed",
            ));
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if is_sparse(&metadata) {
            return Ok(Box::new(super::sparse::Sparse::new(file, offset)));
        }
        if offset > 0 {
            file.seek(SeekFrom::Start(offset))?;
        }
        Ok(Box::new(file))
    }

    fn describe(&self) -> String {
        self.path().display().to_string()
    }
}

/// Whether a file has holes, so that its blocks on disk are shorter than its length.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_sparse(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    // The unit of `blocks()` on every file system.
    const BLOCK_LEN: u64 = 512;
    metadata.blocks().saturating_mul(BLOCK_LEN) < metadata.len()
}

#[cfg(unix)]
fn open_without_following(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open_without_following(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// Distinguishes a file from another one at the same path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
}

impl Identity {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: &Metadata) -> Self {
        Self {}
    }
}
