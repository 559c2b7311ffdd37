//! Names in the order in which they were added, with a value each.
//!
//! Each name has a number that only grows, so that a listing continues behind the last
//! number that it saw, whatever was added or removed meanwhile. One order has the names by their
//! hash, another one by their number.
//!
//! For example, `a`, `b` and `c` get 0, 1 and 2. A listing has seen 1 when `b` is removed and
//! `d` added. It continues with `c`, then `d`, which has number 3.

use super::order::Order;
use super::space::Space;
use crate::fs::Result;
use alloc::vec::Vec;
use wasi_vfs_format::checksum::checksum;

#[derive(Debug)]
struct Entry<T> {
    number: u64,
    name: Vec<u8>,
    value: T,
}

/// Names with their values.
#[derive(Debug)]
pub(super) struct Names<T> {
    /// In no order.
    entries: Vec<Entry<T>>,
    /// Positions in `entries` by the hash of the name, and by the name where hashes are the same.
    by_name: Order,
    /// Positions in `entries`.
    by_number: Order,
    next_number: u64,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            by_name: Order::default(),
            by_number: Order::default(),
            next_number: 0,
        }
    }
}

impl<T> Names<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&T> {
        Some(&self.entries[self.position(name)?].value)
    }

    pub(super) fn get_mut(&mut self, name: &[u8]) -> Option<&mut T> {
        let position = self.position(name)?;
        Some(&mut self.entries[position].value)
    }

    /// The first name with at least this number: the number, the name and the value.
    pub(super) fn at(&self, number: u64) -> Option<(u64, &[u8], &T)> {
        let (number, position) = self.by_number.next(number)?;
        let entry = &self.entries[position as usize];
        Some((number, &entry.name, &entry.value))
    }

    /// Adds a name that is not there. All or nothing.
    pub(super) fn insert(&mut self, space: &mut Space, name: &[u8], value: T) -> Result {
        space.reserve_one(&mut self.entries)?;
        let copy = space.copy(name)?;
        if let Err(error) = self.insert_positions(space, name) {
            space.free(copy);
            return Err(error);
        }
        self.entries.push(Entry {
            number: self.next_number,
            name: copy,
            value,
        });
        self.next_number += 1;
        Ok(())
    }

    /// Adds the positions of the next name.
    fn insert_positions(&mut self, space: &mut Space, name: &[u8]) -> Result {
        // The limit of the space keeps this below 2^32.
        let (entries, position) = (&self.entries, self.entries.len() as u32);
        let compare = |position: u32| name_at(entries, position).cmp(name);
        let (hash, by_name) = (checksum(name), &mut self.by_name);
        by_name.insert_by(space, hash, &compare, position)?;
        let by_number = self.by_number.insert(space, self.next_number, position);
        by_number.inspect_err(|_| {
            // The entry is not there yet.
            let compare = |other: u32| match other == position {
                true => core::cmp::Ordering::Equal,
                false => name_at(entries, other).cmp(name),
            };
            by_name.remove_by(space, hash, &compare);
        })
    }

    /// Removes a name. Never fails.
    pub(super) fn remove(&mut self, space: &mut Space, name: &[u8]) {
        let Some(position) = self.position(name) else {
            return;
        };
        let entries = &self.entries;
        let compare = |position: u32| name_at(entries, position).cmp(name);
        self.by_name.remove_by(space, checksum(name), &compare);
        self.by_number.remove(space, entries[position].number);
        // The last entry takes the place of the removed one, which no order has by now.
        if let Some(last) = entries.last() {
            let compare = |position: u32| name_at(entries, position).cmp(&last.name);
            let position = position as u32;
            self.by_name
                .set_by(checksum(&last.name), &compare, position);
            self.by_number.set(last.number, position);
        }
        let removed = self.entries.swap_remove(position);
        space.free(removed.name);
        space.shrink(&mut self.entries);
    }

    /// Frees all names.
    pub(super) fn free(mut self, space: &mut Space) {
        while let Some(entry) = self.entries.pop() {
            space.free(entry.name);
        }
        space.free(self.entries);
        self.by_name.free(space);
        self.by_number.free(space);
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        if self.is_empty() {
            return None;
        }
        let compare = |position: u32| name_at(&self.entries, position).cmp(name);
        let position = self.by_name.find_by(checksum(name), &compare)?;
        Some(position as usize)
    }
}

fn name_at<T>(entries: &[Entry<T>], position: u32) -> &[u8] {
    &entries[position as usize].name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(space: &mut Space, count: u32) -> Names<u32> {
        let mut names = Names::default();
        for value in 0..count {
            let name = value.to_string();
            names.insert(space, name.as_bytes(), value).expect("space");
        }
        names
    }

    #[test]
    fn a_listing_continues_behind_removed_names() {
        let mut space = Space::new(1 << 20);
        let mut names = names(&mut space, 100);
        let (mut next, mut seen) = (0, Vec::new());
        while let Some((number, name, &value)) = names.at(next) {
            let name = name.to_vec();
            seen.push(value);
            next = number + 1;
            if value % 3 != 0 {
                names.remove(&mut space, &name);
            }
        }
        assert_eq!(seen, Vec::from_iter(0..100));
        let left = (0..100).filter(|value| names.get(value.to_string().as_bytes()).is_some());
        assert_eq!(left.count(), 34);
    }

    #[test]
    fn a_name_moved_again_and_again_needs_no_more_memory() {
        let mut space = Space::new(1 << 20);
        let mut names = names(&mut space, 1);
        let mut most = 0;
        for round in 1..10_000_u32 {
            names.remove(&mut space, (round - 1).to_string().as_bytes());
            let name = round.to_string();
            names
                .insert(&mut space, name.as_bytes(), round)
                .expect("space");
            most = most.max(space.used_len());
        }
        assert!(most < 4000, "{most} bytes");
    }

    #[test]
    fn all_memory_comes_back() {
        let mut space = Space::new(1 << 20);
        let mut names = names(&mut space, 1000);
        for value in 0..500_u32 {
            names.remove(&mut space, value.to_string().as_bytes());
        }
        names.free(&mut space);
        assert_eq!(space.used_len(), 0);
    }

    #[test]
    fn names_removed_from_the_end_free_their_memory() {
        let mut space = Space::new(1 << 20);
        let mut names = names(&mut space, 5000);
        for value in (1..5000_u32).rev() {
            names.remove(&mut space, value.to_string().as_bytes());
        }
        assert!(space.used_len() < 1500, "{} bytes", space.used_len());
        assert_eq!(names.get(b"0"), Some(&0));
    }

    #[test]
    fn a_full_space_keeps_the_names() {
        let mut space = Space::new(2000);
        let mut names = Names::default();
        let mut count = 0_u32;
        while names
            .insert(&mut space, &count.to_le_bytes(), count)
            .is_ok()
        {
            count += 1;
        }
        assert!(count > 3);
        for value in 0..count {
            assert_eq!(names.get(&value.to_le_bytes()), Some(&value));
        }
        assert_eq!(names.get(&count.to_le_bytes()), None);
    }
}
