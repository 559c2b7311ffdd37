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

/// The most bytes of a table besides its buckets.
const PADDING_LEN: u64 = 64;

/// The hash of a key. The same in all programs, since a program harms only itself with keys
/// that collide.
pub(super) fn hash_of(key: &(impl Hash + ?Sized)) -> u64 {
    #[cfg(test)]
    HASH_COUNT.set(HASH_COUNT.get() + 1);
    FixedState::with_seed(0).hash_one(key)
}

#[cfg(test)]
std::thread_local! {
    /// Calls of [`hash_of`].
    static HASH_COUNT: core::cell::Cell<u64> = const { core::cell::Cell::new(0) };
}

/// Also returns how many keys were hashed, which bounds the look-ups.
#[cfg(test)]
pub(crate) fn count_hashes<R>(body: impl FnOnce() -> R) -> (R, u64) {
    let before = HASH_COUNT.get();
    let result = body();
    (result, HASH_COUNT.get() - before)
}

/// The buckets of a table for so many items: a power of two, and at most 7 of 8 are used.
fn bucket_count(count: u64) -> u64 {
    let wanted = match count {
        ..8 => (count + 1).max(4),
        _ => count.saturating_mul(8) / 7,
    };
    wanted.next_power_of_two()
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

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    pub(super) fn find(&self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&T> {
        self.0.find(hash, is_it)
    }

    pub(super) fn find_mut(&mut self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&mut T> {
        self.0.find_mut(hash, is_it)
    }

    /// The most bytes by which room for `additional` more items makes the table longer. 0 if
    /// there is room.
    pub(super) fn growth_len(&self, additional: u64) -> u64 {
        let free = self.0.capacity() - self.0.len();
        if additional <= free as u64 {
            return 0;
        }
        let bucket_count = bucket_count(additional.saturating_add(self.0.len() as u64));
        // A bucket has an item and a byte. Removed items can ask for twice the buckets, too.
        let len = bucket_count.saturating_mul(size_of::<T>() as u64 + 1);
        let before = self.0.allocation_size() as u64;
        len.max(2 * before) + PADDING_LEN - before
    }

    /// Makes room for one item.
    pub(super) fn reserve_one(&mut self, space: &mut Space, hash: impl Fn(&T) -> u64) -> Result {
        self.reserve(space, 1, hash)
    }

    /// Makes room for `additional` items.
    pub(super) fn reserve(
        &mut self,
        space: &mut Space,
        additional: usize,
        hash: impl Fn(&T) -> u64,
    ) -> Result {
        let growth_len = self.growth_len(additional as u64);
        if growth_len == 0 {
            return Ok(());
        }
        space.check_table(growth_len)?;
        let before = self.0.allocation_size();
        let reserved = self.0.try_reserve(additional, hash);
        reserved.map_err(|_| FsError::NoSpace)?;
        space.change_table(before, self.0.allocation_size());
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
        space.change_table(self.0.allocation_size(), smaller.allocation_size());
        for item in self.0.drain() {
            smaller.insert_unique(hash(&item), item, &hash);
        }
        self.0 = smaller;
    }

    /// Takes all items out and keeps the room.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes all items out, and frees the table.
    pub(super) fn drain(&mut self, space: &mut Space) -> impl Iterator<Item = T> + use<T> {
        space.change_table(self.0.allocation_size(), 0);
        core::mem::take(&mut self.0).into_iter()
    }
}
