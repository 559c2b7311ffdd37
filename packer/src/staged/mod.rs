//! A file or link that appears under its name when it is complete.
//!
//! Readers see the old object or the new one, never a part. On Linux a staged file has no
//! name, so a killed process leaves nothing behind. Elsewhere, and for links, the object
//! has a temporary name in the same directory and is renamed:
//!
//! ```text
//! Staged::file(dir)   O_TMPFILE          or create .wasi-vfs-PID-0
//! write the bytes
//! place(name)         linkat name        or rename .wasi-vfs-PID-0 -> name
//! ```
//!
//! `linkat` replaces nothing. To replace a file, an unnamed file gets a temporary name
//! first. The `tempfile` and `cap-tempfile` crates have no such file that is executable,
//! replaces nothing, or is relative to an open directory.

mod times;
#[cfg(target_os = "linux")]
mod unnamed;

pub(crate) use times::set_mtime;

use cap_fs_ext::DirExt;
use cap_std::fs::{Dir, OpenOptions};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

/// How many temporary names are tried. Each taken name belongs to a running process or is
/// left from a killed one.
const MAX_TEMPORARY_NAMES: u32 = 1000;

/// A file or link in a directory that does not have its name yet.
#[derive(Debug)]
pub struct Staged<'d> {
    directory: &'d Dir,
    object: Object,
}

#[derive(Debug)]
enum Object {
    /// The system removes it when it is closed.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    Named(Temporary),
}

impl<'d> Staged<'d> {
    /// An empty file with the permissions of a new file or program, and a handle to write
    /// its content.
    pub fn file(directory: &'d Dir, executable: bool) -> io::Result<(Self, File)> {
        #[cfg(target_os = "linux")]
        if let Ok(file) = unnamed::create(directory, executable) {
            let handle = file.try_clone()?;
            let object = Object::Unnamed(file);
            return Ok((Self { directory, object }, handle));
        }
        Self::named_file(directory, executable)
    }

    fn named_file(directory: &'d Dir, executable: bool) -> io::Result<(Self, File)> {
        let (temporary, file) = Temporary::make(|name| create(directory, name, executable))?;
        let object = Object::Named(temporary);
        Ok((Self { directory, object }, file))
    }

    /// A symbolic link with the target `target`, which is not followed.
    pub fn symlink(directory: &'d Dir, target: &str) -> io::Result<Self> {
        let (temporary, ()) = Temporary::make(|name| symlink(directory, target, name))?;
        let object = Object::Named(temporary);
        Ok(Self { directory, object })
    }

    /// Sets the modification time of the object, if given, and gives it its name.
    /// Replaces an object with that name only if `replace`.
    pub fn place(
        self,
        name: impl AsRef<Path>,
        mtime_ns: Option<i64>,
        replace: bool,
    ) -> io::Result<()> {
        let (directory, name) = (self.directory, name.as_ref());
        let temporary = match self.object {
            Object::Named(temporary) => temporary,
            #[cfg(target_os = "linux")]
            Object::Unnamed(file) => {
                if let Some(mtime_ns) = mtime_ns {
                    times::set_mtime_of(&file, mtime_ns)?;
                }
                match unnamed::link(&file, directory, name) {
                    Err(error) if replace && error.kind() == ErrorKind::AlreadyExists => {}
                    done => return done,
                }
                let link = |name: &str| unnamed::link(&file, directory, Path::new(name));
                Temporary::make(link)?.0
            }
        };
        let timed = match mtime_ns {
            Some(mtime_ns) => set_mtime(directory, &temporary.0, mtime_ns),
            None => Ok(()),
        };
        let placed = timed.and_then(|()| rename(directory, &temporary.0, name, replace));
        placed.inspect_err(|_| temporary.remove(directory))
    }

    /// Removes the object. An error is ignored, because the caller has one to report.
    pub fn remove(self) {
        if let Object::Named(temporary) = self.object {
            temporary.remove(self.directory);
        }
    }
}

/// The temporary name of an object.
#[derive(Debug)]
struct Temporary(String);

impl Temporary {
    /// Calls `make` with one temporary name after the other, until a name is free.
    fn make<T>(make: impl Fn(&str) -> io::Result<T>) -> io::Result<(Self, T)> {
        let mut taken = ErrorKind::AlreadyExists.into();
        for attempt in 0..MAX_TEMPORARY_NAMES {
            let name = format!(".wasi-vfs-{}-{attempt}", std::process::id());
            match make(&name) {
                Ok(object) => return Ok((Self(name), object)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = error,
                Err(error) => return Err(error),
            }
        }
        Err(taken)
    }

    fn remove(&self, directory: &Dir) {
        let _ = directory.remove_file_or_symlink(&self.0);
    }
}

/// Whether `directory` finds a file by its name in other letter case. Creates a temporary
/// file to find out. Without permission to create a file, the answer is no.
pub(crate) fn ignores_case(directory: &Dir) -> bool {
    let file = Temporary::make(|name| create(directory, name, false));
    file.is_ok_and(|(temporary, _)| {
        let found = directory.symlink_metadata(temporary.0.to_uppercase());
        temporary.remove(directory);
        found.is_ok()
    })
}

/// Renames a file or link. Replaces an object with the new name only if `replace`.
fn rename(directory: &Dir, from: &str, to: &Path, replace: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if !replace {
        use rustix::fs::{RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(directory, from, directory, to, RenameFlags::NOREPLACE) {
            // Some file systems do not support the flag.
            Err(Errno::INVAL | Errno::NOSYS) => {}
            done => return Ok(done?),
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = replace;
    directory.rename(from, directory, to)
}

/// A new file with the permissions of a new file or program.
fn create(directory: &Dir, name: &str, executable: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt;
        // The system applies the umask.
        options.mode(if executable { 0o777 } else { 0o666 });
    }
    #[cfg(not(unix))]
    let _ = executable;
    Ok(directory.open_with(name, &options)?.into_std())
}

fn symlink(directory: &Dir, target: &str, name: &str) -> io::Result<()> {
    #[cfg(unix)]
    return directory.symlink_contents(target, name);
    #[cfg(not(unix))]
    return DirExt::symlink(directory, target, name);
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use cap_std::ambient_authority;
    use std::fs;

    fn open(path: &Path) -> Dir {
        Dir::open_ambient_dir(path, ambient_authority()).unwrap()
    }

    /// The name may be taken between the check of a caller and the placement.
    #[test]
    fn objects_that_appear_are_replaced_only_by_force() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("file");
        let directory = open(scratch.path());
        for force in [false, true] {
            fs::write(&path, "theirs").unwrap();
            let (unnamed, _) = Staged::file(&directory, false).unwrap();
            let (named, _) = Staged::named_file(&directory, false).unwrap();
            for staged in [unnamed, named] {
                let placed = staged.place("file", Some(0), force);
                let kind = placed.err().map(|error| error.kind());
                assert_eq!(kind, (!force).then_some(ErrorKind::AlreadyExists));
            }
            let is_theirs = fs::read(&path).unwrap() == b"theirs";
            assert_eq!(is_theirs, !force);
            assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn removed_objects_leave_no_name() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = open(scratch.path());
        let staged = [
            Staged::named_file(&directory, false).unwrap().0,
            Staged::named_file(&directory, true).unwrap().0,
            Staged::symlink(&directory, "target").unwrap(),
        ];
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 3);
        staged.into_iter().for_each(Staged::remove);
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
}
