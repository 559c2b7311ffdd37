//! A file that has no name until it is complete: an extraction that is killed
//! leaves none of it behind.

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

/// A file in `directory` with the permissions that a new file or program gets;
/// an error if the system has no unnamed files or cannot name them later.
pub(super) fn create(directory: &Dir, executable: bool) -> io::Result<File> {
    if !Path::new("/proc/self/fd").exists() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    // The umask is applied to this.
    let mode = Mode::from_raw_mode(if executable { 0o777 } else { 0o666 });
    Ok(openat(directory, ".", flags, mode)?.into())
}

/// Gives it a name that is not taken.
pub(super) fn link(file: &File, directory: &Dir, name: &str) -> io::Result<()> {
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(CWD, unnamed, directory, name, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}
