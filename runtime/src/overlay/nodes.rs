//! The made and changed nodes by id.

use super::id::Id;
use super::node::Node;
use super::space::{Boxed, Space};
use super::table::{Keyed, Table};
use crate::fs::{FsError, Result};

/// Nodes by id, each in a box, so that the table stays small.
#[derive(Debug)]
pub(super) struct Nodes<I>(Table<Boxed<Node<I>>>);

impl<I> Default for Nodes<I> {
    fn default() -> Self {
        Self(Table::default())
    }
}

impl<I: Copy + Into<u32>> Keyed for Boxed<Node<I>> {
    fn key(&self) -> u64 {
        self[0].id.number()
    }
}

impl<I: Copy + Into<u32>> Nodes<I> {
    pub(super) fn get(&self, id: Id<I>) -> Option<&Node<I>> {
        if self.is_empty() {
            // Nothing has changed yet, so look-ups stay as fast as without a layer.
            return None;
        }
        Some(&self.0.get(id.number())?[0])
    }

    pub(super) fn get_mut(&mut self, id: Id<I>) -> Option<&mut Node<I>> {
        Some(&mut self.0.get_mut(id.number())?[0])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.items().is_empty()
    }

    /// All nodes, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Node<I>> {
        self.0.items().iter().map(|node| &node[0])
    }

    /// Frees all nodes.
    pub(super) fn clear(&mut self, space: &mut Space) {
        while let Some(node) = self.0.pop(space) {
            space.unbox(*node).body.free(space);
        }
        core::mem::take(&mut self.0).free(space);
    }

    /// Adds a node. If there is no room, frees it.
    pub(super) fn insert(&mut self, space: &mut Space, node: Node<I>) -> Result {
        let node = match space.boxed(node) {
            Ok(boxed) => match self.0.insert(space, boxed) {
                Ok(()) => return Ok(()),
                Err(boxed) => space.unbox(*boxed),
            },
            Err(node) => node,
        };
        node.body.free(space);
        Err(FsError::NoSpace)
    }

    /// Removes a node, and frees it.
    pub(super) fn remove(&mut self, space: &mut Space, id: Id<I>) {
        if let Some(node) = self.0.remove(space, id.number()) {
            space.unbox(*node).body.free(space);
        }
    }
}
