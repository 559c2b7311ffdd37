//! The directories, files and links to extract, with checked names.

use super::error::ExtractError;
use crate::inspect::resolve::resolve;
use crate::inspect::walk::{Entry, Walk};
use std::collections::{BTreeMap, BTreeSet};
use wasi_vfs_format::changes::Mark;
use wasi_vfs_format::limits::{MAX_NAME_LEN, MAX_SYMLINK_LEN};
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::{Content, InodeNumber};

/// The counts of an extraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extracted {
    /// Regular files.
    pub file_count: u32,
    /// Directories, including parents of the selected paths.
    pub directory_count: u32,
    /// Symbolic links.
    pub symlink_count: u32,
    /// Removed names of an image of changes, which have nothing to extract.
    pub removed_count: u32,
    /// Bytes of all files.
    pub file_len: u64,
}

/// Directories, parents before their children. The first is the root.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) folders: Vec<Folder>,
    pub(super) removed_count: u32,
}

/// A directory with its files and links. It has a name, not a path, because the paths of an
/// image can be a hundred times as long as the image.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// The position of the parent in the plan, which precedes it. The root has none.
    pub(super) parent: Option<usize>,
    /// A single name. Empty for the root.
    pub(super) name: String,
    pub(super) mtime_ns: i64,
    pub(super) leaves: Vec<Leaf>,
}

/// A directory of a plan, with its position.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'p> {
    plan: &'p Plan,
    pub(super) position: usize,
    pub(super) folder: &'p Folder,
}

/// A file or link.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) name: String,
    pub(super) mtime_ns: i64,
    pub(super) kind: LeafKind,
}

#[derive(Debug)]
pub(super) enum LeafKind {
    File {
        number: InodeNumber,
        executable: bool,
        len: u64,
    },
    Symlink {
        target: String,
    },
}

impl Plan {
    /// Everything at and below `paths` and `inodes`. Without any, the whole tree.
    pub(super) fn new(
        image: &ImageReader<'_>,
        paths: &[String],
        inodes: &[InodeNumber],
    ) -> Result<Self, ExtractError> {
        let selected = match (paths, inodes) {
            ([], []) => None,
            _ => Some(select(image, paths, inodes)?),
        };
        let mut plan = Self::default();
        let mut folder_of = BTreeMap::new();
        for entry in Walk::new(image)? {
            let entry = entry?;
            let number = entry.inode.number;
            if selected.as_ref().is_some_and(|all| !all.contains(&number)) {
                continue;
            }
            plan.add(image, &entry, &mut folder_of)?;
        }
        Ok(plan)
    }

    fn add(
        &mut self,
        image: &ImageReader<'_>,
        entry: &Entry,
        folder_of: &mut BTreeMap<InodeNumber, usize>,
    ) -> Result<(), ExtractError> {
        let inode = &entry.inode;
        let parent = folder_of.get(&inode.parent).copied();
        // Only the root has no parent, because the selection contains all parents.
        let Some(parent) = parent else {
            self.folders.push(Folder {
                mtime_ns: inode.mtime_ns,
                ..Folder::default()
            });
            folder_of.insert(inode.number, 0);
            return Ok(());
        };
        if image.index().mark(inode.number)? == Some(Mark::Removed) {
            self.removed_count = self.removed_count.saturating_add(1);
            return Ok(());
        }
        let name = safe_name(image.index().name(inode.number)?)
            .map_err(|reason| reject(entry, reason))?
            .to_owned();
        let kind = match &inode.content {
            Content::Directory(_) => {
                folder_of.insert(inode.number, self.folders.len());
                self.folders.push(Folder {
                    parent: Some(parent),
                    name,
                    mtime_ns: inode.mtime_ns,
                    leaves: Vec::new(),
                });
                return Ok(());
            }
            Content::File(file) => LeafKind::File {
                number: inode.number,
                executable: file.executable,
                len: file.len,
            },
            Content::Symlink(link) => {
                let target = safe_target(image.index().target(link)?);
                let target = target.map_err(|reason| reject(entry, reason))?;
                let target = target.to_owned();
                LeafKind::Symlink { target }
            }
        };
        if let Some(folder) = self.folders.get_mut(parent) {
            folder.leaves.push(Leaf {
                name,
                mtime_ns: inode.mtime_ns,
                kind,
            });
        }
        Ok(())
    }

    /// All directories, parents before their children.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = At<'_>> {
        let numbered = self.folders.iter().enumerate();
        numbered.map(|(position, folder)| At {
            plan: self,
            position,
            folder,
        })
    }

    pub(super) fn extracted(&self) -> Extracted {
        let mut sum = Extracted {
            removed_count: self.removed_count,
            ..Extracted::default()
        };
        for folder in &self.folders {
            sum.directory_count = sum.directory_count.saturating_add(1);
            for leaf in &folder.leaves {
                match leaf.kind {
                    LeafKind::File { len, .. } => {
                        sum.file_count = sum.file_count.saturating_add(1);
                        sum.file_len = sum.file_len.saturating_add(len);
                    }
                    LeafKind::Symlink { .. } => {
                        sum.symlink_count = sum.symlink_count.saturating_add(1);
                    }
                }
            }
        }
        sum
    }
}

impl<'p> At<'p> {
    /// The parent directory.
    pub(super) fn parent(self) -> Option<Self> {
        let position = self.folder.parent?;
        let folder = self.plan.folders.get(position)?;
        Some(Self {
            position,
            folder,
            ..self
        })
    }

    /// This directory and those above it, from the inside out.
    pub(super) fn with_ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |at| at.parent())
    }

    /// The path of `name` in this directory, for messages.
    pub(super) fn path_of(self, name: &str) -> String {
        let folders = self.with_ancestors().map(|at| at.folder.name.as_str());
        let mut names: Vec<&str> = [name].into_iter().chain(folders).collect();
        names.retain(|name| !name.is_empty());
        names.reverse();
        names.join("/")
    }
}

/// The inodes at, below and above `paths` and `inodes`.
fn select(
    image: &ImageReader<'_>,
    paths: &[String],
    inodes: &[InodeNumber],
) -> Result<BTreeSet<InodeNumber>, ExtractError> {
    let mut whole: BTreeSet<_> = inodes.iter().copied().collect();
    for path in paths {
        let inode = resolve(image, path, false);
        let inode = inode.map_err(|source| ExtractError::Resolve {
            path: path.clone(),
            source,
        })?;
        whole.insert(inode.number);
    }
    let mut above = BTreeSet::new();
    for &number in &whole {
        // Only the root is its own parent.
        let mut parent = image.index().inode(number)?.parent;
        while above.insert(parent) {
            parent = image.index().inode(parent)?.parent;
        }
    }
    // Parents precede their children, so one pass is enough for any depth.
    for number in (0..image.index().inode_count()).map(InodeNumber) {
        if whole.contains(&image.index().inode(number)?.parent) {
            whole.insert(number);
        }
    }
    whole.append(&mut above);
    Ok(whole)
}

fn reject(entry: &Entry, reason: &'static str) -> ExtractError {
    let path = entry.path.to_string();
    ExtractError::Unsafe { path, reason }
}

/// Returns `name` if it is the name of one object in a directory on this system.
pub(super) fn safe_name(name: &[u8]) -> Result<&str, &'static str> {
    let name = safe_text(name, MAX_NAME_LEN)?;
    if name == "." || name == ".." {
        return Err("its name stands for another directory");
    }
    if name.contains('/') {
        return Err("its name contains a slash");
    }
    if cfg!(windows) && !is_name_on_windows(name) {
        return Err("Windows has no such names");
    }
    Ok(name)
}

/// Whether Windows allows this name. Devices have names in every directory.
pub(super) fn is_name_on_windows(name: &str) -> bool {
    let is_special = |c: char| c.is_control() || "<>:\"\\|?*".contains(c);
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_uppercase();
    let is_numbered = |device: &str| {
        let number = stem.strip_prefix(device);
        number.is_some_and(|number| number.chars().count() == 1 && "0123456789¹²³".contains(number))
    };
    let is_device = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&&*stem)
        || ["COM", "LPT"].into_iter().any(is_numbered);
    !is_device && !name.contains(is_special) && !name.ends_with(['.', ' '])
}

fn safe_target(target: &[u8]) -> Result<&str, &'static str> {
    safe_text(target, MAX_SYMLINK_LEN)
}

fn safe_text(bytes: &[u8], max: usize) -> Result<&str, &'static str> {
    if bytes.is_empty() {
        return Err("its name or target is empty");
    }
    if bytes.len() > max {
        return Err("its name or target is too long");
    }
    if bytes.contains(&0) {
        return Err("its name or target contains a NUL");
    }
    std::str::from_utf8(bytes).map_err(|_| "its name or target is not UTF-8")
}
