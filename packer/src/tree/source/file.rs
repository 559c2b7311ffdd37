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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    /// The bytes that the calls of this thread have read so far, of all files.
    fn read_len() -> u64 {
        let text = std::fs::read_to_string("/proc/thread-self/io").expect("Linux counts reads");
        let line = text.lines().find_map(|line| line.strip_prefix("rchar: "));
        line.and_then(|count| count.parse().ok()).expect("a count")
    }

    /// The length of the content, and its bytes except zeros.
    fn drain(reader: &mut dyn Read) -> (u64, Vec<u8>) {
        let (mut len, mut data) = (0, Vec::new());
        let zeros = vec![0; 1 << 20];
        let mut buffer = zeros.clone();
        loop {
            match reader.read(&mut buffer).expect("readable") {
                0 => return (len, data),
                count => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    len += count as u64;
                    // One comparison is faster than one for each byte.
                    if zeros.get(..count) != Some(bytes) {
                        data.extend(bytes.iter().filter(|byte| **byte != 0));
                    }
                }
            }
        }
    }

    #[test]
    fn holes_of_a_long_file_are_not_read() {
        const LEN: u64 = 4 << 30;
        let directory = tempfile::tempdir().unwrap();
        let file = File::create(directory.path().join("disk")).unwrap();
        for (at, bytes) in [(0, &b"start"[..]), (3 << 30, b"later"), (LEN - 3, b"end")] {
            file.write_all_at(bytes, at).unwrap();
        }
        file.set_len(LEN).unwrap();
        let host = HostFile::new(directory.path().into(), "disk", &file.metadata().unwrap());
        let before = read_len();
        let (len, data) = drain(&mut *host.open(0).unwrap());
        assert_eq!((len, &*data), (LEN, &b"startlaterend"[..]));
        // File systems store data in blocks, which are read.
        let read = read_len() - before;
        assert!(read < 1 << 20, "{read} bytes read");
    }
}
