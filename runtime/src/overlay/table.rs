//! A hash table that allocates only where the caller can bear an error.
//!
//! [`Table::reserve_one`] makes room and may fail. [`Table::insert`] then uses the room. So a
//! change first makes all its room, and cannot fail half-way.

use super::space::Space;
use crate::fs::{FsError, Result};
use core::hash::{BuildHasher, Hash};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// A table below this capacity is never moved to a smaller one.
const SMALL: usize = 32;

/// The hash of a key. The same in all programs, since a program harms only itself with keys
/// that collide.
pub(super) fn hash_of(key: &(impl Hash + ?Sized)) -> u64 {
    FixedState::with_seed(0).hash_one(key)
}

/// Items by the hash of their keys.
#[derive(Debug)]
pub(super) struct Table<T>(HashTable<T>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

impl<T> Table<T> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn find(&self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&T> {
        self.0.find(hash, is_it)
    }

    pub(super) fn find_mut(&mut self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&mut T> {
        self.0.find_mut(hash, is_it)
    }

    /// Makes room for one item.
    pub(super) fn reserve_one(&mut self, space: &mut Space, hash: impl Fn(&T) -> u64) -> Result {
        if self.0.len() < self.0.capacity() {
            return Ok(());
        }
        let before = self.0.allocation_size();
        // Twice the buckets, and room for the smallest table.
        space.check((before as u64).saturating_mul(2) + 4 * size_of::<T>() as u64 + 64)?;
        let reserved = self.0.try_reserve(1, hash);
        reserved.map_err(|_| FsError::NoSpace)?;
        space.subtract(before);
        space.add(self.0.allocation_size());
        Ok(())
    }

    /// Inserts an item for which there is room, and which the table does not have.
    pub(super) fn insert(&mut self, item: T, hash: impl Fn(&T) -> u64) {
        let key = hash(&item);
        self.0.insert_unique(key, item, hash);
    }

    pub(super) fn remove(&mut self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<T> {
        let entry = self.0.find_entry(hash, is_it).ok()?;
        Some(entry.remove().0)
    }

    /// Moves the items of a table that is mostly empty to a smaller one. If memory runs out,
    /// the table keeps its memory.
    pub(super) fn shrink(&mut self, space: &mut Space, hash: impl Fn(&T) -> u64) {
        let is_fit = self.0.capacity() < SMALL || self.0.len() > self.0.capacity() / 8;
        if is_fit && !self.0.is_empty() {
            return;
        }
        let mut smaller = HashTable::new();
        if smaller.try_reserve(self.0.len() * 2, &hash).is_err() {
            return;
        }
        space.subtract(self.0.allocation_size());
        for item in self.0.drain() {
            smaller.insert_unique(hash(&item), item, &hash);
        }
        space.add(smaller.allocation_size());
        self.0 = smaller;
    }

    /// Takes all items out and keeps the room.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes all items out, and frees the table.
    pub(super) fn drain(&mut self, space: &mut Space) -> impl Iterator<Item = T> + use<T> {
        space.subtract(self.0.allocation_size());
        core::mem::take(&mut self.0).into_iter()
    }

    /// Takes out the items for which `is_out` holds.
    pub(super) fn extract(
        &mut self,
        is_out: impl FnMut(&mut T) -> bool,
    ) -> impl Iterator<Item = T> {
        self.0.extract_if(is_out)
    }
}
