//! Writing what is planned below one directory of the host.
//!
//! Directories are entered one name at a time and never through a link, so a
//! link that lies in the target, or that changes while this runs, leads
//! nowhere. Files have no name until they are complete, where the system has
//! such files; else they, and links, are made under another name and renamed.

use super::entered::Entered;
use super::letters;
use super::place::Places;
use super::plan::{At, Leaf, LeafKind, Plan};
#[cfg(target_os = "linux")]
use super::unnamed;
use super::{Copy, ExtractError};
use cap_fs_ext::DirExt;
use cap_std::fs::{Dir, FileType, OpenOptions};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};

/// How many names are tried for a temporary file. Each that is taken is a file
/// that an earlier run was killed over.
const MAX_TEMPORARY_NAMES: u32 = 1000;

/// A directory of the host to extract into.
pub(super) struct Target<'c> {
    directories: Entered,
    force: bool,
    copy: &'c Copy<'c>,
    places: Places,
    /// Positions in the plan of the directories that were not there before.
    made: HashSet<usize>,
}

impl<'c> Target<'c> {
    pub(super) fn new(root: Dir, force: bool, copy: &'c Copy<'c>) -> Self {
        Self {
            directories: Entered::new(root),
            force,
            copy,
            places: Places::default(),
            made: HashSet::new(),
        }
    }

    /// A directory that was made to extract into.
    pub(super) fn made(root: Dir, copy: &'c Copy<'c>) -> Self {
        Self {
            made: HashSet::from([0]),
            ..Self::new(root, false, copy)
        }
    }

    /// Removes what is planned, and may be there in part, deepest first. With few
    /// descriptors open, however deep it is; best effort, for there is an error to
    /// report already.
    pub(super) fn remove(&mut self, plan: &Plan) {
        for at in plan.iter().rev() {
            let Ok(directory) = self.directories.open(at) else {
                continue;
            };
            for leaf in &at.folder.leaves {
                let _ = directory.remove_file_or_symlink(&leaf.name);
            }
            let parent = at.parent().map(|parent| self.directories.open(parent));
            if let Some(Ok(parent)) = parent {
                let _ = parent.remove_dir(&at.folder.name);
            }
        }
    }

    /// Writes everything; nothing if something is in the way.
    pub(super) fn write(&mut self, plan: &Plan) -> Result<(), ExtractError> {
        if let Some(path) = letters::clash(plan)
            && ignores_case(self.directories.root())
        {
            return Err(ExtractError::Collision { path });
        }
        for at in plan.iter() {
            self.look_ahead(at)?;
        }
        for at in plan.iter() {
            let directory = self.make_folder(at)?;
            let files = at.folder.leaves.iter().filter(|leaf| !leaf.is_link());
            for leaf in files {
                self.make_leaf(&directory, at, leaf)?;
            }
        }
        // Last, so that nothing can be written through one of them.
        for at in plan.iter() {
            self.make_links(at)?;
        }
        // Deepest first: making what is in a directory changes its time.
        for at in plan.iter().rev() {
            self.set_time(at)?;
        }
        Ok(())
    }

    /// A directory that was there before may be somebody else's. The one to extract
    /// into has a time of its own.
    fn set_time(&mut self, at: At<'_>) -> Result<(), ExtractError> {
        let is_made = self.made.contains(&at.position);
        if at.parent().is_none() && !is_made {
            return Ok(());
        }
        let directory = self.directories.open(at);
        let done = directory.and_then(|dir| set_mtime(&dir, ".", at.folder.mtime_ns));
        match done {
            Err(error) if is_made => Err(cannot_write(at, "", error)),
            _ => Ok(()),
        }
    }

    /// Finds out whether something in the target is in the way of a directory
    /// or of what is in it.
    fn look_ahead(&mut self, at: At<'_>) -> Result<(), ExtractError> {
        if let Some(parent) = at.parent() {
            // If what is above is not there or will be replaced, nothing is here.
            let Ok(parent) = self.directories.open(parent) else {
                return Ok(());
            };
            let Ok(metadata) = parent.symlink_metadata(&at.folder.name) else {
                return Ok(());
            };
            if !metadata.is_dir() {
                return self.may_replace(metadata.file_type(), at.path_of(""));
            }
        }
        let directory = self.directories.open(at);
        let directory = directory.map_err(|error| cannot_write(at, "", error))?;
        for leaf in &at.folder.leaves {
            if let Ok(metadata) = directory.symlink_metadata(&leaf.name) {
                self.may_replace(metadata.file_type(), at.path_of(&leaf.name))?;
            }
        }
        Ok(())
    }

    /// Whether an object that is in the way, and not a directory in the place
    /// of one, may go.
    fn may_replace(&self, found: FileType, path: String) -> Result<(), ExtractError> {
        let what = match found {
            found if found.is_file() || found.is_symlink() => None,
            found if found.is_dir() => Some("a directory"),
            _ => Some("a device, pipe or socket"),
        };
        match (what, self.force) {
            (Some(what), _) => Err(ExtractError::InTheWay { path, what }),
            (None, false) => Err(ExtractError::Exists { path }),
            (None, true) => Ok(()),
        }
    }

    fn make_folder(&mut self, at: At<'_>) -> Result<Dir, ExtractError> {
        let cannot = |error| cannot_write(at, "", error);
        if let Some(parent) = at.parent() {
            let parent = self.directories.open(parent).map_err(cannot)?;
            self.make_directory(&parent, at)?;
        }
        let directory = self.directories.open(at).map_err(cannot)?;
        let metadata = directory.dir_metadata().map_err(cannot)?;
        let path = at.path_of("");
        match self.places.take(&path, &metadata) {
            true => Ok(directory),
            false => Err(ExtractError::Collision { path }),
        }
    }

    fn make_directory(&mut self, parent: &Dir, at: At<'_>) -> Result<(), ExtractError> {
        let cannot = |error| cannot_write(at, "", error);
        let name = &at.folder.name;
        match parent.symlink_metadata(name) {
            Ok(metadata) if metadata.is_dir() => return Ok(()),
            Ok(metadata) => {
                let path = at.path_of("");
                if self.places.is_taken(&path, &metadata) {
                    return Err(ExtractError::Collision { path });
                }
                self.may_replace(metadata.file_type(), path)?;
                parent.remove_file_or_symlink(name).map_err(cannot)?;
            }
            Err(_) => {}
        }
        parent.create_dir(name).map_err(cannot)?;
        self.made.insert(at.position);
        Ok(())
    }

    fn make_links(&mut self, at: At<'_>) -> Result<(), ExtractError> {
        if !at.folder.leaves.iter().any(Leaf::is_link) {
            return Ok(());
        }
        let directory = self.directories.open(at);
        let directory = directory.map_err(|error| cannot_write(at, "", error))?;
        let links = at.folder.leaves.iter().filter(|leaf| leaf.is_link());
        for leaf in links {
            self.make_leaf(&directory, at, leaf)?;
        }
        Ok(())
    }

    fn make_leaf(&mut self, directory: &Dir, at: At<'_>, leaf: &Leaf) -> Result<(), ExtractError> {
        let path = at.path_of(&leaf.name);
        if let Ok(metadata) = directory.symlink_metadata(&leaf.name) {
            if self.places.is_taken(&path, &metadata) {
                return Err(ExtractError::Collision { path });
            }
            self.may_replace(metadata.file_type(), path.clone())?;
        }
        let cannot = |error| cannot_write(at, &leaf.name, error);
        let made = self.make(directory, at, leaf)?;
        match made.place(directory, leaf, self.force) {
            // It was not there a moment ago.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(ExtractError::Exists { path });
            }
            placed => placed.map_err(cannot)?,
        }
        let metadata = directory.symlink_metadata(&leaf.name).map_err(cannot)?;
        self.places.take(&path, &metadata);
        Ok(())
    }

    /// The file or link, complete.
    fn make(&self, directory: &Dir, at: At<'_>, leaf: &Leaf) -> Result<Made, ExtractError> {
        let cannot = |error| cannot_write(at, &leaf.name, error);
        match &leaf.kind {
            LeafKind::Symlink { target } => {
                let made = Temporary::make(|name| symlink(directory, target, name));
                made.map(|(temporary, ())| Made::Named(temporary))
                    .map_err(cannot)
            }
            LeafKind::File {
                number, executable, ..
            } => {
                let (made, file) = Made::start(directory, *executable).map_err(cannot)?;
                let mut out = Sink::new(file);
                let copied = (self.copy)(*number, &mut out);
                let copied = copied.and_then(|_| out.flush());
                if let Err(error) = copied {
                    made.remove(directory);
                    return Err(out.blame(at, leaf, error));
                }
                Ok(made)
            }
        }
    }
}

impl Leaf {
    fn is_link(&self) -> bool {
        matches!(self.kind, LeafKind::Symlink { .. })
    }
}

/// A file or link that is not yet at its place.
enum Made {
    /// Without a name, and gone when this is.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    Named(Temporary),
}

impl Made {
    /// An empty file, and the same to write to.
    fn start(directory: &Dir, executable: bool) -> io::Result<(Self, File)> {
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
    fn place(self, directory: &Dir, leaf: &Leaf, replace: bool) -> io::Result<()> {
        let temporary = match self {
            Self::Named(temporary) => temporary,
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => {
                set_mtime_of(&file, leaf.mtime_ns)?;
                match unnamed::link(&file, directory, &leaf.name) {
                    Err(error) if replace && error.kind() == ErrorKind::AlreadyExists => {}
                    done => return done,
                }
                // No call names an unnamed file by a name that is taken, so it
                // gets another one for a moment.
                Temporary::make(|name| unnamed::link(&file, directory, name))?.0
            }
        };
        let placed = set_mtime(directory, &temporary.0, leaf.mtime_ns)
            .and_then(|()| rename(directory, &temporary.0, &leaf.name, replace));
        placed.inspect_err(|_| temporary.remove(directory))
    }

    fn remove(&self, directory: &Dir) {
        if let Self::Named(temporary) = self {
            temporary.remove(directory);
        }
    }
}

/// The name of a file that is not finished.
struct Temporary(String);

impl Temporary {
    /// Calls `make` with names until it succeeds with one that is not taken.
    fn make<T>(make: impl Fn(&str) -> io::Result<T>) -> io::Result<(Self, T)> {
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
    fn remove(&self, directory: &Dir) {
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

/// Whether a directory gives a file by its name in other letters, too.
fn ignores_case(directory: &Dir) -> bool {
    // If there can be no file, what is planned fails and says why.
    let made = Temporary::make(|name| create(directory, name, false));
    made.is_ok_and(|(temporary, _)| {
        let found = directory.symlink_metadata(temporary.0.to_uppercase());
        temporary.remove(directory);
        found.is_ok()
    })
}

/// The file being written, which knows whether it was to blame.
struct Sink {
    out: BufWriter<File>,
    failed: bool,
}

impl Sink {
    fn new(file: File) -> Self {
        let out = BufWriter::new(file);
        Self { out, failed: false }
    }

    fn blame(&self, at: At<'_>, leaf: &Leaf, source: io::Error) -> ExtractError {
        let path = at.path_of(&leaf.name);
        match self.failed {
            true => ExtractError::Write { path, source },
            false => ExtractError::Read { path, source },
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.failed |= written.is_err();
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.failed |= flushed.is_err();
        flushed
    }
}

/// A new file with the permissions that a new file or program gets.
fn create(directory: &Dir, name: &str, executable: bool) -> io::Result<File> {
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
fn symlink(directory: &Dir, target: &str, name: &str) -> io::Result<()> {
    #[cfg(unix)]
    return directory.symlink_contents(target, name);
    #[cfg(not(unix))]
    return DirExt::symlink(directory, target, name);
}

/// Sets the time of `name`, which is one name, so that nothing is followed.
#[cfg(unix)]
fn set_mtime(directory: &Dir, name: &str, mtime_ns: i64) -> io::Result<()> {
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
fn set_mtime(directory: &Dir, name: &str, mtime_ns: i64) -> io::Result<()> {
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

fn cannot_write(at: At<'_>, name: &str, source: io::Error) -> ExtractError {
    let path = at.path_of(name);
    let path = if path.is_empty() { ".".into() } else { path };
    ExtractError::Write { path, source }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use cap_std::ambient_authority;
    use std::fs;

    /// What is not there when it is looked for may be when a name is given.
    #[test]
    fn what_has_appeared_meanwhile_is_not_replaced_without_force() {
        let scratch = tempfile::tempdir().unwrap();
        let leaf = Leaf {
            name: "file".to_owned(),
            mtime_ns: 0,
            kind: LeafKind::Symlink {
                target: String::new(),
            },
        };
        let path = scratch.path().join("file");
        let directory = Dir::open_ambient_dir(scratch.path(), ambient_authority()).unwrap();
        for force in [false, true] {
            fs::write(&path, "theirs").unwrap();
            let (unnamed, _) = Made::start(&directory, false).unwrap();
            let named = Temporary::make(|name| create(&directory, name, false)).unwrap();
            for made in [unnamed, Made::Named(named.0)] {
                let placed = made.place(&directory, &leaf, force);
                let kind = placed.err().map(|error| error.kind());
                assert_eq!(kind, (!force).then_some(ErrorKind::AlreadyExists));
            }
            let is_theirs = fs::read(&path).unwrap() == b"theirs";
            assert_eq!(is_theirs, !force);
            assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
        }
    }
}
