//! A node that the program made or changed.

use super::content::Content;
use super::directory::Directory;
use super::id::Id;
use super::space::{Boxed, Space};
use crate::fs::Kind;
use alloc::vec::Vec;

/// The times of a node in nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct NodeTimes {
    pub(super) accessed_ns: i64,
    pub(super) modified_ns: i64,
    pub(super) changed_ns: i64,
}

impl NodeTimes {
    pub(super) fn all(now_ns: i64) -> Self {
        Self {
            accessed_ns: now_ns,
            modified_ns: now_ns,
            changed_ns: now_ns,
        }
    }
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Body<I> {
    File(Content),
    Directory(Boxed<Directory<Id<I>>>),
    /// The target; `None` for that of the packed link.
    Symlink(Option<Vec<u8>>),
}

impl<I: Copy> Body<I> {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::File(_) => Kind::File,
            Self::Directory(_) => Kind::Directory,
            Self::Symlink(_) => Kind::Symlink,
        }
    }

    pub(super) fn free(self, space: &mut Space) {
        match self {
            Self::File(content) => content.free(space),
            Self::Directory(directory) => space.unbox(*directory).free(space),
            Self::Symlink(target) => space.free(target.unwrap_or_default()),
        }
    }
}

/// A node that the program made or changed.
#[derive(Debug)]
pub(super) struct Node<I> {
    pub(super) id: Id<I>,
    /// Names of the node. With none, only handles keep the node.
    pub(super) link_count: u32,
    pub(super) times: NodeTimes,
    pub(super) body: Body<I>,
    /// Whether a made file may be executed. A packed file keeps what it is.
    pub(super) is_executable: bool,
}

impl<I> Node<I> {
    pub(super) fn directory(&self) -> Option<&Directory<Id<I>>> {
        match &self.body {
            Body::Directory(directory) => Some(&directory[0]),
            _ => None,
        }
    }

    pub(super) fn directory_mut(&mut self) -> Option<&mut Directory<Id<I>>> {
        match &mut self.body {
            Body::Directory(directory) => Some(&mut directory[0]),
            _ => None,
        }
    }
}
