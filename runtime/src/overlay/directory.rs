//! The changed names of a directory.

use super::names::Names;
use super::space::Space;
use crate::fs::Result;
use core::cell::Cell;

/// What a directory says about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup<I> {
    /// The name is as the packed directory has it, or absent.
    Unchanged,
    /// A packed name was removed.
    Removed,
    /// The name belongs to this node.
    Node(I),
}

/// A packed name that changed.
#[derive(Debug)]
pub(super) enum Cover<I> {
    /// The name was removed for good. All packed names up to the cookie of the next visible one
    /// were removed, too, as far as a listing noted it.
    Removed(Cell<u64>),
    /// The name belongs to another node, or is about to be removed.
    Node(I),
}

/// A name to change: where it is, and whether the packed directory has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'n> {
    pub(super) bytes: &'n [u8],
    pub(super) is_packed: bool,
}

/// The changes of a directory. `I` names nodes.
#[derive(Debug)]
pub(super) struct Directory<I> {
    /// The directory above; `None` while that of a packed directory is the packed one.
    pub(super) parent: Option<I>,
    /// Names that the packed directory does not have, or had until their removal.
    /// Each belongs to a node.
    own: Names<Cover<I>>,
    /// Packed names that changed. One that belongs to another node keeps its place in a
    /// listing.
    covers: Names<Cover<I>>,
}

impl<I: Copy> Directory<I> {
    pub(super) fn new(parent: Option<I>) -> Self {
        Self {
            parent,
            own: Names::default(),
            covers: Names::default(),
        }
    }

    pub(super) fn lookup(&self, name: &[u8]) -> Lookup<I> {
        match self.own.get(name).or_else(|| self.cover(name)) {
            None => Lookup::Unchanged,
            Some(Cover::Removed(_)) => Lookup::Removed,
            Some(&Cover::Node(id)) => Lookup::Node(id),
        }
    }

    /// The change of a packed name.
    pub(super) fn cover(&self, name: &[u8]) -> Option<&Cover<I>> {
        self.covers.get(name)
    }

    /// The first changed packed name with at least this number.
    pub(super) fn cover_at(&self, number: u64) -> Option<(u64, &[u8], &Cover<I>)> {
        self.covers.at(number)
    }

    /// The first own name with at least this number.
    pub(super) fn own_at(&self, number: u64) -> Option<(u64, &[u8], I)> {
        match self.own.at(number)? {
            (number, name, &Cover::Node(id)) => Some((number, name, id)),
            (_, _, Cover::Removed(_)) => None,
        }
    }

    /// Gives a name to a node. All or nothing.
    pub(super) fn set(&mut self, space: &mut Space, name: Name<'_>, id: I) -> Result {
        match self.covers.get_mut(name.bytes) {
            Some(Cover::Node(node)) => *node = id,
            None if name.is_packed => self.covers.insert(space, name.bytes, Cover::Node(id))?,
            // A removed packed name leaves its place for good, so that listings can skip it.
            _ => match self.own.get_mut(name.bytes) {
                Some(own) => *own = Cover::Node(id),
                None => self.own.insert(space, name.bytes, Cover::Node(id))?,
            },
        }
        Ok(())
    }

    /// Makes the removal of a name possible, which belongs to this node. Returns whether that
    /// took space.
    pub(super) fn reserve_removal(
        &mut self,
        space: &mut Space,
        name: Name<'_>,
        id: I,
    ) -> Result<bool> {
        if !name.is_packed || self.covers.get(name.bytes).is_some() {
            return Ok(false);
        }
        // The name still belongs to the packed node.
        self.covers.insert(space, name.bytes, Cover::Node(id))?;
        Ok(true)
    }

    /// Frees the space that [`reserve_removal`](Self::reserve_removal) took.
    pub(super) fn cancel_removal(&mut self, space: &mut Space, name: Name<'_>) {
        self.covers.remove(space, name.bytes);
    }

    /// Removes a name after [`reserve_removal`](Self::reserve_removal).
    pub(super) fn remove(&mut self, space: &mut Space, name: Name<'_>) {
        match self.covers.get_mut(name.bytes) {
            Some(cover @ Cover::Node(_)) => *cover = Cover::Removed(Cell::new(0)),
            _ => self.own.remove(space, name.bytes),
        }
    }

    /// Whether the listing of the packed directory is unchanged.
    pub(super) fn shows_packed(&self) -> bool {
        self.covers.is_empty()
    }

    /// Frees all names.
    pub(super) fn free(self, space: &mut Space) {
        self.own.free(space);
        self.covers.free(space);
    }
}
