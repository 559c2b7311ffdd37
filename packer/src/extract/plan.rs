//! What is to be extracted, with every name held against the rules.

use super::{ExtractError, Extracted};
use crate::walk::{Entry, Walk};
use std::collections::{BTreeMap, BTreeSet};
use wasi_vfs_format::limits::{MAX_NAME_LEN, MAX_SYMLINK_LEN};
use wasi_vfs_format::reader::{ImageReader, ResolveError};
use wasi_vfs_format::{Content, InodeNumber};

/// Directories, parents before their children. The first is the root.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) folders: Vec<Folder>,
}

/// A directory and what is made in it that is none.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// The names that lead to it; each is a name and nothing else.
    pub(super) names: Vec<String>,
    pub(super) mtime_ns: i64,
    pub(super) leaves: Vec<Leaf>,
}

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
    /// Everything at and below `paths`; everything there is without any.
    pub(super) fn new(image: &ImageReader<'_>, paths: &[String]) -> Result<Self, ExtractError> {
        let chosen = match paths {
            [] => None,
            _ => Some(chosen(image, paths)?),
        };
        let mut plan = Self::default();
        let mut folder_of = BTreeMap::new();
        for entry in Walk::new(image)? {
            let entry = entry?;
            let number = entry.inode.number;
            if chosen.as_ref().is_some_and(|all| !all.contains(&number)) {
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
        let parent = parent.and_then(|at| self.folders.get_mut(at));
        // The root alone has no parent here: what is chosen is chosen with
        // everything above it.
        let Some(parent) = parent else {
            self.folders.push(Folder {
                mtime_ns: inode.mtime_ns,
                ..Folder::default()
            });
            folder_of.insert(inode.number, 0);
            return Ok(());
        };
        let name = safe_name(image.index().name(inode.number)?)
            .map_err(|reason| refuse(entry, reason))?
            .to_owned();
        let kind = match &inode.content {
            Content::Directory(_) => {
                let mut names = parent.names.clone();
                names.push(name);
                folder_of.insert(inode.number, self.folders.len());
                self.folders.push(Folder {
                    names,
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
                let target = target.map_err(|reason| refuse(entry, reason))?;
                let target = target.to_owned();
                LeafKind::Symlink { target }
            }
        };
        parent.leaves.push(Leaf {
            name,
            mtime_ns: inode.mtime_ns,
            kind,
        });
        Ok(())
    }

    pub(super) fn extracted(&self) -> Extracted {
        let mut sum = Extracted::default();
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

impl Folder {
    /// The path of something in this directory, for messages.
    pub(super) fn path_of(&self, name: &str) -> String {
        let mut path = self.names.join("/");
        if !path.is_empty() && !name.is_empty() {
            path.push('/');
        }
        path + name
    }
}

/// The inodes at and below `paths`, and those above them.
fn chosen(
    image: &ImageReader<'_>,
    paths: &[String],
) -> Result<BTreeSet<InodeNumber>, ExtractError> {
    let mut chosen = BTreeSet::new();
    for path in paths {
        let cannot = |source: ResolveError| ExtractError::Resolve {
            path: path.clone(),
            source,
        };
        let start = image.resolve(path, false).map_err(cannot)?;
        // The root alone is its own parent.
        let mut above = start.parent;
        while chosen.insert(above) {
            above = image.index().inode(above)?.parent;
        }
        for entry in Walk::from(image, start.number)? {
            chosen.insert(entry?.inode.number);
        }
    }
    Ok(chosen)
}

fn refuse(entry: &Entry, reason: &'static str) -> ExtractError {
    let path = entry.path.to_string();
    ExtractError::Unsafe { path, reason }
}

/// `name` if it names one object in a directory and nothing else, on the
/// system that this runs on.
pub(super) fn safe_name(name: &[u8]) -> Result<&str, &'static str> {
    let name = safe_text(name, MAX_NAME_LEN)?;
    if name == "." || name == ".." {
        return Err("its name stands for another directory");
    }
    if name.contains('/') {
        return Err("its name contains a slash");
    }
    let is_special = |c: char| c.is_control() || "<>:\"\\|?*".contains(c);
    if cfg!(windows) && (name.contains(is_special) || name.ends_with(['.', ' '])) {
        return Err("Windows has no such names");
    }
    Ok(name)
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
