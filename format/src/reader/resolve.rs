//! From a path to an inode, as a tool's user means it.

use super::image_reader::ImageReader;
use crate::error::Corrupt;
use crate::inode::{Content, Inode, InodeNumber, Symlink};
use crate::limits::{MAX_PATH_LEN, MAX_SYMLINK_HOPS};
use std::vec::Vec;
use thiserror::Error;

/// A path that leads nowhere.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ResolveError {
    /// There is no such name.
    #[error("no such file or directory in the image")]
    NotFound,
    /// A component other than the last, or one before a slash, is no directory.
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
    /// The inode at `path`, which starts at the root of the image with or
    /// without a leading slash. `.` and empty components stay, `..` goes up
    /// but not above the root, absolute targets start at the root of the
    /// image.
    ///
    /// `follow` says whether a symbolic link at the very end is followed; a
    /// trailing slash follows it in any case.
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
    /// Where the walk has arrived.
    at: Inode,
    /// The components that remain, the next one last.
    rest: Vec<Vec<u8>>,
    hops: u32,
    follow: bool,
}

impl Walk<'_, '_> {
    /// Puts the components of `path` before what remains. A trailing slash
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

    /// Takes one component. Ends: only links add any, and their number is
    /// bounded.
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
