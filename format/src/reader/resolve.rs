//! Resolution of paths, as the user of a tool means them.

use super::image_reader::ImageReader;
use crate::error::Corrupt;
use crate::inode::{Content, Inode, InodeNumber, Symlink};
use crate::limits::{MAX_PATH_LEN, MAX_SYMLINK_HOPS};
use std::vec::Vec;
use thiserror::Error;

/// Failure to resolve a path.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ResolveError {
    /// A name does not exist.
    #[error("no such file or directory in the image")]
    NotFound,
    /// A component before the last, or before a slash, is not a directory.
    #[error("not a directory")]
    NotADirectory,
    /// More symbolic links than [`MAX_SYMLINK_HOPS`].
    #[error("more than {MAX_SYMLINK_HOPS} symbolic links: they form a loop")]
    Loop,
    /// Path or link target longer than [`MAX_PATH_LEN`].
    #[error("longer than {MAX_PATH_LEN} bytes")]
    TooLong,
    /// The image is damaged.
    #[error("corrupt image: {0}")]
    Corrupt(Corrupt),
}

// Not as a source: the message above contains its own.
impl From<Corrupt> for ResolveError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt)
    }
}

impl ImageReader<'_> {
    /// Returns the inode at `path`, which starts at the root of the image with or
    /// without a leading slash. `.` and empty components are ignored. `..` goes up, but
    /// not above the root. Absolute targets start at the root of the image.
    ///
    /// `follow` determines whether a symbolic link at the end is followed. A trailing
    /// slash always follows it.
    pub fn resolve(&self, path: &str, follow: bool) -> Result<Inode, ResolveError> {
        let mut walk = Walk {
            image: self,
            at: self.index().inode(InodeNumber::ROOT)?,
            rest: Vec::new(),
            hops: 0,
            follow,
        };
        // The limit does not count the slash.
        walk.push(path.strip_prefix('/').unwrap_or(path).as_bytes())?;
        while let Some(name) = walk.rest.pop() {
            walk.step(&name)?;
        }
        Ok(walk.at)
    }
}

/// A resolution under way.
struct Walk<'i, 'a> {
    image: &'i ImageReader<'a>,
    /// The inode that the walk has reached.
    at: Inode,
    /// The components that remain, the next one last.
    rest: Vec<Vec<u8>>,
    hops: u32,
    follow: bool,
}

impl Walk<'_, '_> {
    /// Puts the components of `path` before the remaining ones. A trailing slash
    /// becomes a `.`, which only a directory has.
    fn push(&mut self, path: &[u8]) -> Result<(), ResolveError> {
        if path.len() > MAX_PATH_LEN {
            return Err(ResolveError::TooLong);
        }
        if path.ends_with(b"/") {
            self.rest.push(b".".to_vec());
        }
        let components = path.split(|&byte| byte == b'/');
        let components = components.filter(|component| !component.is_empty());
        self.rest.extend(components.rev().map(<[u8]>::to_vec));
        Ok(())
    }

    /// Resolves one component. The walk ends, because only links add components and
    /// their number is limited.
    fn step(&mut self, name: &[u8]) -> Result<(), ResolveError> {
        let Content::Directory(directory) = self.at.content else {
            return Err(ResolveError::NotADirectory);
        };
        let index = self.image.index();
        let entry = match name {
            b"." => return Ok(()),
            b".." => index.inode(self.at.parent)?,
            _ => index
                .lookup(&directory, name)?
                .ok_or(ResolveError::NotFound)?,
        };
        match entry.content {
            Content::Symlink(link) if self.follow || !self.rest.is_empty() => self.follow(&link),
            _ => {
                self.at = entry;
                Ok(())
            }
        }
    }

    fn follow(&mut self, link: &Symlink) -> Result<(), ResolveError> {
        self.hops += 1;
        if self.hops > MAX_SYMLINK_HOPS {
            return Err(ResolveError::Loop);
        }
        let target = self.image.index().target(link)?;
        if target.starts_with(b"/") {
            self.at = self.image.index().inode(InodeNumber::ROOT)?;
        }
        self.push(target)
    }
}
