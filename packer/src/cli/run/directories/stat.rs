//! Metadata of the host as the runtime has it.
//!
//! Times are seconds and nanoseconds of 64 bits each. Out of the range of nanoseconds
//! since 1970, from 1677 to 2262, they become its nearest end.

use cap_fs_ext::MetadataExt;
use cap_std::fs::{Dir, FileType, Metadata};
use std::fs::File;
use std::io;
use wasi_vfs_runtime::fs::{Kind, Stat, Time, Times};

/// Preview 1 sees a device as a file.
pub(super) fn kind(file_type: FileType) -> Kind {
    if file_type.is_dir() {
        Kind::Directory
    } else if file_type.is_symlink() {
        Kind::Symlink
    } else {
        Kind::File
    }
}

pub(super) fn stat(metadata: &Metadata) -> Stat {
    let [accessed_ns, modified_ns, changed_ns] = times_ns(metadata);
    Stat {
        serial: metadata.ino(),
        kind: kind(metadata.file_type()),
        link_count: metadata.nlink(),
        len: metadata.len(),
        accessed_ns,
        modified_ns,
        changed_ns,
    }
}

/// Whether a program would wait in it for another process.
#[cfg(unix)]
pub(super) fn waits(metadata: &Metadata) -> bool {
    use cap_std::fs::FileTypeExt;
    let file_type = metadata.file_type();
    file_type.is_fifo() || file_type.is_socket()
}

#[cfg(not(unix))]
pub(super) fn waits(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn times_ns(metadata: &Metadata) -> [i64; 3] {
    use cap_std::fs::MetadataExt;
    [
        nanoseconds(metadata.atime(), metadata.atime_nsec()),
        nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    ]
}

#[cfg(not(unix))]
fn times_ns(metadata: &Metadata) -> [i64; 3] {
    use std::time::UNIX_EPOCH;
    let since = |time: io::Result<cap_std::time::SystemTime>| {
        let time = time
            .ok()
            .and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok());
        time.map_or(0, |time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
    };
    let modified = since(metadata.modified());
    [since(metadata.accessed()), modified, modified]
}

const NANOSECONDS: i64 = 1_000_000_000;

#[cfg(unix)]
fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(NANOSECONDS).saturating_add(rest)
}

/// Sets the times of a name in `dir`. A link is not followed.
#[cfg(unix)]
pub(super) fn set_times(dir: &Dir, name: &str, times: Times) -> io::Result<()> {
    use rustix::fs::{AtFlags, utimensat};
    let times = timestamps(times);
    Ok(utimensat(dir, name, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Sets the times of an open file.
#[cfg(unix)]
pub(super) fn set_times_of(file: &File, times: Times) -> io::Result<()> {
    Ok(rustix::fs::futimens(file, &timestamps(times))?)
}

#[cfg(unix)]
fn timestamps(times: Times) -> rustix::fs::Timestamps {
    use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
    let spec = |time: Option<Time>| {
        let (tv_sec, tv_nsec) = match time {
            None => (0, UTIME_OMIT),
            Some(Time::Now) => (0, UTIME_NOW),
            Some(Time::At(time_ns)) => (
                time_ns.div_euclid(NANOSECONDS),
                time_ns.rem_euclid(NANOSECONDS) as _,
            ),
        };
        Timespec { tv_sec, tv_nsec }
    };
    Timestamps {
        last_access: spec(times.accessed),
        last_modification: spec(times.modified),
    }
}

#[cfg(not(unix))]
pub(super) fn set_times(_: &Dir, _: &str, _: Times) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
pub(super) fn set_times_of(_: &File, _: Times) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
