//! Lists of numbers in one piece of memory: a million files have a few numbers each.

use std::vec;
use std::vec::Vec;

/// Numbered lists. As vectors they would take several times the memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NumberLists {
    /// The end of each list, where the next one starts.
    ends: Vec<usize>,
    numbers: Vec<u32>,
}

impl NumberLists {
    /// Number of lists.
    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    /// Number of numbers in all lists.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(crate) fn push(&mut self, numbers: impl IntoIterator<Item = u32>) {
        self.numbers.extend(numbers);
        self.ends.push(self.numbers.len());
    }

    /// Appends to the last list.
    pub(crate) fn extend_last(&mut self, numbers: &[u32]) {
        if let Some(end) = self.ends.last_mut() {
            self.numbers.extend_from_slice(numbers);
            *end = self.numbers.len();
        }
    }

    pub(crate) fn get(&self, position: u32) -> &[u32] {
        let position = position as usize;
        let start = position
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let end = self.ends.get(position).copied().unwrap_or_default();
        self.numbers
            .get(start.copied().unwrap_or_default()..end)
            .unwrap_or_default()
    }

    /// Each list with its number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &[u32])> {
        (0..self.ends.len() as u32).map(|list| (list, self.get(list)))
    }

    /// Returns, for each number below `count`, the lists that contain it. All numbers
    /// must be below `count`.
    pub(crate) fn inverted(&self, count: usize) -> Self {
        let mut ends = vec![0; count];
        for &number in &self.numbers {
            ends[number as usize] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            start += core::mem::replace(end, start);
        }
        let mut numbers = vec![0; start];
        for (list, members) in self.iter() {
            for &number in members {
                // Moves from the start of the list to its end.
                let end = &mut ends[number as usize];
                numbers[*end] = list;
                *end += 1;
            }
        }
        Self { ends, numbers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(of: &[&[u32]]) -> NumberLists {
        let mut lists = NumberLists::default();
        of.iter().for_each(|list| lists.push(list.iter().copied()));
        lists
    }

    #[test]
    fn lists_return_the_pushed_numbers() {
        let mut found = lists(&[&[5], &[], &[1, 2]]);
        found.extend_last(&[3]);
        assert_eq!(found.get(0), [5]);
        assert_eq!(found.get(1), []);
        assert_eq!(found.get(2), [1, 2, 3]);
        assert_eq!(found.get(3), []);
        assert_eq!((found.count(), found.len()), (3, 4));
    }

    #[test]
    fn inverted_lists_have_the_lists_of_each_number() {
        let found = lists(&[&[0, 2], &[3], &[], &[2, 0]]).inverted(5);
        assert_eq!(found, lists(&[&[0, 3], &[], &[0, 3], &[1], &[]]));
        assert_eq!(NumberLists::default().inverted(0), NumberLists::default());
    }
}
