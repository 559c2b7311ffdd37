//! Paths of a command line: names as they are, and patterns with what they
//! match. A shell cannot expand patterns over an image.

use super::usage::WrongUsage;
use anyhow::{Context, Result, bail};
use wasi_vfs::{ImageReader, Pattern, Walk};
use wasi_vfs_format::reader::ResolveError;
use wasi_vfs_format::{Content, Corrupt, Inode, InodeNumber, Kind};

/// Something that a command line asks for.
pub(super) enum PathArg {
    /// A path, as it was written. It may lead nowhere.
    Path(String),
    /// What a pattern has matched. Not its path: all those of a small image can
    /// be long.
    Match(InodeNumber),
}

impl PathArg {
    pub(super) fn path(&self, image: &ImageReader<'_>) -> Result<String, Corrupt> {
        match self {
            Self::Path(path) => Ok(path.clone()),
            Self::Match(number) => image.path(*number),
        }
    }

    /// What is there; what a link leads to if `follow`.
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

    /// Whether a pattern chose it and it is a directory or leads to one.
    fn is_matched_directory(&self, image: &ImageReader<'_>) -> bool {
        let is_directory = |inode: Inode| inode.kind() == Kind::Directory;
        matches!(self, Self::Match(_)) && self.find(image, true).is_ok_and(is_directory)
    }
}

/// The inode at `path`. The error of a dangling link names its target.
fn resolve(image: &ImageReader<'_>, path: &str, follow: bool) -> Result<Inode> {
    let error = match image.resolve(path, follow) {
        Ok(inode) => return Ok(inode),
        Err(error) => error,
    };
    if let (ResolveError::NotFound, Some(target)) = (&error, link_target(image, path)) {
        bail!("it is a link to `{target}`, which is not in the image");
    }
    Err(error.into())
}

fn link_target(image: &ImageReader<'_>, path: &str) -> Option<String> {
    match image.resolve(path, false).ok()?.content {
        Content::Symlink(link) => {
            let target = image.index().target(&link).ok()?;
            Some(String::from_utf8_lossy(target).into_owned())
        }
        _ => None,
    }
}

/// `paths` with each pattern replaced by what it matches, in the order of the
/// paths of the image. A path that exists stands for itself even if it reads as
/// a pattern; a pattern that matches nothing stays, to be reported as a path
/// that is not there.
pub(super) fn expand(image: &ImageReader<'_>, paths: &[String]) -> Result<Vec<PathArg>> {
    let mut wanted = Vec::with_capacity(paths.len());
    for path in paths {
        let before = wanted.len();
        if Pattern::is_pattern(path) && image.resolve(path, false).is_err() {
            add_matches(image, path, &mut wanted)?;
        }
        if wanted.len() == before {
            wanted.push(PathArg::Path(path.clone()));
        }
    }
    Ok(wanted)
}

/// As [`expand`], for commands that take files only: a pattern chooses no directories.
/// Returns with each path the files that it stands for.
pub(super) fn expand_files<'p>(
    image: &ImageReader<'_>,
    paths: &'p [String],
) -> Result<Vec<(&'p str, Vec<PathArg>)>> {
    let files = paths.iter().map(|path| {
        let mut wanted = expand(image, std::slice::from_ref(path))?;
        wanted.retain(|wanted| !wanted.is_matched_directory(image));
        Ok((path.as_str(), wanted))
    });
    files.collect()
}

fn add_matches(image: &ImageReader<'_>, pattern: &str, wanted: &mut Vec<PathArg>) -> Result<()> {
    let wrong = || WrongUsage(format!("cannot read the pattern `{pattern}`"));
    let pattern = Pattern::new(pattern).with_context(wrong)?;
    for entry in Walk::new(image)? {
        let entry = entry?;
        let is_directory = entry.inode.kind() == Kind::Directory;
        if pattern.matches(&entry.path, is_directory) {
            wanted.push(PathArg::Match(entry.inode.number));
        }
    }
    Ok(())
}
