//! A layer for changes above another file system: what a program writes is in memory, and
//! the file system below never changes.
//!
//! A node below that changes gets a [`Node`](node::Node) with the changes only:
//!
//! - A changed file has the written pages; the other bytes are still read from below.
//! - A changed directory has the added names, and the packed names that were removed or
//!   replaced; the other names are still looked up below.
//! - Moving a packed file or directory only moves its name. Its id, its inode number and
//!   the names below it stay.
//!
//! `rename("/lib/a", "/tmp/b")` of a packed file, for example, hides `a` in `/lib` and adds
//! `b` to `/tmp` with the id of the packed file. A later write of one byte at offset 5,000
//! makes a node for the file with page 1. Removing `/tmp/b` frees name, node and page.
//!
//! Every change first makes all the room that it needs, and only then changes anything. So a
//! change that runs out of memory leaves everything as it was. [`Space`](space::Space)
//! counts the memory of all structures and holds it below a limit. Memory is given back
//! when names are removed and files are cut off.
//!
//! Only nodes at or below a *root* accept changes. A made node lies below one, since all
//! names above it are fixed. Preopened directories cannot be moved or removed.

mod clock;
mod content;
mod directory;
mod editing;
mod filesystem;
mod handles;
mod id;
mod listing;
mod names;
mod naming;
mod node;
mod nodes;
mod pages;
mod slice;
mod space;
mod table;
mod tree;

pub use clock::{Clock, Ticks};
pub use id::{Found, Id};

use crate::fs::{Filesystem, FsError, Kind, Result};
use alloc::vec::Vec;
use content::Content;
use core::hash::Hash;
use directory::Directory;
use handles::Handles;
use node::{Body, Node, NodeTimes};
use nodes::Nodes;
use space::Space;

/// A file system with the changes of a program above it.
pub struct Overlay<L: Filesystem, C> {
    lower: L,
    clock: C,
    /// Directories at and below which nodes may change.
    roots: Vec<L::Id>,
    space: Space,
    nodes: Nodes<L::Id>,
    handles: Handles<Id<L::Id>>,
    next_made: u64,
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
            clock,
            roots: Vec::new(),
            space: Space::new(limit_len),
            nodes: Nodes::default(),
            handles: Handles::default(),
            next_made: 0,
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

    /// The file system below.
    pub fn lower(&self) -> &L {
        &self.lower
    }

    /// Bytes of memory that the changes take.
    pub fn used_len(&self) -> u64 {
        self.space.used_len()
    }

    /// Checks that a packed node is at or below a root.
    fn check_packed(&self, id: L::Id) -> Result {
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

    /// The node of the changes, which a packed node gets at its first change.
    fn changed(&mut self, id: Id<L::Id>) -> Result<&mut Node<L::Id>> {
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
        })
    }

    fn directory_body(&mut self, parent: Option<Id<L::Id>>) -> Result<Body<L::Id>> {
        let boxed = self.space.boxed(Directory::new(parent));
        Ok(Body::Directory(boxed.map_err(|_| FsError::NoSpace)?))
    }
}
