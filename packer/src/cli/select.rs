//! Paths of a command line: names as they are, and patterns with what they
//! match. A shell cannot expand patterns over an image.

use anyhow::Result;
use wasi_vfs::{ImageReader, Pattern, Walk};
use wasi_vfs_format::{Corrupt, Inode, InodeNumber, Kind};

/// Something that a command line asks for.
pub(super) enum Wanted {
    /// A path, as it was written. It may lead nowhere.
    Path(String),
    /// What a pattern has matched. Not its path: all those of a small image can
    /// be long.
    Match(InodeNumber),
}

impl Wanted {
    pub(super) fn path(&self, image: &ImageReader<'_>) -> Result<String, Corrupt> {
        match self {
            Self::Path(path) => Ok(path.clone()),
            Self::Match(number) => image.path(*number),
        }
    }

    /// What is there; what a link leads to if `follow`.
    pub(super) fn find(&self, image: &ImageReader<'_>, follow: bool) -> Result<Inode> {
        let number = match self {
            Self::Path(path) => return Ok(image.resolve(path, follow)?),
            Self::Match(number) => *number,
        };
        let inode = image.index().inode(number)?;
        if !follow || inode.kind() != Kind::Symlink {
            return Ok(inode);
        }
        Ok(image.resolve(&image.path(number)?, true)?)
    }
}

/// `paths` with each pattern replaced by what it matches, in the order of the
/// paths of the image. A path that exists stands for itself even if it reads as
/// a pattern; a pattern that matches nothing stays, to be reported as a path
/// that is not there.
pub(super) fn expand(image: &ImageReader<'_>, paths: &[String]) -> Result<Vec<Wanted>> {
    let mut wanted = Vec::with_capacity(paths.len());
    for path in paths {
        let before = wanted.len();
        if Pattern::is_pattern(path) && image.resolve(path, false).is_err() {
            add_matches(image, path, &mut wanted)?;
        }
        if wanted.len() == before {
            wanted.push(Wanted::Path(path.clone()));
        }
    }
    Ok(wanted)
}

fn add_matches(image: &ImageReader<'_>, pattern: &str, wanted: &mut Vec<Wanted>) -> Result<()> {
    let pattern = Pattern::new(pattern)?;
    for entry in Walk::new(image)? {
        let entry = entry?;
        let is_directory = entry.inode.kind() == Kind::Directory;
        if pattern.matches(&entry.path, is_directory) {
            wanted.push(Wanted::Match(entry.inode.number));
        }
    }
    Ok(())
}
