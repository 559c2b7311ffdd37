//! A file or link on its way to its place: made without a name or under another one,
//! and given its own when it is complete.

#[cfg(target_os = "linux")]
mod unnamed;

use cap_fs_ext::DirExt;
use cap_std::fs::{Dir, OpenOptions};
use std::fs::File;
use std::io::{self, ErrorKind};

/// How many names are tried for a temporary file. Each that is taken is a file
/// that an earlier run was killed over.
const MAX_TEMPORARY_NAMES: u32 = 1000;

/// A file or link that is not yet at its place.
pub(crate) enum Staged {
    /// Without a name, and gone when this is.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    Named(Temporary),
}

impl Staged {
    /// An empty file, and the same to write to.
    pub(crate) fn start(directory: &Dir, executable: bool) -> io::Result<(Self, File)> {
        #[cfg(target_os = "linux")]
        if let Ok(file) = unnamed::create(directory, executable) {
            let same = file.try_clone()?;
            return Ok((Self::Unnamed(file), same));
        }
        let (temporary, file) = Temporary::make(|name| create(directory, name, executable))?;
        Ok((Self::Named(temporary), file))
    }

    /// Gives it its time and its name, in the place of what has that name if it may
    /// `replace` it.
    pub(crate) fn place(
        self,
        directory: &Dir,
        name: &str,
        mtime_ns: i64,
        replace: bool,
    ) -> io::Result<()> {
        let temporary = match self {
            Self::Named(temporary) => temporary,
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => {
                set_mtime_of(&file, mtime_ns)?;
                match unnamed::link(&file, directory, name) {
                    Err(error) if replace && error.kind() == ErrorKind::AlreadyExists => {}
                    done => return done,
                }
                // No call names an unnamed file by a name that is taken, so it
                // gets another one for a moment.
                Temporary::make(|name| unnamed::link(&file, directory, name))?.0
            }
        };
        let placed = set_mtime(directory, &temporary.0, mtime_ns)
            .and_then(|()| rename(directory, &temporary.0, name, replace));
        placed.inspect_err(|_| temporary.remove(directory))
    }

    pub(crate) fn remove(&self, directory: &Dir) {
        if let Self::Named(temporary) = self {
            temporary.remove(directory);
        }
    }
}

/// The name of a file that is not finished.
pub(crate) struct Temporary(pub(crate) String);

impl Temporary {
    /// Calls `make` with names until it succeeds with one that is not taken.
    pub(crate) fn make<T>(make: impl Fn(&str) -> io::Result<T>) -> io::Result<(Self, T)> {
        let mut taken = ErrorKind::AlreadyExists.into();
        for attempt in 0..MAX_TEMPORARY_NAMES {
            let name = format!(".wasi-vfs-{}-{attempt}", std::process::id());
            match make(&name) {
                Ok(made) => return Ok((Self(name), made)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = error,
                Err(error) => return Err(error),
            }
        }
        Err(taken)
    }

    /// Best effort: there is an error to report already.
    pub(crate) fn remove(&self, directory: &Dir) {
        let _ = directory.remove_file_or_symlink(&self.0);
    }
}

/// Gives a file or link another name, which is not taken if it may not `replace`.
fn rename(directory: &Dir, from: &str, to: &str, replace: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if !replace {
        use rustix::fs::{RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(directory, from, directory, to, RenameFlags::NOREPLACE) {
            // Not every file system can.
            Err(Errno::INVAL | Errno::NOSYS) => {}
            done => return Ok(done?),
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = replace;
    directory.rename(from, directory, to)
}

/// A new file with the permissions that a new file or program gets.
pub(crate) fn create(directory: &Dir, name: &str, executable: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt;
        // The umask is applied to this.
        options.mode(if executable { 0o777 } else { 0o666 });
    }
    #[cfg(not(unix))]
    let _ = executable;
    Ok(directory.open_with(name, &options)?.into_std())
}

/// A link that says `target`, wherever that leads: nothing here follows it.
pub(crate) fn symlink(directory: &Dir, target: &str, name: &str) -> io::Result<()> {
    #[cfg(unix)]
    return directory.symlink_contents(target, name);
    #[cfg(not(unix))]
    return DirExt::symlink(directory, target, name);
}

/// Sets the time of `name`, which is one name, so that nothing is followed.
#[cfg(unix)]
pub(crate) fn set_mtime(directory: &Dir, name: &str, mtime_ns: i64) -> io::Result<()> {
    use rustix::fs::{AtFlags, utimensat};
    // Not by cap-std, which panics on times before 1970.
    utimensat(
        directory,
        name,
        &timestamps(mtime_ns),
        AtFlags::SYMLINK_NOFOLLOW,
    )?;
    Ok(())
}

/// Sets the time of an open file.
#[cfg(target_os = "linux")]
fn set_mtime_of(file: &File, mtime_ns: i64) -> io::Result<()> {
    rustix::fs::futimens(file, &timestamps(mtime_ns))?;
    Ok(())
}

/// Another time of modification, and that of the last access as it is.
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

/// Sets the time of `name`. One before 1970 is left as it is.
#[cfg(not(unix))]
pub(crate) fn set_mtime(directory: &Dir, name: &str, mtime_ns: i64) -> io::Result<()> {
    use cap_fs_ext::SystemTimeSpec;
    use cap_std::time::SystemTime;
    use std::time::{Duration, UNIX_EPOCH};
    let since = u64::try_from(mtime_ns).map(Duration::from_nanos);
    let Some(time) = since.ok().and_then(|since| UNIX_EPOCH.checked_add(since)) else {
        return Ok(());
    };
    let time = SystemTimeSpec::Absolute(SystemTime::from_std(time));
    directory.set_symlink_times(name, None, Some(time))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use cap_std::ambient_authority;
    use std::fs;

    /// What is not there when it is looked for may be when a name is given.
    #[test]
    fn what_has_appeared_meanwhile_is_not_replaced_without_force() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("file");
        let directory = Dir::open_ambient_dir(scratch.path(), ambient_authority()).unwrap();
        for force in [false, true] {
            fs::write(&path, "theirs").unwrap();
            let (unnamed, _) = Staged::start(&directory, false).unwrap();
            let named = Temporary::make(|name| create(&directory, name, false)).unwrap();
            for made in [unnamed, Staged::Named(named.0)] {
                let placed = made.place(&directory, "file", 0, force);
                let kind = placed.err().map(|error| error.kind());
                assert_eq!(kind, (!force).then_some(ErrorKind::AlreadyExists));
            }
            let is_theirs = fs::read(&path).unwrap() == b"theirs";
            assert_eq!(is_theirs, !force);
            assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
        }
    }
}
