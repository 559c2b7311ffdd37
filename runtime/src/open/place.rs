//! Where a change of names happens: a directory, and a name in it.

use super::OpenDirectory;
use crate::fs::{Filesystem, FsError, Resolution, Result};
use arrayvec::ArrayVec;
use wasi_vfs_format::limits::MAX_NAME_LEN;

/// What a change expects of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing has the name, as before a node is made.
    Free,
    /// A node has the name, as before it is removed.
    Taken,
    /// Either, as for the new name of `rename`.
    Any,
}

/// A directory that can change, and a name in it.
#[derive(Clone, Debug)]
pub struct Place<I> {
    /// The directory.
    pub directory: I,
    /// A copy of the name, since the name itself may lie in the target of a link, which a
    /// change could move.
    pub name: ArrayVec<u8, MAX_NAME_LEN>,
    /// Whether a slash behind a free name asks for a directory.
    pub names_directory: bool,
}

impl<I: Copy + Eq> Place<I> {
    /// The place that a path of the program leads to.
    ///
    /// # Errors
    ///
    /// Those of the path, then those of [`new`](Self::new). Then, as in Linux, a link with a
    /// slash behind it is [`FsError::Exists`] if the name must be free, and otherwise
    /// [`FsError::NotADirectory`]: a change never moves or removes the target of a link.
    pub fn find<F: Filesystem<Id = I>>(
        fs: &F,
        (start, path): (&OpenDirectory<I>, &[u8]),
        expected: Expected,
    ) -> Result<Self> {
        let found = start.resolve(fs, path, false)?;
        let place = Self::new(fs, &found, expected)?;
        match (found.followed_for_slash, expected) {
            (false, _) => Ok(place),
            (true, Expected::Free) => Err(FsError::Exists),
            (true, Expected::Taken | Expected::Any) => Err(FsError::NotADirectory),
        }
    }

    /// The place where a path led to. A read-only file system always refuses, so the
    /// compiler drops the code behind it.
    ///
    /// # Errors
    ///
    /// [`FsError::Exists`] or [`FsError::NotFound`] if the name is not as expected, before
    /// [`FsError::ReadOnly`]: programs that make a directory unless it exists rely on it.
    pub fn new<F: Filesystem<Id = I>>(
        fs: &F,
        found: &Resolution<'_, F>,
        expected: Expected,
    ) -> Result<Self> {
        match (expected, found.node.is_some()) {
            (Expected::Free, true) => return Err(FsError::Exists),
            (Expected::Taken, false) => return Err(FsError::NotFound),
            _ => fs.check_writable(found.directory)?,
        }
        let name = ArrayVec::try_from(found.name);
        Ok(Self {
            directory: found.directory,
            name: name.map_err(|_| FsError::NameTooLong)?,
            names_directory: found.names_directory,
        })
    }

    /// Checks that no slash follows the name of a node that is no directory.
    ///
    /// # Errors
    ///
    /// [`FsError::NotFound`], as of `symlink` and `link` of Linux.
    pub fn check_no_directory(&self) -> Result {
        match self.names_directory {
            true => Err(FsError::NotFound),
            false => Ok(()),
        }
    }
}
