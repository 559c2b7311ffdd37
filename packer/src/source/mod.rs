//! From a host directory to a tree: everything in it, or an error that names
//! what cannot be taken.
//!
//! Symbolic links are kept as links and never followed, empty directories
//! stay, times are kept to the nanosecond. Contents are not read here; a
//! [`HostFile`] opens them when the writer asks.

mod error;
mod exclude;
mod file;
mod findings;
mod metadata;
#[cfg(any(test, target_os = "linux", target_os = "android"))]
mod sparse;

pub use error::{Read, SourceError, SpecialKind};
pub use exclude::{Exclude, ExcludeError};
pub(crate) use findings::Findings;

use crate::GuestPath;
use file::{HostFile, Identity};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;
use wasi_vfs_format::limits::{MAX_NAME_LEN, MAX_PATH_LEN, MAX_SYMLINK_LEN};
use wasi_vfs_format::tree::{DirectoryNode, FileNode, Node, SymlinkNode};

/// Reads the host directory `host`, to be placed at `guest`, without the entries that
/// `exclude` matches.
///
/// `host` itself may be a symbolic link to a directory.
pub(crate) fn read_directory(
    host: &Path,
    guest: &GuestPath,
    exclude: &Exclude,
    findings: &mut Findings,
) -> Result<DirectoryNode, SourceError> {
    let mut walk = Walk {
        exclude,
        guest_len: guest.place_len(),
        findings,
    };
    let root = walk.read(host)?;
    if root.children.is_empty() {
        findings.note_empty(host);
    }
    Ok(root)
}

/// What holds for a whole walk.
struct Walk<'a> {
    exclude: &'a Exclude,
    /// Length of the path that leads to the walked directory in the image.
    guest_len: usize,
    findings: &'a mut Findings,
}

/// A directory of which some entries have been read. The walk keeps these on
/// a list of its own, because nesting as deep as a host allows would exhaust
/// the stack of a small thread.
struct Level {
    name: String,
    host: Arc<Path>,
    /// The path from the mapped directory.
    relative: PathBuf,
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

impl Walk<'_> {
    fn read(&mut self, host: &Path) -> Result<DirectoryNode, SourceError> {
        let metadata = mapped_directory(host)?;
        let root = open_level(String::new(), host.into(), PathBuf::new(), &metadata)?;
        let mut above: Vec<Level> = Vec::new();
        let mut level = root;
        loop {
            match level.rest.next() {
                Some(name) => match self.entry(&level, &name)? {
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

    fn entry(&mut self, directory: &Level, name: &OsStr) -> Result<Found, SourceError> {
        let host = directory.host.join(name);
        let relative = directory.relative.join(name);
        let metadata = match fs::symlink_metadata(&host) {
            Ok(metadata) => metadata,
            // It may be of either kind.
            Err(_) if [true, false].map(|kind| self.excludes(&relative, kind)) != [false; 2] => {
                return Ok(Found::Excluded);
            }
            Err(error) => return Err(SourceError::unreadable(&host, Read::Metadata, error)),
        };
        if self.excludes(&relative, metadata.is_dir()) {
            return Ok(Found::Excluded);
        }
        let name = self.entry_name(&host, &relative, name)?;
        if metadata.is_dir() {
            return open_level(name, host.into(), relative, &metadata).map(Found::Directory);
        }
        let node = if metadata.is_symlink() {
            Node::Symlink(symlink(&host, &metadata)?)
        } else if metadata.is_file() {
            self.findings.note_file(&host, &relative, metadata.len());
            Node::File(file(directory, &name, &host, &metadata)?)
        } else {
            let kind = metadata::special_kind(&metadata);
            return Err(SourceError::Special { path: host, kind });
        };
        Ok(Found::Leaf(name, node))
    }

    fn excludes(&mut self, relative: &Path, is_directory: bool) -> bool {
        let unused = &mut self.findings.unused;
        self.exclude.matches_noting(relative, is_directory, unused)
    }

    fn entry_name(
        &self,
        host: &Path,
        relative: &Path,
        name: &OsStr,
    ) -> Result<String, SourceError> {
        let path = || host.to_owned();
        let name = name
            .to_str()
            .ok_or_else(|| SourceError::NameNotUtf8 { path: path() })?;
        let len = name.len();
        if len > MAX_NAME_LEN {
            return Err(SourceError::NameTooLong { path: path(), len });
        }
        let separator = usize::from(self.guest_len > 0);
        let len = self.guest_len + separator + relative.as_os_str().len();
        if len > MAX_PATH_LEN {
            return Err(SourceError::PathTooLong { path: path(), len });
        }
        Ok(name.to_owned())
    }
}

impl Level {
    /// Fails if something else is now at the path of this directory: what was
    /// found by that path since may lie elsewhere.
    fn require_unchanged(&self) -> Result<(), SourceError> {
        let unreadable = |error| SourceError::unreadable(&self.host, Read::Directory, error);
        // The mapped directory itself may be a link.
        let metadata = match self.relative.as_os_str().is_empty() {
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

fn open_level(
    name: String,
    host: Arc<Path>,
    relative: PathBuf,
    metadata: &Metadata,
) -> Result<Level, SourceError> {
    let what = match relative.as_os_str().is_empty() {
        true => Read::Mapped,
        false => Read::Directory,
    };
    Ok(Level {
        name,
        node: DirectoryNode {
            mtime_ns: metadata::mtime_ns(&host, metadata)?,
            children: BTreeMap::new(),
        },
        rest: entry_names(&host, what)?.into_iter(),
        identity: Identity::of(metadata),
        host,
        relative,
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

fn file(
    directory: &Level,
    name: &str,
    host: &Path,
    metadata: &Metadata,
) -> Result<FileNode, SourceError> {
    Ok(FileNode {
        mtime_ns: metadata::mtime_ns(host, metadata)?,
        executable: metadata::is_executable(metadata),
        len: metadata.len(),
        content: Arc::new(HostFile::new(directory.host.clone(), name, metadata)),
    })
}

#[cfg(all(test, unix))]
mod tests;
