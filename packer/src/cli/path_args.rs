//! Path arguments: paths in an image, and patterns, which no shell can expand.

use super::usage::WrongUsage;
use anyhow::{Context, Result, bail};
use wasi_vfs::{ImageReader, Pattern, ResolveError, Walk};
use wasi_vfs_format::changes::Mark;
use wasi_vfs_format::{Content, Corrupt, Inode, InodeNumber, Kind};

/// A path, or a match of a pattern.
pub(super) enum PathArg {
    /// A path as in the argument. It may not exist.
    Path(String),
    /// A match. Has no path, because all paths of a small image can be long.
    Match(InodeNumber),
}

impl PathArg {
    pub(super) fn path(&self, image: &ImageReader<'_>) -> Result<String, Corrupt> {
        match self {
            Self::Path(path) => Ok(path.clone()),
            Self::Match(number) => image.path(*number),
        }
    }

    /// The inode. Follows a link at the end of the path only if `follow`.
    pub(super) fn find(&self, image: &ImageReader<'_>, follow: bool) -> Result<Inode> {
        let number = match self {
            Self::Path(path) => return resolve(image, path, follow),
            Self::Match(number) => *number,
        };
        let inode = image.index().inode(number)?;
        if !follow || inode.kind() != Kind::Symlink {
            return Ok(inode);
        }
        resolve(image, &image.path(number)?, true)
    }

    /// Whether it is a match and resolves to a directory.
    fn is_matched_directory(&self, image: &ImageReader<'_>) -> bool {
        let is_directory = |inode: Inode| inode.kind() == Kind::Directory;
        matches!(self, Self::Match(_)) && self.find(image, true).is_ok_and(is_directory)
    }
}

/// The inode at `path`. The error of a dangling link names its target.
fn resolve(image: &ImageReader<'_>, path: &str, follow: bool) -> Result<Inode> {
    let error = match wasi_vfs::resolve(image, path, follow) {
        Ok(inode) => return Ok(inode),
        Err(error) => error,
    };
    if is_removed(image, path) {
        bail!("the program removed it, so the image of its changes has no content of it");
    }
    if let (ResolveError::NotFound, Some(target)) = (&error, link_target(image, path)) {
        bail!("it is a link to `{target}`, which is not in the image");
    }
    Err(error.into())
}

fn is_removed(image: &ImageReader<'_>, path: &str) -> bool {
    let inode = wasi_vfs::resolve(image, path, false);
    let mark = inode.map(|inode| image.index().mark(inode.number));
    matches!(mark, Ok(Ok(Some(Mark::Removed))))
}

fn link_target(image: &ImageReader<'_>, path: &str) -> Option<String> {
    match wasi_vfs::resolve(image, path, false).ok()?.content {
        Content::Symlink(link) => {
            let target = image.index().target(&link).ok()?;
            Some(String::from_utf8_lossy(target).into_owned())
        }
        _ => None,
    }
}

/// Replaces each pattern in `paths` by its matches, in the order of the image. An existing
/// path is a path, even if it looks like a pattern. A pattern without a match stays, so
/// that it is reported as missing.
pub(super) fn expand(image: &ImageReader<'_>, paths: &[String]) -> Result<Vec<PathArg>> {
    let mut found = Vec::with_capacity(paths.len());
    for path in paths {
        let before = found.len();
        if Pattern::is_pattern(path) && wasi_vfs::resolve(image, path, false).is_err() {
            add_matches(image, path, &mut found)?;
        }
        if found.len() == before {
            found.push(PathArg::Path(path.clone()));
        }
    }
    Ok(found)
}

/// The same as [`expand`] for commands that read files only: a pattern matches no
/// directories. Returns the files of each argument.
pub(super) fn expand_files<'p>(
    image: &ImageReader<'_>,
    paths: &'p [String],
) -> Result<Vec<(&'p str, Vec<PathArg>)>> {
    let files = paths.iter().map(|path| {
        let mut found = expand(image, std::slice::from_ref(path))?;
        found.retain(|found| !found.is_matched_directory(image));
        Ok((path.as_str(), found))
    });
    files.collect()
}

fn add_matches(image: &ImageReader<'_>, pattern: &str, found: &mut Vec<PathArg>) -> Result<()> {
    let wrong = || WrongUsage(format!("cannot read the pattern `{pattern}`"));
    let pattern = Pattern::new(pattern).with_context(wrong)?;
    for entry in Walk::new(image)? {
        let entry = entry?;
        let is_directory = entry.inode.kind() == Kind::Directory;
        if pattern.matches(&entry.path, is_directory) {
            found.push(PathArg::Match(entry.inode.number));
        }
    }
    Ok(())
}
