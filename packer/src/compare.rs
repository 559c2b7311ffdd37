//! What differs between two images, path by path.

use crate::walk::Walk;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use std::io;
use thiserror::Error;
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::{Content, Corrupt, Inode};

/// How one image differs from another. All lists are in the order of the paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// Paths that only the second image has.
    pub added: Vec<String>,
    /// Paths that only the first image has.
    pub removed: Vec<String>,
    /// Paths that both have and that differ.
    pub changed: Vec<Changed>,
    /// Files of the first image whose bytes are elsewhere in the second.
    pub moved: Vec<Moved>,
}

/// A path that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Changed {
    /// The path.
    pub path: String,
    /// In what it differs.
    pub what: Vec<Change>,
}

/// In what a path differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Change {
    /// File, directory or symbolic link.
    Kind,
    /// The bytes of a file.
    Content,
    /// The executable bit.
    Executable,
    /// The target of a symbolic link.
    Target,
    /// The modification time.
    Time,
}

/// A file that is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Moved {
    /// Where it was.
    pub from: String,
    /// Where it is.
    pub to: String,
}

/// Why images cannot be compared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompareError {
    /// An image is damaged.
    #[error("corrupt image: {0}; `wasi-vfs verify` says what else is")]
    Corrupt(Corrupt),
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// Path in the image.
        path: String,
        /// Why.
        source: io::Error,
    },
}

// Not as a source: the message above contains its own.
impl From<Corrupt> for CompareError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt)
    }
}

impl Comparison {
    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An image as a list of its paths.
struct Side<'i, 'a> {
    image: &'i ImageReader<'a>,
    inodes: BTreeMap<String, Inode>,
}

/// Compares two images. Modification times count if `times` is set.
///
/// Files are compared by the digests of their bytes, which are computed here:
/// how the images store them, and what their cold parts say, does not enter
/// into it.
///
/// # Errors
///
/// An image is damaged.
pub fn compare(
    before: &ImageReader<'_>,
    after: &ImageReader<'_>,
    times: bool,
) -> Result<Comparison, CompareError> {
    let (before, after) = (Side::new(before)?, Side::new(after)?);
    let mut comparison = Comparison {
        added: after.only_here(&before),
        removed: before.only_here(&after),
        changed: changed(&before, &after, times)?,
        moved: Vec::new(),
    };
    find_moved(&before, &after, &mut comparison)?;
    Ok(comparison)
}

impl<'i, 'a> Side<'i, 'a> {
    fn new(image: &'i ImageReader<'a>) -> Result<Self, Corrupt> {
        let mut inodes = BTreeMap::new();
        for entry in Walk::new(image)? {
            let entry = entry?;
            inodes.insert(entry.path.to_string(), entry.inode);
        }
        Ok(Self { image, inodes })
    }

    fn only_here(&self, other: &Self) -> Vec<String> {
        let paths = self.inodes.keys();
        paths
            .filter(|path| !other.inodes.contains_key(*path))
            .cloned()
            .collect()
    }

    /// The digest of the bytes of a file.
    fn digest(&self, path: &str, inode: &Inode) -> Result<Digest, CompareError> {
        let mut hasher = blake3::Hasher::new();
        self.image
            .copy_to(inode, &mut hasher)
            .map_err(|source| CompareError::Read {
                path: path.to_owned(),
                source,
            })?;
        Ok(Digest(*hasher.finalize().as_bytes()))
    }

    /// The digests of the files at `paths` that have bytes. Empty files are
    /// all alike, and none of them has moved anywhere.
    fn digests<'p>(&self, paths: &'p [String]) -> Result<Vec<(&'p String, Digest)>, CompareError> {
        let files = paths.par_iter().filter_map(|path| {
            let inode = self.inodes.get(path)?;
            matches!(&inode.content, Content::File(file) if file.len > 0).then_some((path, inode))
        });
        files
            .map(|(path, inode)| Ok((path, self.digest(path, inode)?)))
            .collect()
    }
}

fn changed(
    before: &Side<'_, '_>,
    after: &Side<'_, '_>,
    times: bool,
) -> Result<Vec<Changed>, CompareError> {
    let both: Vec<_> = before
        .inodes
        .iter()
        .filter_map(|(path, old)| Some((path, old, after.inodes.get(path)?)))
        .collect();
    let changed = both.into_par_iter().filter_map(|(path, old, new)| {
        match changes((before, old), (after, new), path, times) {
            Ok(what) if what.is_empty() => None,
            Ok(what) => Some(Ok(Changed {
                path: path.clone(),
                what,
            })),
            Err(error) => Some(Err(error)),
        }
    });
    changed.collect()
}

fn changes(
    (before, old): (&Side<'_, '_>, &Inode),
    (after, new): (&Side<'_, '_>, &Inode),
    path: &str,
    times: bool,
) -> Result<Vec<Change>, CompareError> {
    let mut what = Vec::new();
    match (&old.content, &new.content) {
        (Content::Directory(_), Content::Directory(_)) => {}
        (Content::File(one), Content::File(other)) => {
            if one.len != other.len || before.digest(path, old)? != after.digest(path, new)? {
                what.push(Change::Content);
            }
            if one.executable != other.executable {
                what.push(Change::Executable);
            }
        }
        (Content::Symlink(one), Content::Symlink(other)) => {
            let one = before.image.index().target(one)?;
            if one != after.image.index().target(other)? {
                what.push(Change::Target);
            }
        }
        _ => what.push(Change::Kind),
    }
    if times && old.mtime_ns != new.mtime_ns {
        what.push(Change::Time);
    }
    Ok(what)
}

/// Takes out of `added` and `removed` what are two places of one file. Where
/// several files have the same bytes they are paired in the order of the paths.
fn find_moved(
    before: &Side<'_, '_>,
    after: &Side<'_, '_>,
    comparison: &mut Comparison,
) -> Result<(), CompareError> {
    let mut places: BTreeMap<Digest, Vec<&String>> = BTreeMap::new();
    // Backwards, so that the last of each list is the first of the paths.
    for (path, digest) in after.digests(&comparison.added)?.into_iter().rev() {
        places.entry(digest).or_default().push(path);
    }
    let mut moved = Vec::new();
    for (from, digest) in before.digests(&comparison.removed)? {
        if let Some(to) = places.get_mut(&digest).and_then(Vec::pop) {
            moved.push(Moved {
                from: from.clone(),
                to: to.clone(),
            });
        }
    }
    let froms: HashSet<_> = moved.iter().map(|moved| &moved.from).collect();
    let tos: HashSet<_> = moved.iter().map(|moved| &moved.to).collect();
    let added = comparison.added.iter().filter(|path| !tos.contains(path));
    let added: Vec<_> = added.cloned().collect();
    let removed = comparison
        .removed
        .iter()
        .filter(|path| !froms.contains(path));
    let removed: Vec<_> = removed.cloned().collect();
    comparison.added = added;
    comparison.removed = removed;
    comparison.moved = moved;
    Ok(())
}
