//! Names in the order in which they were added, with a value each.
//!
//! Each name has a number that only grows, so that a listing continues behind the last
//! number that it saw, whatever was added or removed meanwhile. A removed name leaves a gap.
//! [`Names::remove`] closes the gaps when they are more than the names, and frees memory when
//! most of it is unused.
//!
//! For example, `a`, `b` and `c` get 0, 1 and 2. A listing has seen 1 when `b` is removed and
//! `d` added. It continues with `c`, then `d`, which has number 3.

use super::space::Space;
use super::table::{Table, hash_of};
use crate::fs::Result;
use alloc::vec::Vec;

/// So many gaps stay, since closing them needs a pass over all names.
const GAP_COUNT_MAX: usize = 16;

#[derive(Debug)]
struct Entry<T> {
    number: u64,
    name: Vec<u8>,
    /// `None` in a gap.
    value: Option<T>,
}

/// Names with their values.
#[derive(Debug)]
pub(super) struct Names<T> {
    /// By ascending number.
    entries: Vec<Entry<T>>,
    /// Positions in `entries`, except those of gaps.
    positions: Table<u32>,
    gap_count: usize,
    /// No entry before this position has a value.
    first: usize,
    next_number: u64,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            positions: Table::default(),
            gap_count: 0,
            first: 0,
            next_number: 0,
        }
    }
}

impl<T> Names<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&T> {
        self.entries[self.position(name)?].value.as_ref()
    }

    pub(super) fn get_mut(&mut self, name: &[u8]) -> Option<&mut T> {
        let position = self.position(name)?;
        self.entries[position].value.as_mut()
    }

    /// The first name with at least this number: the number, the name and the value.
    pub(super) fn at(&self, number: u64) -> Option<(u64, &[u8], &T)> {
        let start = self.entries.partition_point(|entry| entry.number < number);
        let rest = self.entries.get(start.max(self.first)..)?;
        rest.iter().find_map(|entry| {
            let value = entry.value.as_ref()?;
            Some((entry.number, entry.name.as_slice(), value))
        })
    }

    /// Adds a name that is not there.
    pub(super) fn insert(&mut self, space: &mut Space, name: &[u8], value: T) -> Result {
        space.reserve_one(&mut self.entries)?;
        let entries = &self.entries;
        self.positions
            .reserve_one(space, |&position| hash_at(entries, position))?;
        let name = space.copy(name)?;
        // The limit of the space keeps this below 2^32.
        let position = self.entries.len() as u32;
        self.entries.push(Entry {
            number: self.next_number,
            name,
            value: Some(value),
        });
        self.next_number += 1;
        let entries = &self.entries;
        self.positions
            .insert(position, |&position| hash_at(entries, position));
        Ok(())
    }

    /// Removes a name. Never fails.
    pub(super) fn remove(&mut self, space: &mut Space, name: &[u8]) {
        let entries = &self.entries;
        let found = self.positions.remove(hash_of(name), |&position| {
            entries[position as usize].name == name
        });
        let Some(position) = found else {
            return;
        };
        let entry = &mut self.entries[position as usize];
        entry.value = None;
        space.free(core::mem::take(&mut entry.name));
        self.gap_count += 1;
        self.skip_gaps();
        let has_gaps = self.gap_count > GAP_COUNT_MAX && self.gap_count > self.entries.len() / 2;
        if has_gaps || Space::is_oversized(self.entries.len(), self.entries.capacity()) {
            self.close_gaps(space);
        }
    }

    /// Moves `first` behind the gaps at the start, and removes those at the end.
    fn skip_gaps(&mut self) {
        let is_gap = |entry: &mut Entry<T>| entry.value.is_none();
        while self.entries.pop_if(is_gap).is_some() {
            self.gap_count -= 1;
        }
        self.first = self.first.min(self.entries.len());
        let rest = &self.entries[self.first..];
        let gaps = rest.iter().take_while(|entry| entry.value.is_none());
        self.first += gaps.count();
    }

    fn close_gaps(&mut self, space: &mut Space) {
        self.entries.retain(|entry| entry.value.is_some());
        (self.gap_count, self.first) = (0, 0);
        space.shrink(&mut self.entries);
        let entries = &self.entries;
        let hash = |&position: &u32| hash_at(entries, position);
        self.positions.clear();
        for position in 0..entries.len() as u32 {
            // There was room for more.
            self.positions.insert(position, hash);
        }
        self.positions.shrink(space, hash);
    }

    /// Frees all names.
    pub(super) fn free(mut self, space: &mut Space) {
        for entry in &mut self.entries {
            space.free(core::mem::take(&mut entry.name));
        }
        space.free(self.entries);
        self.positions.drain(space).for_each(drop);
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        if self.positions.is_empty() {
            return None;
        }
        let found = self.positions.find(hash_of(name), |&position| {
            self.entries[position as usize].name == name
        });
        found.map(|&position| position as usize)
    }
}

fn hash_at<T>(entries: &[Entry<T>], position: u32) -> u64 {
    hash_of(entries[position as usize].name.as_slice())
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
