//! Writing what is planned below one directory of the host.
//!
//! Directories are entered one name at a time and never through a link, so a
//! link that lies in the target, or that changes while this runs, leads
//! nowhere. Files have no name until they are complete, where the system has
//! such files; else they, and links, are made under another name and renamed.

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

/// How the bytes of a file are had.
pub(super) type Copy<'c> = dyn Fn(InodeNumber, &mut dyn Write) -> io::Result<u64> + 'c;

/// A directory of the host to extract into.
pub(super) struct Target<'c> {
    directories: OpenDirectories,
    force: bool,
    copy: &'c Copy<'c>,
    places: Occupied,
    /// Positions in the plan of the directories that were not there before.
    made: HashSet<usize>,
}

impl<'c> Target<'c> {
    pub(super) fn new(root: Dir, force: bool, copy: &'c Copy<'c>) -> Self {
        Self {
            directories: OpenDirectories::new(root),
            force,
            copy,
            places: Occupied::default(),
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
        if let Some(path) = case::clash(plan)
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
        let staged = self.stage(directory, at, leaf)?;
        match staged.place(&leaf.name, Some(leaf.mtime_ns), self.force) {
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
                let mut out = Sink::new(file);
                let copied = (self.copy)(*number, &mut out);
                let copied = copied.and_then(|_| out.flush());
                if let Err(error) = copied {
                    staged.remove();
                    return Err(out.blame(at, leaf, error));
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

fn cannot_write(at: At<'_>, name: &str, source: io::Error) -> ExtractError {
    let path = at.path_of(name);
    let path = if path.is_empty() { ".".into() } else { path };
    ExtractError::Write { path, source }
}
