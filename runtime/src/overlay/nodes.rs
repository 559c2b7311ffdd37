//! The made and changed nodes by id.

use super::id::Id;
use super::node::Node;
use super::space::{Boxed, Space};
use super::table::{Table, hash_of};
use crate::fs::{FsError, Result};
use core::hash::Hash;

/// Nodes by id, each in a box, so that the table stays small.
#[derive(Debug)]
pub(super) struct Nodes<I>(Table<Boxed<Node<I>>>);

impl<I> Default for Nodes<I> {
    fn default() -> Self {
        Self(Table::default())
    }
}

impl<I: Copy + Eq + Hash> Nodes<I> {
    pub(super) fn get(&self, id: Id<I>) -> Option<&Node<I>> {
        if self.0.is_empty() {
            // Nothing has changed yet, so look-ups stay as fast as without a layer.
            return None;
        }
        let found = self.0.find(hash_of(&id), |node| node[0].id == id);
        found.map(|node| &node[0])
    }

    pub(super) fn get_mut(&mut self, id: Id<I>) -> Option<&mut Node<I>> {
        let found = self.0.find_mut(hash_of(&id), |node| node[0].id == id);
        found.map(|node| &mut node[0])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All nodes, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Node<I>> {
        self.0.iter().map(|node| &node[0])
    }

    /// Frees all nodes.
    pub(super) fn clear(&mut self, space: &mut Space) {
        for node in self.0.drain(space) {
            space.unbox(*node).body.free(space);
        }
    }

    /// Adds a node. If there is no room, frees it.
    pub(super) fn insert(&mut self, space: &mut Space, node: Node<I>) -> Result {
        if let Err(error) = self.0.reserve_one(space, hash) {
            node.body.free(space);
            return Err(error);
        }
        match space.boxed(node) {
            Ok(boxed) => {
                self.0.insert(boxed, hash);
                Ok(())
            }
            Err(node) => {
                node.body.free(space);
                Err(FsError::NoSpace)
            }
        }
    }

    /// Removes a node, and frees it.
    pub(super) fn remove(&mut self, space: &mut Space, id: Id<I>) {
        let removed = self.0.remove(hash_of(&id), |node| node[0].id == id);
        if let Some(node) = removed {
            space.unbox(*node).body.free(space);
            self.0.shrink(space, hash);
        }
    }
}

fn hash<I: Hash>(node: &Boxed<Node<I>>) -> u64 {
    hash_of(&node[0].id)
}
