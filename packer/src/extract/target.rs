//! Writes a plan below one directory of the host.
//!
//! Directories are opened one name at a time and links are not followed, so a link in the
//! target never leads elsewhere, even if it appears during the extraction. The steps are:
//!
//! 1. Look for existing objects that prevent the extraction, and write nothing if there is
//!    one.
//! 2. Create directories and files, each file as a whole.
//! 3. Create links, so that no file is written through one of them.
//! 4. Set the times of directories, from the innermost to the outermost.
//!
//! For `usr/a.txt` in an existing `usr`, step 2 opens `usr`, stages a file in it and names it
//! `a.txt`.

use super::case;
use super::error::ExtractError;
use super::occupied::Occupied;
use super::open_directories::OpenDirectories;
use super::plan::{At, Leaf, LeafKind, Plan};
use crate::staged::{Staged, ignores_case, set_mtime};

use cap_fs_ext::DirExt;
use cap_std::fs::{Dir, FileType};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use wasi_vfs_format::InodeNumber;

/// Writes the content of a file and returns its length.
pub(super) type Copy<'c> = dyn Fn(InodeNumber, &mut dyn Write) -> io::Result<u64> + 'c;

/// The directory of the host.
pub(super) struct Target<'c> {
    directories: OpenDirectories,
    force: bool,
    copy: &'c Copy<'c>,
    occupied: Occupied,
    /// The positions of created directories in the plan.
    created: HashSet<usize>,
}

impl<'c> Target<'c> {
    pub(super) fn new(root: Dir, force: bool, copy: &'c Copy<'c>) -> Self {
        Self {
            directories: OpenDirectories::new(root),
            force,
            copy,
            occupied: Occupied::default(),
            created: HashSet::new(),
        }
    }

    /// The same for a directory that was created for the extraction.
    pub(super) fn created(root: Dir, copy: &'c Copy<'c>) -> Self {
        Self {
            created: HashSet::from([0]),
            ..Self::new(root, false, copy)
        }
    }

    /// Removes all objects of the plan, the deepest first, with few open descriptors at any
    /// depth. Ignores errors, because the caller has one to report.
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

    /// Writes the plan, or nothing if an existing object prevents that.
    pub(super) fn write(&mut self, plan: &Plan) -> Result<(), ExtractError> {
        if let Some(path) = case::collision(plan)
            && ignores_case(self.directories.root())
        {
            return Err(ExtractError::Collision { path });
        }
        for at in plan.iter() {
            self.check_existing(at)?;
        }
        for at in plan.iter() {
            let directory = self.make_folder(at)?;
            let files = at.folder.leaves.iter().filter(|leaf| !leaf.is_link());
            for leaf in files {
                self.make_leaf(&directory, at, leaf)?;
            }
        }
        // Last, so that no file is written through a link.
        for at in plan.iter() {
            self.make_links(at)?;
        }
        // Deepest first, because a new entry changes the time of its directory.
        for at in plan.iter().rev() {
            self.set_time(at)?;
        }
        Ok(())
    }

    /// Sets the time of a directory. Ignores errors for existing directories, which may have
    /// another owner, and keeps the time of an existing target.
    fn set_time(&mut self, at: At<'_>) -> Result<(), ExtractError> {
        let is_created = self.created.contains(&at.position);
        if at.parent().is_none() && !is_created {
            return Ok(());
        }
        let directory = self.directories.open(at);
        let done = directory.and_then(|dir| set_mtime(&dir, ".", at.folder.mtime_ns));
        match done {
            Err(error) if is_created => Err(cannot_write(at, "", error)),
            _ => Ok(()),
        }
    }

    /// Checks that no existing object prevents a directory or one of its leaves.
    fn check_existing(&mut self, at: At<'_>) -> Result<(), ExtractError> {
        if let Some(parent) = at.parent() {
            // A missing or replaced parent has no entries.
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

    /// Checks that an existing object may be replaced. `path` is its path.
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
        match self.occupied.take(&path, &metadata) {
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
                if self.occupied.is_taken(&path, &metadata) {
                    return Err(ExtractError::Collision { path });
                }
                self.may_replace(metadata.file_type(), path)?;
                parent.remove_file_or_symlink(name).map_err(cannot)?;
            }
            Err(_) => {}
        }
        parent.create_dir(name).map_err(cannot)?;
        self.created.insert(at.position);
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
            if self.occupied.is_taken(&path, &metadata) {
                return Err(ExtractError::Collision { path });
            }
            self.may_replace(metadata.file_type(), path.clone())?;
        }
        let cannot = |error| cannot_write(at, &leaf.name, error);
        let staged = self.stage(directory, at, leaf)?;
        match staged.place(&leaf.name, Some(leaf.mtime_ns), self.force) {
            // It appeared since the check.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(ExtractError::Exists { path });
            }
            placed => placed.map_err(cannot)?,
        }
        let metadata = directory.symlink_metadata(&leaf.name).map_err(cannot)?;
        self.occupied.take(&path, &metadata);
        Ok(())
    }

    /// Stages the file or link with its content.
    fn stage<'d>(
        &self,
        directory: &'d Dir,
        at: At<'_>,
        leaf: &Leaf,
    ) -> Result<Staged<'d>, ExtractError> {
        let cannot = |error| cannot_write(at, &leaf.name, error);
        match &leaf.kind {
            LeafKind::Symlink { target } => Staged::symlink(directory, target).map_err(cannot),
            LeafKind::File {
                number, executable, ..
            } => {
                let (staged, file) = Staged::file(directory, *executable).map_err(cannot)?;
                let mut out = FileSink::new(file);
                let copied = (self.copy)(*number, &mut out);
                let copied = copied.and_then(|_| out.flush());
                if let Err(error) = copied {
                    staged.remove();
                    return Err(out.error(at, leaf, error));
                }
                Ok(staged)
            }
        }
    }
}

impl Leaf {
    fn is_link(&self) -> bool {
        matches!(self.kind, LeafKind::Symlink { .. })
    }
}

/// A file that remembers whether writing to it failed.
struct FileSink {
    out: BufWriter<File>,
    failed: bool,
}

impl FileSink {
    fn new(file: File) -> Self {
        let out = BufWriter::new(file);
        Self { out, failed: false }
    }

    /// The error of a failed copy, which reading or writing caused.
    fn error(&self, at: At<'_>, leaf: &Leaf, source: io::Error) -> ExtractError {
        let path = at.path_of(&leaf.name);
        match self.failed {
            true => ExtractError::Write { path, source },
            false => ExtractError::Read { path, source },
        }
    }
}

impl Write for FileSink {
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

fn cannot_write(at: At<'_>, name: &str, source: io::Error) -> ExtractError {
    let path = at.path_of(name);
    let path = if path.is_empty() { ".".into() } else { path };
    ExtractError::Write { path, source }
}
