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
    /// Names that the packed directory does not have.
    own: Names<I>,
    /// Packed names that were removed, `None`, or that belong to another node. They keep
    /// their place in a listing.
    covers: Names<Option<I>>,
    /// All packed names before this cookie are removed.
    visible_from: Cell<u64>,
}

impl<I: Copy> Directory<I> {
    pub(super) fn new(parent: Option<I>) -> Self {
        Self {
            parent,
            own: Names::default(),
            covers: Names::default(),
            visible_from: Cell::new(0),
        }
    }

    pub(super) fn lookup(&self, name: &[u8]) -> Lookup<I> {
        match self.own.get(name) {
            Some(&id) => Lookup::Node(id),
            None => self.packed(name),
        }
    }

    /// What became of a name that the packed directory has.
    pub(super) fn packed(&self, name: &[u8]) -> Lookup<I> {
        match self.covers.get(name) {
            None => Lookup::Unchanged,
            Some(None) => Lookup::Removed,
            Some(&Some(id)) => Lookup::Node(id),
        }
    }

    /// The first own name with at least this number.
    pub(super) fn own_at(&self, number: u64) -> Option<(u64, &[u8], I)> {
        let (number, name, &id) = self.own.at(number)?;
        Some((number, name, id))
    }

    /// Where to start a listing of the packed names at `cookie`.
    pub(super) fn skip_removed(&self, cookie: u64) -> u64 {
        cookie.max(self.visible_from.get())
    }

    /// Notes that all packed names from `start` to `end` are removed. So a program that
    /// removes the first name again and again does not skip the same names each time.
    pub(super) fn note_removed(&self, start: u64, end: u64) {
        if start <= self.visible_from.get() {
            self.visible_from.set(self.visible_from.get().max(end));
        }
    }

    /// Gives a name to a node. All or nothing.
    pub(super) fn set(&mut self, space: &mut Space, name: Name<'_>, id: I) -> Result {
        if !name.is_packed {
            return match self.own.get_mut(name.bytes) {
                Some(value) => {
                    *value = id;
                    Ok(())
                }
                None => self.own.insert(space, name.bytes, id),
            };
        }
        match self.covers.get_mut(name.bytes) {
            Some(value) => *value = Some(id),
            None => self.covers.insert(space, name.bytes, Some(id))?,
        }
        self.visible_from.set(0);
        Ok(())
    }

    /// Makes the removal of a name possible, which belongs to this node.
    pub(super) fn reserve_removal(&mut self, space: &mut Space, name: Name<'_>, id: I) -> Result {
        if !name.is_packed || self.covers.get(name.bytes).is_some() {
            return Ok(());
        }
        // The name still belongs to the packed node.
        self.covers.insert(space, name.bytes, Some(id))
    }

    /// Removes a name after [`reserve_removal`](Self::reserve_removal).
    pub(super) fn remove(&mut self, space: &mut Space, name: Name<'_>) {
        if !name.is_packed {
            self.own.remove(space, name.bytes);
        } else if let Some(value) = self.covers.get_mut(name.bytes) {
            *value = None;
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
