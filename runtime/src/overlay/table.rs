//! Items by the keys that they have.
//!
//! The items lie in a vector without gaps, and an [`Order`] has their positions. For example, the
//! removal of item 2 of 9 moves item 8 to position 2.

use super::order::Order;
use super::space::Space;
use alloc::vec::Vec;

/// An item that has a key.
pub(super) trait Keyed {
    fn key(&self) -> u64;
}

/// Items by their keys. No two items have the same key.
#[derive(Debug)]
pub(super) struct Table<T> {
    positions: Order,
    items: Vec<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            positions: Order::default(),
            items: Vec::new(),
        }
    }
}

impl<T: Keyed> Table<T> {
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// All items, in no order.
    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    pub(super) fn get(&self, key: u64) -> Option<&T> {
        self.items.get(self.positions.find(key)? as usize)
    }

    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        self.items.get_mut(self.positions.find(key)? as usize)
    }

    /// The first key from `key` on.
    pub(super) fn next(&self, key: u64) -> Option<u64> {
        Some(self.positions.next(key)?.0)
    }

    /// The largest key.
    pub(super) fn last(&self) -> Option<u64> {
        self.positions.last()
    }

    /// Inserts an item whose key is new. Without space for it, the item comes back.
    pub(super) fn insert(&mut self, space: &mut Space, item: T) -> Result<(), T> {
        // The limit of the space keeps this below 2^32.
        let position = self.items.len() as u32;
        let reserved = space.reserve_one(&mut self.items);
        let insert = |()| self.positions.insert(space, item.key(), position);
        if reserved.and_then(insert).is_err() {
            return Err(item);
        }
        self.items.push(item);
        Ok(())
    }

    pub(super) fn remove(&mut self, space: &mut Space, key: u64) -> Option<T> {
        let position = self.positions.remove(space, key)?;
        if let Some(last) = self.items.last() {
            self.positions.set(last.key(), position);
        }
        let item = self.items.swap_remove(position as usize);
        space.shrink(&mut self.items);
        Some(item)
    }

    /// Takes an item out, until the table is empty.
    pub(super) fn pop(&mut self, space: &mut Space) -> Option<T> {
        let key = self.items.last()?.key();
        self.remove(space, key)
    }

    /// Frees the table, which is empty.
    pub(super) fn free(self, space: &mut Space) {
        self.positions.free(space);
        space.free(self.items);
    }
}
