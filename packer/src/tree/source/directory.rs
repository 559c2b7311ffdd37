//! From a host directory to a tree: everything in it, or an error that names
//! what cannot be taken.
//!
//! Symbolic links are kept as links and never followed, empty directories
//! stay, times are kept to the nanosecond. Contents are not read here; a
//! [`HostFile`] opens them when the writer asks.

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

/// What to take from a host directory.
#[derive(Clone, Copy)]
pub(crate) struct DirectoryOptions<'a> {
    pub(crate) exclude: &'a Exclude,
    /// Whether `.gitignore` files exclude as well.
    pub(crate) gitignore: bool,
    /// Whether to replace links that leave the directory by their targets.
    pub(crate) dereference: bool,
}

/// Reads the host directory `host`, to be placed at `guest`.
///
/// `host` itself may be a symbolic link to a directory.
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

/// What holds for a whole walk.
struct DirectoryReader<'a> {
    options: DirectoryOptions<'a>,
    findings: &'a mut Findings,
}

/// A directory of which some entries have been read. The walk keeps these on
/// a list of its own, because nesting as deep as a host allows would exhaust
/// the stack of a small thread.
struct Level {
    name: String,
    host: Arc<Path>,
    /// The guest path, without a leading slash.
    guest: PathBuf,
    /// Whether the user named the directory. Such a one may be a link.
    is_mapped: bool,
    /// The mapped directory that holds it, or the target of a followed link.
    top: Arc<Path>,
    ignores: Ignores,
    /// What was a directory when it was entered.
    identity: Identity,
    node: DirectoryNode,
    rest: vec::IntoIter<OsString>,
}

/// What an entry of a directory turned out to be.
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
            // It may be of either kind.
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

    /// Patterns of the user come before those of `.gitignore` files.
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
    /// Fails if something else is now at the path of this directory: what was
    /// found by that path since may lie elsewhere.
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

/// The metadata of a directory that the user named, links followed.
fn mapped_directory(host: &Path) -> Result<Metadata, SourceError> {
    let path = || host.to_owned();
    match fs::metadata(host) {
        Ok(metadata) if metadata.is_dir() => Ok(metadata),
        Ok(_) => Err(SourceError::NotADirectory { path: path() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(match host.is_symlink() {
            true => SourceError::DanglingLink { path: path() },
            false => SourceError::NotFound { path: path() },
        }),
        // Something on the way to it is a file.
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(SourceError::NotFound { path: path() })
        }
        Err(error) => Err(SourceError::unreadable(host, Read::Mapped, error)),
    }
}

/// The target of the link `host` and its metadata, if the link leaves the mapped
/// directory and leads somewhere. Otherwise the link itself. An absolute target leaves
/// the directory: for the guest it is a guest path.
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
        // A directory that holds the link would be packed without end.
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

/// The names in a directory, sorted so that of several errors the same one is
/// reported on every machine.
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

/// The file `host`, most likely in `directory`, whose path is shared by its files.
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

/// Reads the host file `host`, which the user named. It may be a symbolic link.
pub(crate) fn read_file(host: &Path) -> Result<FileNode, SourceError> {
    let unreadable = |error| SourceError::unreadable(host, Read::Metadata, error);
    let path = fs::canonicalize(host).map_err(unreadable)?;
    let metadata = fs::metadata(&path).map_err(unreadable)?;
    file(&Arc::from(Path::new("")), &path, &metadata)
}

#[cfg(all(test, unix))]
mod tests;
