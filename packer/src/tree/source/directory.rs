//! Reads a host directory into a tree.
//!
//! Keeps symbolic links, empty directories, and times to the nanosecond. A [`HostFile`]
//! opens the content of a file later, when the writer reads it.
//!
//! The reader is a loop over a list of [`Level`]s, not a recursion, because the nesting of
//! a host directory could exhaust the stack of a small thread. For `lib/a/b.txt`, it opens
//! the level `lib`, then the level `a`, adds the file `b.txt` to it, and adds the finished
//! `a` to `lib`. A finished level must still be the directory that was opened, so nobody can
//! replace a directory by a link during the walk.

use super::error::{Read, SourceError};
use super::file::{HostFile, Identity};
use super::findings::Findings;
use super::gitignore::Ignores;
use super::metadata;
use crate::path::{Exclude, GuestPath};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;
use wasi_vfs_format::limits::MAX_SYMLINK_LEN;
use wasi_vfs_format::tree::{DirectoryNode, FileNode, Node, SymlinkNode};

/// The options for reading a host directory.
#[derive(Clone, Copy)]
pub(crate) struct DirectoryOptions<'a> {
    pub(crate) exclude: &'a Exclude,
    /// Whether `.gitignore` files exclude their matches.
    pub(crate) gitignore: bool,
    /// Whether to replace links that leave the directory by their targets.
    pub(crate) dereference: bool,
}

/// Reads the host directory `host`, which is mapped to `guest`. `host` may be a symbolic
/// link to a directory.
pub(crate) fn read_directory(
    host: &Path,
    guest: &GuestPath,
    options: DirectoryOptions<'_>,
    findings: &mut Findings,
) -> Result<DirectoryNode, SourceError> {
    let mut reader = DirectoryReader { options, findings };
    let root = reader.read(host, guest)?;
    if root.children.is_empty() {
        findings.note_empty(host);
    }
    Ok(root)
}

/// The state of a whole walk.
struct DirectoryReader<'a> {
    options: DirectoryOptions<'a>,
    findings: &'a mut Findings,
}

/// An opened directory with some entries read.
struct Level {
    name: String,
    host: Arc<Path>,
    /// The guest path, without a leading slash.
    guest: PathBuf,
    /// Whether it is the mapped directory, which may be a link.
    is_mapped: bool,
    /// The mapped directory above it, or the target of a followed link.
    top: Arc<Path>,
    ignores: Ignores,
    /// The identity of the directory when it was opened.
    identity: Identity,
    node: DirectoryNode,
    rest: vec::IntoIter<OsString>,
}

/// An entry of a directory.
enum Found {
    Excluded,
    Leaf(String, Node),
    Directory(Level),
}

impl DirectoryReader<'_> {
    fn read(&mut self, host: &Path, guest: &GuestPath) -> Result<DirectoryNode, SourceError> {
        let metadata = mapped_directory(host)?;
        let guest: PathBuf = guest.components().iter().collect();
        let mut level = open_level(Read::Mapped, String::new(), host.into(), guest, &metadata)?;
        level.is_mapped = true;
        self.read_gitignore(&mut level, &Ignores::default())?;
        let mut above: Vec<Level> = Vec::new();
        loop {
            match level.rest.next() {
                Some(name) => match self.entry(&above, &level, &name)? {
                    Found::Excluded => {}
                    Found::Leaf(name, node) => {
                        level.node.children.insert(name, node);
                    }
                    Found::Directory(child) => above.push(std::mem::replace(&mut level, child)),
                },
                None => {
                    level.require_unchanged()?;
                    let Some(parent) = above.pop() else {
                        return Ok(level.node);
                    };
                    let done = std::mem::replace(&mut level, parent);
                    let node = Node::Directory(done.node);
                    level.node.children.insert(done.name, node);
                }
            }
        }
    }

    fn entry(
        &mut self,
        above: &[Level],
        directory: &Level,
        name: &OsStr,
    ) -> Result<Found, SourceError> {
        let host = directory.host.join(name);
        let guest = directory.guest.join(name);
        let mut excludes = |kind| self.excludes(directory, &guest, kind);
        let metadata = match fs::symlink_metadata(&host) {
            Ok(metadata) => metadata,
            // Its kind is unknown, so patterns for either kind exclude it.
            Err(_) if [true, false].map(&mut excludes) != [false; 2] => {
                return Ok(Found::Excluded);
            }
            Err(error) => return Err(SourceError::unreadable(&host, Read::Metadata, error)),
        };
        if excludes(metadata.is_dir()) {
            return Ok(Found::Excluded);
        }
        let name = entry_name(&host, &guest, name)?;
        let (host, metadata) = match self.options.dereference && metadata.is_symlink() {
            true => dereferenced(above, directory, host, metadata)?,
            false => (host, metadata),
        };
        if metadata.is_dir() {
            let is_inside = host.parent() == Some(&*directory.host);
            let mut level = open_level(Read::Directory, name, host.into(), guest, &metadata)?;
            if is_inside {
                level.top = directory.top.clone();
            }
            self.read_gitignore(&mut level, &directory.ignores)?;
            return Ok(Found::Directory(level));
        }
        let node = if metadata.is_symlink() {
            Node::Symlink(symlink(&host, &metadata)?)
        } else if metadata.is_file() {
            self.findings.note_file(&host, &guest, metadata.len());
            Node::File(file(&directory.host, &host, &metadata)?)
        } else {
            let kind = metadata::special_kind(&metadata);
            return Err(SourceError::Special { path: host, kind });
        };
        Ok(Found::Leaf(name, node))
    }

    /// Patterns of the user precede those of `.gitignore` files.
    fn excludes(&mut self, directory: &Level, guest: &Path, is_directory: bool) -> bool {
        let unused = &mut self.findings.unused;
        let decided = self.options.exclude.decide(guest, is_directory, unused);
        decided.unwrap_or_else(|| directory.ignores.exclude(guest, is_directory))
    }

    fn read_gitignore(&self, level: &mut Level, above: &Ignores) -> Result<(), SourceError> {
        if self.options.gitignore {
            level.ignores = above.with_file_in(&level.host, &level.guest)?;
        }
        Ok(())
    }
}

fn entry_name(host: &Path, guest: &Path, name: &OsStr) -> Result<String, SourceError> {
    let path = || host.to_owned();
    let name = name
        .to_str()
        .ok_or_else(|| SourceError::NameNotUtf8 { path: path() })?;
    match SourceError::too_long(path, name.len(), guest.as_os_str().len()) {
        Some(error) => Err(error),
        None => Ok(name.to_owned()),
    }
}

impl Level {
    /// Fails if another directory or link is at the path now. The entries since then may
    /// come from it.
    fn require_unchanged(&self) -> Result<(), SourceError> {
        let unreadable = |error| SourceError::unreadable(&self.host, Read::Directory, error);
        let metadata = match self.is_mapped {
            true => fs::metadata(&self.host),
            false => fs::symlink_metadata(&self.host),
        };
        let metadata = metadata.map_err(unreadable)?;
        if metadata.is_dir() && Identity::of(&metadata) == self.identity {
            return Ok(());
        }
        Err(unreadable(std::io::Error::other(
            "the directory was replaced while it was packed",
        )))
    }
}

/// The metadata of a mapped directory. Follows links.
fn mapped_directory(host: &Path) -> Result<Metadata, SourceError> {
    let path = || host.to_owned();
    match fs::metadata(host) {
        Ok(metadata) if metadata.is_dir() => Ok(metadata),
        Ok(_) => Err(SourceError::NotADirectory { path: path() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(match host.is_symlink() {
            true => SourceError::DanglingLink { path: path() },
            false => SourceError::NotFound { path: path() },
        }),
        // A parent of the path is a file.
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(SourceError::NotFound { path: path() })
        }
        Err(error) => Err(SourceError::unreadable(host, Read::Mapped, error)),
    }
}

/// Returns the target of the link `host` with its metadata, if the link leaves the mapped
/// directory and is not broken. Otherwise returns the link. An absolute link always leaves
/// the directory, because its target is a guest path.
fn dereferenced(
    above: &[Level],
    directory: &Level,
    host: PathBuf,
    metadata: Metadata,
) -> Result<(PathBuf, Metadata), SourceError> {
    let unreadable = |error| SourceError::unreadable(&host, Read::Link, error);
    let Ok(target) = fs::canonicalize(&host) else {
        return Ok((host, metadata));
    };
    let link = fs::read_link(&host).map_err(unreadable)?;
    let top = fs::canonicalize(&*directory.top).map_err(unreadable)?;
    if !link.is_absolute() && target.starts_with(&top) {
        return Ok((host, metadata));
    }
    let metadata = fs::symlink_metadata(&target);
    let metadata =
        metadata.map_err(|error| SourceError::unreadable(&target, Read::Metadata, error))?;
    if metadata.is_dir() {
        // A directory above the link would be packed without end.
        let holder = fs::canonicalize(&*directory.host).map_err(unreadable)?;
        let identity = Identity::of(&metadata);
        let mut walked = above.iter().chain([directory]);
        let is_walked = cfg!(unix) && walked.any(|level| level.identity == identity);
        if is_walked || holder.starts_with(&target) {
            return Err(SourceError::LinkToHolder { path: host, target });
        }
    }
    Ok((target, metadata))
}

fn open_level(
    what: Read,
    name: String,
    host: Arc<Path>,
    guest: PathBuf,
    metadata: &Metadata,
) -> Result<Level, SourceError> {
    Ok(Level {
        name,
        node: DirectoryNode {
            mtime_ns: metadata::mtime_ns(&host, metadata)?,
            children: BTreeMap::new(),
        },
        rest: entry_names(&host, what)?.into_iter(),
        identity: Identity::of(metadata),
        top: host.clone(),
        host,
        guest,
        is_mapped: false,
        ignores: Ignores::default(),
    })
}

/// The names in a directory. They are sorted, so every machine reports the same one of
/// several errors.
fn entry_names(host: &Path, what: Read) -> Result<Vec<OsString>, SourceError> {
    let unreadable = |error| SourceError::unreadable(host, what, error);
    let mut names = fs::read_dir(host)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    names.sort_unstable();
    Ok(names)
}

fn symlink(host: &Path, metadata: &Metadata) -> Result<SymlinkNode, SourceError> {
    let target = fs::read_link(host)
        .map_err(|error| SourceError::unreadable(host, Read::Link, error))?
        .into_os_string()
        .into_string()
        .map_err(|target| SourceError::TargetNotUtf8 {
            path: host.to_owned(),
            target: target.to_string_lossy().into_owned(),
        })?;
    let len = target.len();
    if len > MAX_SYMLINK_LEN {
        let path = host.to_owned();
        return Err(SourceError::TargetTooLong { path, len });
    }
    Ok(SymlinkNode {
        mtime_ns: metadata::mtime_ns(host, metadata)?,
        target,
    })
}

/// The node of the file `host`. Files in `directory` share its path.
fn file(directory: &Arc<Path>, host: &Path, metadata: &Metadata) -> Result<FileNode, SourceError> {
    let name = host.file_name().and_then(OsStr::to_str);
    let path = || host.to_owned();
    let name = name.ok_or_else(|| SourceError::NameNotUtf8 { path: path() })?;
    let directory = match host.parent() {
        Some(parent) if parent != &**directory => parent.into(),
        _ => directory.clone(),
    };
    Ok(FileNode {
        mtime_ns: metadata::mtime_ns(host, metadata)?,
        executable: metadata::is_executable(metadata),
        len: metadata.len(),
        content: Arc::new(HostFile::new(directory, name, metadata)),
    })
}

/// Reads the mapped host file `host`, which may be a symbolic link.
pub(crate) fn read_file(host: &Path) -> Result<FileNode, SourceError> {
    let unreadable = |error| SourceError::unreadable(host, Read::Metadata, error);
    let path = fs::canonicalize(host).map_err(unreadable)?;
    let metadata = fs::metadata(&path).map_err(unreadable)?;
    file(&Arc::from(Path::new("")), &path, &metadata)
}

#[cfg(all(test, unix))]
mod tests;
