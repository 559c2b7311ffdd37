//! The layer: which nodes may change, and the node that a packed one gets when it does.

use super::clock::{Clock, Pausable};
use super::content::Content;
use super::directory::Directory;
use super::handles::Handles;
use super::id::Id;
use super::node::{Body, Node, NodeTimes};
use super::nodes::Nodes;
use super::space::Space;
use crate::fs::{Filesystem, FsError, Kind, Result};
use alloc::vec::Vec;
use core::hash::Hash;

/// A file system with the changes of a program above it.
pub struct Overlay<L: Filesystem, C> {
    pub(super) lower: L,
    pub(super) clock: Pausable<C>,
    /// Directories at and below which nodes may change.
    roots: Vec<L::Id>,
    pub(super) space: Space,
    pub(super) nodes: Nodes<L::Id>,
    pub(super) handles: Handles<Id<L::Id>>,
    /// The number of the next made node.
    pub(super) next_made: u64,
    /// Grows with each change.
    pub(super) edition: u64,
}

impl<L: Filesystem, C: Clock> Overlay<L, C>
where
    L::Id: Hash,
{
    /// Nothing is changed yet, and nothing [may change](Self::add_root). Changes may take
    /// `limit_len` bytes.
    pub fn new(lower: L, clock: C, limit_len: u64) -> Self {
        Self {
            lower,
            clock: Pausable::new(clock),
            roots: Vec::new(),
            space: Space::new(limit_len),
            nodes: Nodes::default(),
            handles: Handles::default(),
            next_made: 0,
            edition: 0,
        }
    }

    /// Lets everything at and below a directory change.
    ///
    /// # Errors
    ///
    /// [`FsError::NoMemory`].
    pub fn add_root(&mut self, directory: L::Id) -> Result {
        let reserved = self.roots.try_reserve(1);
        reserved.map_err(|_| FsError::NoMemory)?;
        self.roots.push(directory);
        Ok(())
    }

    /// Replaces the directories at and below which nodes may change.
    pub fn set_roots(&mut self, roots: Vec<L::Id>) {
        self.roots = roots;
    }

    /// The file system below.
    pub fn lower(&self) -> &L {
        &self.lower
    }

    /// The file system below. A change of its files makes the layer inconsistent.
    pub fn lower_mut(&mut self) -> &mut L {
        &mut self.lower
    }

    /// Bytes of memory that the changes take.
    pub fn used_len(&self) -> u64 {
        self.space.used_len()
    }

    /// Checks that a packed node is at or below a root.
    pub(super) fn check_packed(&self, id: L::Id) -> Result {
        let top = self.lower.root();
        let mut here = id;
        // An image lists each directory before its entries, so the way up ends.
        while !self.roots.contains(&here) {
            if here == top {
                return Err(FsError::ReadOnly);
            }
            here = L::id(&self.lower.parent(&self.lower.node(here)?)?);
        }
        Ok(())
    }

    /// The node of the changes, which a packed node gets at its first change. Each change
    /// begins here.
    pub(super) fn changed(&mut self, id: Id<L::Id>) -> Result<&mut Node<L::Id>> {
        self.edition += 1;
        if let (Id::Packed(packed), None) = (id, self.nodes.get(id)) {
            self.check_packed(packed)?;
            let node = self.packed_node(packed)?;
            self.nodes.insert(&mut self.space, node)?;
        }
        self.nodes.get_mut(id).ok_or(FsError::NotFound)
    }

    /// A packed node as it is before its first change.
    fn packed_node(&mut self, id: L::Id) -> Result<Node<L::Id>> {
        let stat = self.lower.stat(&self.lower.node(id)?)?;
        let body = match stat.kind {
            Kind::File => Body::File(Content::packed(stat.len)),
            Kind::Symlink => Body::Symlink(None),
            Kind::Directory => self.directory_body(None)?,
        };
        Ok(Node {
            id: Id::Packed(id),
            link_count: u32::try_from(stat.link_count).unwrap_or(u32::MAX),
            times: NodeTimes {
                accessed_ns: stat.accessed_ns,
                modified_ns: stat.modified_ns,
                changed_ns: stat.changed_ns,
            },
            body,
            is_executable: false,
        })
    }

    pub(super) fn directory_body(&mut self, parent: Option<Id<L::Id>>) -> Result<Body<L::Id>> {
        let boxed = self.space.boxed(Directory::new(parent));
        Ok(Body::Directory(boxed.map_err(|_| FsError::NoSpace)?))
    }
}
