//! Files without a name, on Linux.

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

/// A file in `directory` with the permissions of a new file or program. Fails if the file
/// system has no unnamed files, or if `link` could not name the file.
pub(super) fn create(directory: &Dir, executable: bool) -> io::Result<File> {
    if !Path::new("/proc/self/fd").exists() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    // The system applies the umask.
    let mode = Mode::from_raw_mode(if executable { 0o777 } else { 0o666 });
    Ok(openat(directory, ".", flags, mode)?.into())
}

/// Gives `file` the name `name`. Fails if the name is taken.
pub(super) fn link(file: &File, directory: &Dir, name: &Path) -> io::Result<()> {
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(CWD, unnamed, directory, name, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}
