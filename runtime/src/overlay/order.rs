//! Numbers by their keys, in ascending order.
//!
//! The items lie in short sorted chunks, and a list has the chunks. For example, 1,000 keys need
//! about 12 chunks of 85 items. A look-up compares the first keys of about 4 chunks, then about
//! 7 items of one chunk. An insertion moves the items behind it in one chunk. So no choice of
//! keys makes a call slow, unlike a hash table without secret numbers.
//!
//! Several items may have the same key: [`Compare`] then says their order. All changes that need
//! memory either succeed or change nothing. A removal always succeeds.

use super::space::Space;
use crate::fs::Result;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// The most items of a chunk. More items cost more moves, fewer items a longer list of chunks.
const CHUNK_LEN: usize = 128;

/// How the item with this value compares to the wanted one, among items with the same key.
pub(super) type Compare<'c> = &'c dyn Fn(u32) -> Ordering;

/// No two items have the same key.
const UNIQUE: Compare<'static> = &|_| Ordering::Equal;

/// A key with its value. Packed, so that it takes 12 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
struct Item {
    key: u64,
    value: u32,
}

/// The place of an item.
#[derive(Clone, Copy)]
struct Place {
    chunk: usize,
    item: usize,
}

/// Numbers by their keys.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// No chunk is empty.
    chunks: Vec<Vec<Item>>,
}

impl Order {
    /// The place of an item, or where it belongs.
    fn search(&self, key: u64, compare: Compare<'_>) -> core::result::Result<Place, Place> {
        let order = |item: &Item| {
            count_comparison();
            let found = item.key;
            found.cmp(&key).then_with(|| compare(item.value))
        };
        let starts_before = |chunk: &Vec<Item>| chunk.first().is_some_and(|one| order(one).is_le());
        let chunk = self.chunks.partition_point(starts_before);
        let chunk = chunk.saturating_sub(1);
        let place = |item| Place { chunk, item };
        let items = self.chunks.get(chunk).map_or(&[][..], Vec::as_slice);
        items.binary_search_by(order).map(place).map_err(place)
    }

    /// The value of a key.
    pub(super) fn find(&self, key: u64) -> Option<u32> {
        self.find_by(key, UNIQUE)
    }

    /// The value of an item.
    pub(super) fn find_by(&self, key: u64, compare: Compare<'_>) -> Option<u32> {
        let Place { chunk, item } = self.search(key, compare).ok()?;
        Some(self.chunks[chunk][item].value)
    }

    /// The first key from `key` on, and its value.
    pub(super) fn next(&self, key: u64) -> Option<(u64, u32)> {
        let Place { chunk, item } = self.search(key, UNIQUE).unwrap_or_else(|place| place);
        let here = self.chunks.get(chunk)?.get(item);
        let item = here.or_else(|| self.chunks.get(chunk + 1)?.first())?;
        Some((item.key, item.value))
    }

    /// All values in the order of their keys.
    pub(super) fn values(&self) -> impl Iterator<Item = u32> {
        self.chunks.iter().flatten().map(|item| item.value)
    }

    /// The largest key.
    pub(super) fn last(&self) -> Option<u64> {
        Some(self.chunks.last()?.last()?.key)
    }

    /// Changes the value of a key.
    pub(super) fn set(&mut self, key: u64, value: u32) {
        self.set_by(key, UNIQUE, value);
    }

    /// Changes the value of an item.
    pub(super) fn set_by(&mut self, key: u64, compare: Compare<'_>, value: u32) {
        if let Ok(Place { chunk, item }) = self.search(key, compare) {
            self.chunks[chunk][item].value = value;
        }
    }

    /// Inserts a key, unless it is there.
    pub(super) fn insert(&mut self, space: &mut Space, key: u64, value: u32) -> Result {
        self.insert_by(space, key, UNIQUE, value)
    }

    /// Inserts an item, unless it is there.
    pub(super) fn insert_by(
        &mut self,
        space: &mut Space,
        key: u64,
        compare: Compare<'_>,
        value: u32,
    ) -> Result {
        let Err(mut place) = self.search(key, compare) else {
            return Ok(());
        };
        if self
            .chunks
            .get(place.chunk)
            .is_none_or(|chunk| chunk.len() == CHUNK_LEN)
        {
            place = self.split(space, place)?;
        }
        let chunk = &mut self.chunks[place.chunk];
        space.reserve_one(chunk)?;
        chunk.insert(place.item, Item { key, value });
        Ok(())
    }

    /// Moves the upper half of a full chunk to a new one. Returns where `place` is then, which
    /// has room. Ascending keys leave full chunks behind: nothing moves from the last one.
    fn split(&mut self, space: &mut Space, place: Place) -> Result<Place> {
        let is_end = place.chunk + 1 >= self.chunks.len() && place.item == CHUNK_LEN;
        let half = match is_end {
            true => CHUNK_LEN,
            false => CHUNK_LEN / 2,
        };
        space.reserve_one(&mut self.chunks)?;
        let mut upper = Vec::new();
        let Some(chunk) = self.chunks.get_mut(place.chunk) else {
            space.reserve_one(&mut upper)?;
            self.chunks.push(upper);
            return Ok(place);
        };
        space.reserve(&mut upper, CHUNK_LEN - half + 1)?;
        upper.extend_from_slice(&chunk[half..]);
        chunk.truncate(half);
        self.chunks.insert(place.chunk + 1, upper);
        Ok(match place.item.checked_sub(half) {
            Some(item) if is_end || item > 0 => Place {
                chunk: place.chunk + 1,
                item,
            },
            _ => place,
        })
    }

    /// Removes a key. Returns its value.
    pub(super) fn remove(&mut self, space: &mut Space, key: u64) -> Option<u32> {
        self.remove_by(space, key, UNIQUE)
    }

    /// Removes an item. Returns its value.
    pub(super) fn remove_by(
        &mut self,
        space: &mut Space,
        key: u64,
        compare: Compare<'_>,
    ) -> Option<u32> {
        let Place { chunk, item } = self.search(key, compare).ok()?;
        let removed = self.chunks[chunk].remove(item);
        space.shrink(&mut self.chunks[chunk]);
        self.merge(space, chunk);
        if let Some(before) = chunk.checked_sub(1) {
            self.merge(space, before);
        }
        Some(removed.value)
    }

    /// Merges a chunk with the next one if both are mostly empty. Removes a chunk that is empty.
    /// If memory runs out, both stay.
    fn merge(&mut self, space: &mut Space, lower: usize) {
        let Some(chunk) = self.chunks.get(lower) else {
            return;
        };
        let mut freed = lower;
        if !chunk.is_empty() {
            let next = self.chunks.get_mut(lower + 1);
            let Some(mut upper) = next.map(core::mem::take) else {
                return;
            };
            let chunk = &mut self.chunks[lower];
            let is_small = chunk.len() + upper.len() <= CHUNK_LEN / 2;
            if !is_small || space.reserve(chunk, upper.len()).is_err() {
                self.chunks[lower + 1] = upper;
                return;
            }
            chunk.append(&mut upper);
            freed = lower + 1;
            self.chunks[freed] = upper;
        }
        space.free(self.chunks.remove(freed));
        space.shrink(&mut self.chunks);
    }

    /// Frees all items.
    pub(super) fn free(self, space: &mut Space) {
        let Self { mut chunks } = self;
        while let Some(chunk) = chunks.pop() {
            space.free(chunk);
        }
        space.free(chunks);
    }
}

#[cfg(test)]
std::thread_local! {
    /// Compared items.
    static COMPARISON_COUNT: core::cell::Cell<u64> = const { core::cell::Cell::new(0) };
}

/// Counts a comparison in tests.
pub(super) fn count_comparison() {
    #[cfg(test)]
    COMPARISON_COUNT.set(COMPARISON_COUNT.get() + 1);
}

/// Also returns how many items were compared.
#[cfg(test)]
pub(crate) fn count_comparisons<R>(body: impl FnOnce() -> R) -> (R, u64) {
    let before = COMPARISON_COUNT.get();
    let result = body();
    (result, COMPARISON_COUNT.get() - before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// An order, and what it must have.
    struct Pair {
        space: Space,
        order: Order,
        model: BTreeMap<u64, u32>,
    }

    impl Pair {
        fn new() -> Self {
            Self {
                space: Space::new(1 << 30),
                order: Order::default(),
                model: BTreeMap::new(),
            }
        }

        fn insert(&mut self, key: u64, value: u32) {
            self.order
                .insert(&mut self.space, key, value)
                .expect("space");
            self.model.entry(key).or_insert(value);
        }

        fn remove(&mut self, key: u64) {
            let removed = self.order.remove(&mut self.space, key);
            assert_eq!(removed, self.model.remove(&key));
        }

        fn check(&self) {
            let (mut key, mut found) = (0, Vec::new());
            while let Some(item) = self.order.next(key) {
                found.push(item);
                key = item.0 + 1;
            }
            let expected = self.model.iter().map(|(&key, &value)| (key, value));
            assert_eq!(found, Vec::from_iter(expected));
            let last = self.model.last_key_value().map(|(&key, _)| key);
            assert_eq!(self.order.last(), last);
        }

        fn free(self) {
            let mut space = self.space;
            self.order.free(&mut space);
            assert_eq!(space.used_len(), 0);
        }
    }

    /// Numbers in no order.
    fn shuffled(count: u64) -> impl Iterator<Item = u64> {
        // 7,919 is a prime number, so each number comes once.
        (0..count).map(move |number| number * 7919 % count)
    }

    #[test]
    fn an_order_is_a_map() {
        let mut pair = Pair::new();
        for key in shuffled(3000) {
            pair.insert(key, key as u32 + 7);
            pair.insert(key, 0);
            assert_eq!(pair.order.find(key), Some(key as u32 + 7));
        }
        pair.check();
        for key in shuffled(3000).filter(|key| key % 5 != 0) {
            pair.remove(key);
            pair.remove(key);
            assert_eq!(pair.order.find(key), None);
        }
        pair.check();
        for key in shuffled(3000) {
            pair.insert(key, 3);
        }
        pair.check();
        pair.free();
    }

    #[test]
    fn ascending_keys_fill_their_chunks() {
        let mut pair = Pair::new();
        for key in 0..10_000 {
            pair.insert(key, 0);
        }
        assert_eq!(pair.order.chunks.len(), 10_000_usize.div_ceil(CHUNK_LEN));
        pair.free();
    }

    #[test]
    fn removed_items_give_their_memory_back() {
        for step in [1, 7919] {
            let mut pair = Pair::new();
            for key in 0..10_000 {
                pair.insert(key, 0);
            }
            for key in 0..9990 {
                pair.remove(key * step % 10_000);
            }
            pair.check();
            assert!(pair.space.used_len() < 1000, "{}", pair.space.used_len());
            pair.free();
        }
    }

    #[test]
    fn no_order_of_insertions_leaves_many_chunks() {
        let descending = (0..10_000).rev().collect();
        // Each gap is filled from its upper end.
        let gaps = (0..100).flat_map(|gap| (0..100).rev().map(move |key| gap * 100 + key));
        for keys in [descending, shuffled(10_000).collect(), Vec::from_iter(gaps)] {
            let mut pair = Pair::new();
            for key in keys {
                pair.insert(key, 0);
            }
            let chunk_count = pair.order.chunks.len();
            assert!(chunk_count <= 3 * 10_000 / CHUNK_LEN, "{chunk_count}");
            pair.free();
        }
    }

    #[test]
    fn equal_keys_are_told_apart_by_their_values() {
        let (mut space, mut order) = (Space::new(1 << 20), Order::default());
        for number in shuffled(1000) {
            let number = number as u32;
            let compare = |value: u32| value.cmp(&number);
            order
                .insert_by(&mut space, 5, &compare, number)
                .expect("space");
        }
        let (removed, count) = count_comparisons(|| {
            let compare = |value: u32| value.cmp(&321);
            order.remove_by(&mut space, 5, &compare)
        });
        assert_eq!(removed, Some(321));
        assert!(count < 15, "{count}");
        order.free(&mut space);
        assert_eq!(space.used_len(), 0);
    }

    #[test]
    fn a_full_space_changes_nothing() {
        let (mut space, mut order) = (Space::new(6000), Order::default());
        let count = (0..).find(|&number| order.insert(&mut space, number, 1).is_err());
        let count = count.expect("a limit");
        assert!(count > 300, "{count}");
        assert!((0..count).all(|key| order.find(key) == Some(1)));
        assert_eq!(order.last(), Some(count - 1));
        order.free(&mut space);
        assert_eq!(space.used_len(), 0);
    }
}
