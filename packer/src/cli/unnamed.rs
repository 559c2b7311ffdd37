//! A file that has no name until it is complete.
//!
//! Where the system has such files, a process that is killed at any moment
//! leaves nothing behind, and no handler of signals is needed.

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

/// Names that are tried for the moment between naming and replacing.
const MAX_NAMES: u32 = 100;

/// A file in `directory` with the permissions that a new file gets; an error if
/// the file system has no unnamed files.
pub(super) fn create(directory: &Path) -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o666);
    Ok(openat(CWD, directory, flags, mode)?.into())
}

/// Writes the bytes and gives the file the name `target`, in the same
/// directory. What had the name is replaced.
pub(super) fn write(mut file: File, target: &Path, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    match link(&file, target) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => replace(&file, target),
        done => done,
    }
}

fn link(file: &File, name: &Path) -> io::Result<()> {
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(CWD, unnamed, CWD, name, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}

/// No call gives an unnamed file a name that is taken, so it gets another one
/// for a moment.
fn replace(file: &File, target: &Path) -> io::Result<()> {
    for attempt in 0..MAX_NAMES {
        let name = format!(".wasi-vfs-{}-{attempt}", std::process::id());
        let temporary = target.with_file_name(name);
        match link(file, &temporary) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) => {
                return fs::rename(&temporary, target).inspect_err(|_| {
                    // Best effort: there is an error to report already.
                    let _ = fs::remove_file(&temporary);
                });
            }
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}
