//! A hash table that allocates only where the caller can bear an error.
//!
//! [`Table::reserve_one`] makes room and may fail. [`Table::insert`] then uses the room. So a
//! change first makes all its room, and cannot fail half-way.

use super::space::Space;
use crate::fs::{FsError, Result};
use core::hash::{Hash, Hasher};
use hashbrown::HashTable;
use wasi_vfs_format::checksum::checksum;

/// A table below this capacity is never moved to a smaller one.
const SMALL: usize = 32;

/// The most bytes of a table besides its buckets.
const PADDING_LEN: u64 = 64;

/// The hash of a key. The same in all programs, since a program harms only itself with keys
/// that collide.
pub(super) fn hash_of(key: &(impl Hash + ?Sized)) -> u64 {
    #[cfg(test)]
    HASH_COUNT.set(HASH_COUNT.get() + 1);
    let mut mixer = Mixer(0);
    key.hash(&mut mixer);
    mixer.finish()
}

/// Hashes numbers by a multiplication, and names by the checksum of images, whose code the
/// runtime has anyway.
struct Mixer(u64);

impl Mixer {
    /// A table uses the highest and the lowest bits of a hash. The high half of a product
    /// depends on all bits of the factor.
    fn mix(&mut self, number: u64) {
        // 2^64 divided by the golden ratio, which spreads consecutive numbers.
        let product = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        self.mix(checksum(bytes));
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.mix(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Hashes an item. All hashes of one type have this type, so the code of a table exists once.
type HashOf<'h, T> = &'h dyn Fn(&T) -> u64;

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
        self.make_room(space, additional, &hash)
    }

    fn make_room(&mut self, space: &mut Space, additional: usize, hash: HashOf<'_, T>) -> Result {
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
        Self::put(&mut self.0, item, &hash);
    }

    fn put(table: &mut HashTable<T>, item: T, hash: HashOf<'_, T>) {
        table.insert_unique(hash(&item), item, hash);
    }

    pub(super) fn remove(&mut self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<T> {
        let entry = self.0.find_entry(hash, is_it).ok()?;
        Some(entry.remove().0)
    }

    /// Moves the items of a table that is mostly empty to a smaller one. If memory runs out,
    /// the table keeps its memory.
    pub(super) fn shrink(&mut self, space: &mut Space, hash: impl Fn(&T) -> u64) {
        let is_fit = self.0.capacity() < SMALL || self.0.len() > self.0.capacity() / 8;
        if !is_fit || self.0.is_empty() {
            self.move_to_smaller(space, &hash);
        }
    }

    fn move_to_smaller(&mut self, space: &mut Space, hash: HashOf<'_, T>) {
        let mut smaller = HashTable::new();
        if smaller.try_reserve(self.0.len() * 2, hash).is_err() {
            return;
        }
        space.change_table(self.0.allocation_size(), smaller.allocation_size());
        for item in self.0.drain() {
            Self::put(&mut smaller, item, hash);
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
