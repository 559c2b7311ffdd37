//! The tree of the changed file system.

use super::clock::Clock;
use super::directory::Lookup;
use super::id::{Found, Id};
use super::layer::Overlay;
use super::node::Body;
use crate::fs::{Filesystem, FsError, Kind, Result, Tree};

impl<L: Filesystem, C: Clock> Tree for Overlay<L, C>
where
    L::Id: Into<u32>,
{
    type Id = Id<L::Id>;
    type Node = Found<L::Node>;

    fn root(&self) -> Self::Id {
        Id::Packed(self.lower.root())
    }

    fn node(&self, id: Self::Id) -> Result<Self::Node> {
        match id {
            Id::Packed(id) => Ok(Found::Packed(self.lower.node(id)?)),
            Id::Made(number) => {
                let node = self.nodes.get(id).ok_or(FsError::NotFound)?;
                Ok(Found::Made(number, node.body.kind()))
            }
        }
    }

    fn id(node: &Self::Node) -> Self::Id {
        match node {
            Found::Packed(node) => Id::Packed(L::id(node)),
            Found::Made(number, _) => Id::Made(*number),
        }
    }

    fn kind(node: &Self::Node) -> Kind {
        match node {
            Found::Packed(node) => L::kind(node),
            Found::Made(_, kind) => *kind,
        }
    }

    /// A removed directory has none: the one above may be gone, too.
    fn parent(&self, node: &Self::Node) -> Result<Self::Node> {
        let changed = self.nodes.get(Self::id(node));
        if changed.is_some_and(|changed| changed.link_count == 0) {
            return Err(FsError::NotFound);
        }
        let moved = changed.and_then(|changed| changed.directory()?.parent);
        match (moved, node) {
            (Some(parent), _) => self.node(parent),
            (None, Found::Packed(node)) => Ok(Found::Packed(self.lower.parent(node)?)),
            (None, Found::Made(..)) => Err(FsError::NotADirectory),
        }
    }

    fn lookup(&self, directory: &Self::Node, name: &[u8]) -> Result<Option<Self::Node>> {
        if Self::kind(directory) != Kind::Directory {
            return Err(FsError::NotADirectory);
        }
        let changed = self.nodes.get(Self::id(directory));
        let changed = changed.and_then(|changed| changed.directory());
        match changed.map_or(Lookup::Unchanged, |changed| changed.lookup(name)) {
            Lookup::Node(id) => self.node(id).map(Some),
            Lookup::Removed => Ok(None),
            Lookup::Unchanged => self.lookup_packed(directory, name),
        }
    }

    fn read_link(&self, link: &Self::Node) -> Result<&[u8]> {
        match (self.nodes.get(Self::id(link)).map(|link| &link.body), link) {
            (Some(Body::Symlink(Some(target))), _) => Ok(target),
            (_, Found::Packed(link)) => self.lower.read_link(link),
            (_, Found::Made(..)) => Err(FsError::Invalid),
        }
    }
}

impl<L: Filesystem, C: Clock> Overlay<L, C>
where
    L::Id: Into<u32>,
{
    /// The node that the packed directory has under a name. Compiled once, unlike the look-up
    /// itself.
    #[inline(never)]
    pub(super) fn lookup_packed(
        &self,
        directory: &Found<L::Node>,
        name: &[u8],
    ) -> Result<Option<Found<L::Node>>> {
        match directory {
            Found::Packed(directory) => {
                let found = self.lower.lookup(directory, name)?;
                Ok(found.map(Found::Packed))
            }
            Found::Made(..) => Ok(None),
        }
    }
}
