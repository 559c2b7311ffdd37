//! An open file or directory.

use super::{OpenDirectory, OpenFile};

/// An open file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle<I> {
    /// A directory.
    Directory(OpenDirectory<I>),
    /// A file.
    File(OpenFile<I>),
}

impl<I: Copy> Handle<I> {
    /// The node.
    pub fn id(&self) -> I {
        match self {
            Self::Directory(directory) => directory.id,
            Self::File(file) => file.id,
        }
    }
}
