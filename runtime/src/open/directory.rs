//! An open directory.

use crate::fs::{Filesystem, Resolution, Result};

/// An open directory, from which paths start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenDirectory<I> {
    /// The directory.
    pub id: I,
    /// The directory above which no path from here leads.
    pub root: I,
    /// The position of the mount, if this is a preopen.
    pub mount: Option<u32>,
}

impl<I: Copy + Eq> OpenDirectory<I> {
    /// A preopen: no path leads above it.
    pub fn preopen(id: I, mount: u32) -> Self {
        Self {
            id,
            root: id,
            mount: Some(mount),
        }
    }

    /// Resolves a path of the program.
    ///
    /// # Errors
    ///
    /// Those of [`Filesystem::walk`].
    pub fn resolve<'p, T: Filesystem<Id = I>>(
        &self,
        tree: &'p T,
        path: &'p [u8],
        follow_last: bool,
    ) -> Result<Resolution<'p, T>> {
        tree.walk((self.id, self.root), path, follow_last)
    }

    /// The id of the node that a path of the program leads to.
    ///
    /// # Errors
    ///
    /// Those of [`Filesystem::walk`], and [`FsError::NotFound`](crate::fs::FsError::NotFound).
    pub fn existing<T: Filesystem<Id = I>>(
        &self,
        tree: &T,
        path: &[u8],
        follow_last: bool,
    ) -> Result<I> {
        let found = self.resolve(tree, path, follow_last)?;
        Ok(T::id(found.existing()?))
    }
}
