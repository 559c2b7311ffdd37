//! Compares two images, path by path.
//!
//! 1. A walk through both trees finds added, removed and common paths.
//! 2. Files with an equal length on both sides are read, and their digests compared.
//! 3. A removed and an added file with equal digests are a move.
//!
//! For example, a file `/a` that is `/b` in the second image has one digest on each side
//! and becomes a [`Moved`]. The lists contain inode numbers, because all paths of a small
//! image can be long.

use super::digests::digest;
use crate::limits::size::{self, SizeLimitError};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use thiserror::Error;
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::threads::with_threads;
use wasi_vfs_format::{Content, Corrupt, Inode, InodeNumber};

/// The differences of the second image to the first. The lists have the order of a
/// [`Walk`](crate::Walk). [`ImageReader::path`] returns the paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// Inodes with a path that only the second image has.
    pub added: Vec<InodeNumber>,
    /// Inodes with a path that only the first image has.
    pub removed: Vec<InodeNumber>,
    /// Different inodes with the same path.
    pub changed: Vec<Changed>,
    /// Files with another path in the second image.
    pub moved: Vec<Moved>,
}

/// Two different inodes with the same path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changed {
    /// In the first image.
    pub before: InodeNumber,
    /// In the second image.
    pub after: InodeNumber,
    /// The differences.
    pub what: Vec<Change>,
}

/// A difference of two inodes with the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// File, directory or symbolic link.
    Kind,
    /// The content of a file.
    Content,
    /// The executable bit.
    Executable,
    /// The target of a symbolic link.
    Target,
    /// The modification time.
    Time,
    /// The paths at which a directory is a mount.
    Mount,
    /// The order of a mount among the common mounts. Programs get their preopens in this
    /// order, and some prefer the last one that fits a path.
    MountOrder,
}

/// A moved file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moved {
    /// Its inode in the first image.
    pub from: InodeNumber,
    /// Its inode in the second image.
    pub to: InodeNumber,
}

/// An error of a comparison.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompareError {
    /// An image is damaged.
    #[error("corrupt image: {0}; run `wasi-vfs verify` for a full report")]
    Corrupt(Corrupt),
    /// The compared files exceed the size limit.
    #[error(transparent)]
    SizeLimit(#[from] SizeLimitError),
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The path in the image.
        path: String,
        /// The reason.
        source: io::Error,
    },
}

// Not a source, because the message contains it.
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

/// The options of a comparison.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compare {
    times: bool,
    no_size_limit: bool,
}

impl Compare {
    /// Compares kinds, contents, targets, executable bits, mounts and their order.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Also compares modification times.
    #[must_use]
    pub fn times(mut self, times: bool) -> Self {
        self.times = times;
        self
    }

    /// Disables the size limit. By default, the compared files may have 1 GiB or 1000 times
    /// the bytes of their image, whichever is larger.
    #[must_use]
    pub fn no_size_limit(mut self, no_size_limit: bool) -> Self {
        self.no_size_limit = no_size_limit;
        self
    }

    /// Compares two images.
    ///
    /// Files are compared by length and by the digest of their content, whatever the
    /// compression and block length of the images.
    ///
    /// ```
    /// use wasi_vfs::{Compare, Contents, Packer};
    ///
    /// let [one, other] = ["src/cli", "src/module"]
    ///     .map(|directory| Packer::without_module().map_dir(directory, "/src").image());
    /// let (one, other) = (one?.bytes, other?.bytes);
    /// let (one, other) = (Contents::find(&one)?, Contents::find(&other)?);
    /// let (before, after) = (one.reader()?, other.reader()?);
    /// let comparison = Compare::new().images(&before, &after)?;
    /// let removed = comparison.removed.iter().map(|&number| before.path(number));
    /// let removed = removed.collect::<Result<Vec<_>, _>>()?;
    /// assert!(removed.contains(&"/src/pack.rs".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An image is damaged or exceeds the size limit.
    pub fn images(
        self,
        before: &ImageReader<'_>,
        after: &ImageReader<'_>,
    ) -> Result<Comparison, CompareError> {
        let paths = Paths::of(before, after)?;
        let reading = Reading::of(before, after, &paths)?;
        if !self.no_size_limit {
            size::check(before, len_of(&reading.before))?;
            size::check(after, len_of(&reading.after))?;
        }
        let (before, after) = (
            Side::new(before, &reading.before)?,
            Side::new(after, &reading.after)?,
        );
        let moved = find_moved(&before, &after, &paths);
        let froms: HashSet<_> = moved.iter().map(|moved| moved.from).collect();
        let tos: HashSet<_> = moved.iter().map(|moved| moved.to).collect();
        let without = |all: Vec<InodeNumber>, some: &HashSet<InodeNumber>| {
            let others = all.into_iter().filter(|number| !some.contains(number));
            others.collect()
        };
        let reordered = reordered(&before, &after);
        Ok(Comparison {
            changed: self.changed(&before, &after, &reordered, &paths.both)?,
            added: without(paths.added, &tos),
            removed: without(paths.removed, &froms),
            moved,
        })
    }

    fn changed(
        self,
        before: &Side<'_, '_>,
        after: &Side<'_, '_>,
        reordered: &HashSet<InodeNumber>,
        both: &[(InodeNumber, InodeNumber)],
    ) -> Result<Vec<Changed>, Corrupt> {
        let mut changed = Vec::new();
        for &(old, new) in both {
            let mut what = self.changes(before, after, (old, new))?;
            if reordered.contains(&old) {
                what.push(Change::MountOrder);
            }
            if !what.is_empty() {
                changed.push(Changed {
                    before: old,
                    after: new,
                    what,
                });
            }
        }
        Ok(changed)
    }

    fn changes(
        self,
        before: &Side<'_, '_>,
        after: &Side<'_, '_>,
        (old, new): (InodeNumber, InodeNumber),
    ) -> Result<Vec<Change>, Corrupt> {
        let old = before.image.index().inode(old)?;
        let new = after.image.index().inode(new)?;
        let mut what = Vec::new();
        match (&old.content, &new.content) {
            (Content::Directory(_), Content::Directory(_)) => {
                if before.mounts_of(old.number) != after.mounts_of(new.number) {
                    what.push(Change::Mount);
                }
            }
            (Content::File(one), Content::File(other)) => {
                if one.len != other.len || before.digest(old.number) != after.digest(new.number) {
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
        if self.times && old.mtime_ns != new.mtime_ns {
            what.push(Change::Time);
        }
        Ok(what)
    }
}

/// The paths of two images: added, removed and common.
#[derive(Debug, Default)]
struct Paths {
    added: Vec<InodeNumber>,
    removed: Vec<InodeNumber>,
    both: Vec<(InodeNumber, InodeNumber)>,
}

/// An inode or two to visit.
#[derive(Debug)]
enum Pending {
    Added(Inode),
    Removed(Inode),
    Both(Inode, Inode),
}

impl Paths {
    fn of(before: &ImageReader<'_>, after: &ImageReader<'_>) -> Result<Self, Corrupt> {
        let root = |image: &ImageReader<'_>| image.index().inode(InodeNumber::ROOT);
        let mut paths = Self::default();
        // The next one is the last. No recursion, because a damaged image may claim any
        // depth.
        let mut pending = vec![Pending::Both(root(before)?, root(after)?)];
        while let Some(next) = pending.pop() {
            let below = match next {
                Pending::Added(new) => {
                    paths.added.push(new.number);
                    merge(Vec::new(), children(after, &new)?)
                }
                Pending::Removed(old) => {
                    paths.removed.push(old.number);
                    merge(children(before, &old)?, Vec::new())
                }
                Pending::Both(old, new) => {
                    paths.both.push((old.number, new.number));
                    merge(children(before, &old)?, children(after, &new)?)
                }
            };
            pending.extend(below.into_iter().rev());
        }
        Ok(paths)
    }
}

/// An inode and its name.
type Named<'a> = (&'a [u8], Inode);

fn children<'a>(image: &ImageReader<'a>, inode: &Inode) -> Result<Vec<Named<'a>>, Corrupt> {
    let children = image.index().children(inode);
    let named = children.map(|child| {
        let child = child?;
        Ok((image.index().name(child.number)?, child))
    });
    named.collect()
}

/// Pairs inodes with the same name, from two lists that are sorted by name.
fn merge(before: Vec<Named<'_>>, after: Vec<Named<'_>>) -> Vec<Pending> {
    let mut merged = Vec::with_capacity(before.len().max(after.len()));
    let mut before = before.into_iter().peekable();
    for (name, new) in after {
        while let Some((_, old)) = before.next_if(|(other, _)| *other < name) {
            merged.push(Pending::Removed(old));
        }
        merged.push(match before.next_if(|(other, _)| *other == name) {
            Some((_, old)) => Pending::Both(old, new),
            None => Pending::Added(new),
        });
    }
    merged.extend(before.map(|(_, old)| Pending::Removed(old)));
    merged
}

/// The files to read: the other image has a file of the same length that may be equal.
/// Empty files are equal and never moves.
#[derive(Debug, Default)]
struct Reading {
    before: Vec<(Inode, u64)>,
    after: Vec<(Inode, u64)>,
}

impl Reading {
    fn of(
        before: &ImageReader<'_>,
        after: &ImageReader<'_>,
        paths: &Paths,
    ) -> Result<Self, Corrupt> {
        let mut reading = Self::default();
        for &(old, new) in &paths.both {
            let (old, new) = (file(before, old)?, file(after, new)?);
            if let (Some(old), Some(new)) = (old, new)
                && old.1 == new.1
            {
                reading.before.push(old);
                reading.after.push(new);
            }
        }
        let (removed, added) = (files(before, &paths.removed)?, files(after, &paths.added)?);
        let lens = |files: &[(Inode, u64)]| files.iter().map(|(_, len)| *len).collect();
        let (removed_lens, added_lens): (HashSet<_>, HashSet<_>) = (lens(&removed), lens(&added));
        let removed = removed
            .into_iter()
            .filter(|(_, len)| added_lens.contains(len));
        let added = added
            .into_iter()
            .filter(|(_, len)| removed_lens.contains(len));
        reading.before.extend(removed);
        reading.after.extend(added);
        Ok(reading)
    }
}

/// A file that is not empty, and its length.
fn file(image: &ImageReader<'_>, number: InodeNumber) -> Result<Option<(Inode, u64)>, Corrupt> {
    let inode = image.index().inode(number)?;
    Ok(match inode.content {
        Content::File(file) if file.len > 0 => Some((inode, file.len)),
        _ => None,
    })
}

fn files(image: &ImageReader<'_>, numbers: &[InodeNumber]) -> Result<Vec<(Inode, u64)>, Corrupt> {
    let files = numbers.iter().map(|&number| file(image, number));
    files.filter_map(Result::transpose).collect()
}

fn len_of(files: &[(Inode, u64)]) -> u64 {
    let lens = files.iter().map(|(_, len)| *len);
    lens.fold(0, u64::saturating_add)
}

/// An image with its mounts and the digests of the read files.
struct Side<'i, 'a> {
    image: &'i ImageReader<'a>,
    digests: HashMap<InodeNumber, Digest>,
    /// The paths and directories of the mounts, in their order.
    mounts: Vec<(&'a [u8], InodeNumber)>,
    /// The mount paths of each directory.
    paths_of_mounts: HashMap<InodeNumber, BTreeSet<&'a [u8]>>,
}

impl<'i, 'a> Side<'i, 'a> {
    fn new(image: &'i ImageReader<'a>, files: &[(Inode, u64)]) -> Result<Self, CompareError> {
        // Sorted by content, so that the files of a block are read together.
        let mut files = files.to_vec();
        files.sort_by_cached_key(|(inode, _)| start_of(image, inode));
        let digest = |(inode, _): &(Inode, u64)| {
            let digest = digest(image, inode).map_err(|source| CompareError::Read {
                path: image.path(inode.number).unwrap_or_default(),
                source,
            })?;
            Ok::<_, CompareError>((inode.number, digest))
        };
        // The first of several errors is returned, whatever the order of the threads.
        let digests: Vec<_> = with_threads(|| files.par_iter().map(digest).collect());
        let mounts = mounts(image)?;
        let mut paths_of_mounts: HashMap<_, BTreeSet<_>> = HashMap::new();
        for &(path, directory) in &mounts {
            paths_of_mounts.entry(directory).or_default().insert(path);
        }
        Ok(Self {
            image,
            digests: digests.into_iter().collect::<Result<_, _>>()?,
            mounts,
            paths_of_mounts,
        })
    }

    fn mounts_of(&self, directory: InodeNumber) -> Option<&BTreeSet<&'a [u8]>> {
        self.paths_of_mounts.get(&directory)
    }

    fn digest(&self, number: InodeNumber) -> Option<Digest> {
        self.digests.get(&number).copied()
    }
}

fn mounts<'a>(image: &ImageReader<'a>) -> Result<Vec<(&'a [u8], InodeNumber)>, Corrupt> {
    let mounts = 0..image.index().mount_count();
    let mount = |number| image.index().mount(number);
    mounts
        .map(|number| mount(number).map(|mount| (mount.path, mount.inode)))
        .collect()
}

/// The directories of the first image whose mounts have another place in the second,
/// counted among the mounts of both.
fn reordered(before: &Side<'_, '_>, after: &Side<'_, '_>) -> HashSet<InodeNumber> {
    let paths = |side: &Side<'_, '_>| side.mounts.iter().map(|mount| mount.0.to_vec()).collect();
    let (of_before, of_after): (HashSet<_>, HashSet<_>) = (paths(before), paths(after));
    let olds = before
        .mounts
        .iter()
        .filter(|(path, _)| of_after.contains(*path));
    let news = after
        .mounts
        .iter()
        .filter(|(path, _)| of_before.contains(*path));
    let pairs = olds.zip(news);
    let moved = pairs.filter(|(old, new)| old.0 != new.0);
    moved.map(|(old, _)| old.1).collect()
}

/// The offset of a file in the content.
fn start_of(image: &ImageReader<'_>, inode: &Inode) -> u64 {
    let Content::File(file) = &inode.content else {
        return 0;
    };
    let run = image.index().run(inode.number, file, 0);
    run.ok().flatten().map_or(0, |run| run.raw_offset)
}

/// Finds removed files that are equal to added ones. Equal files are paired in the order of
/// their paths.
fn find_moved(before: &Side<'_, '_>, after: &Side<'_, '_>, paths: &Paths) -> Vec<Moved> {
    let mut places: HashMap<Digest, Vec<InodeNumber>> = HashMap::new();
    // In reverse, so that `pop` returns the first path.
    for &to in paths.added.iter().rev() {
        if let Some(digest) = after.digest(to) {
            places.entry(digest).or_default().push(to);
        }
    }
    let mut moved = Vec::new();
    for &from in &paths.removed {
        let digest = before.digest(from);
        let places = digest.and_then(|digest| places.get_mut(&digest));
        if let Some(to) = places.and_then(Vec::pop) {
            moved.push(Moved { from, to });
        }
    }
    moved
}
