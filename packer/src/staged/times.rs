//! Modification times of files, links and directories.

use cap_std::fs::Dir;
#[cfg(target_os = "linux")]
use std::fs::File;
use std::io;

/// Sets the modification time of `name`, a single name. A link is not followed.
#[cfg(unix)]
pub(crate) fn set_mtime(directory: &Dir, name: &str, mtime_ns: i64) -> io::Result<()> {
    use rustix::fs::{AtFlags, utimensat};
    // `cap_std` panics on times before 1970.
    utimensat(
        directory,
        name,
        &timestamps(mtime_ns),
        AtFlags::SYMLINK_NOFOLLOW,
    )?;
    Ok(())
}

/// Sets the modification time of an open file.
#[cfg(target_os = "linux")]
pub(super) fn set_mtime_of(file: &File, mtime_ns: i64) -> io::Result<()> {
    rustix::fs::futimens(file, &timestamps(mtime_ns))?;
    Ok(())
}

/// A new modification time, and the access time unchanged.
#[cfg(unix)]
fn timestamps(mtime_ns: i64) -> rustix::fs::Timestamps {
    use rustix::fs::{Timespec, Timestamps, UTIME_OMIT};
    Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: mtime_ns.div_euclid(NANOSECONDS),
            tv_nsec: mtime_ns.rem_euclid(NANOSECONDS) as _,
        },
    }
}

#[cfg(unix)]
const NANOSECONDS: i64 = 1_000_000_000;

/// Sets the modification time of `name`. Skips a time before 1970, which the system does
/// not support.
#[cfg(not(unix))]
pub(crate) fn set_mtime(directory: &Dir, name: &str, mtime_ns: i64) -> io::Result<()> {
    use cap_fs_ext::{DirExt, SystemTimeSpec};
    use cap_std::time::SystemTime;
    use std::time::{Duration, UNIX_EPOCH};
    let since = u64::try_from(mtime_ns).map(Duration::from_nanos);
    let Some(time) = since.ok().and_then(|since| UNIX_EPOCH.checked_add(since)) else {
        return Ok(());
    };
    let time = SystemTimeSpec::Absolute(SystemTime::from_std(time));
    directory.set_symlink_times(name, None, Some(time))
}
