//! The written pages of a file.
//!
//! A table has the pages by number, and a heap has the numbers with the largest on top. For
//! example, a file has pages 0, 1 and 9. A cut at 5,000 bytes takes 9 from the heap, removes
//! the page, and stops at 1. Page 1 keeps its first 904 bytes.

use super::space::Space;
use super::table::{Table, hash_of};
use crate::fs::{FsError, Result};
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::ops::Range;

/// Bytes of a page, which is the price of one written byte of a packed file. Smaller pages need
/// more entries for a long file. Larger pages need more memory for scattered writes.
pub(super) const PAGE_LEN: usize = 4096;

/// The shortest allocation of a page, which doubles until it is [`PAGE_LEN`].
const FIRST_LEN: usize = 64;

/// A page. Bytes behind the end of `bytes` are zero.
#[derive(Debug)]
struct Page {
    number: u64,
    bytes: Vec<u8>,
}

/// Pages by their numbers, from 0 at the start of the file.
#[derive(Debug, Default)]
pub(super) struct Pages {
    table: Table<Page>,
    /// The numbers of all pages. A cut removes the largest ones, without a pass over the others.
    numbers: BinaryHeap<u64>,
}

impl Pages {
    /// The bytes of a page. Those behind them are zero.
    pub(super) fn get(&self, number: u64) -> Option<&[u8]> {
        Some(&self.find(number)?.bytes)
    }

    /// The missing pages of a range. Makes room for them in the table.
    ///
    /// # Errors
    ///
    /// [`FsError::NoSpace`] if the range needs more memory than there is space, in whole pages.
    pub(super) fn reserve(&mut self, space: &mut Space, numbers: Range<u64>) -> Result<Vec<u64>> {
        // The cheap check first, since the range may be longer than any memory.
        let missing_min = (numbers.end - numbers.start).saturating_sub(self.table.len() as u64);
        space.check_all(missing_min, PAGE_LEN, 0)?;
        let (mut missing, mut growth_len) = (Vec::new(), 0);
        for number in numbers {
            match self.find(number) {
                Some(page) => growth_len += (PAGE_LEN - page.bytes.capacity()) as u64,
                None => {
                    missing.try_reserve(1).map_err(|_| FsError::NoSpace)?;
                    missing.push(number);
                }
            }
        }
        // The table sets its next growth aside.
        growth_len += 2 * self.table.growth_len(missing.len() as u64);
        growth_len += (missing.len() * size_of::<u64>()) as u64;
        space.check_all(missing.len() as u64, PAGE_LEN, growth_len)?;
        self.make_room(space, missing.len())?;
        Ok(missing)
    }

    /// Above the number of each page.
    fn end(&self) -> u64 {
        self.numbers.peek().map_or(0, |&number| number + 1)
    }

    fn find(&self, number: u64) -> Option<&Page> {
        // Reads of packed bytes ask for pages that are not there.
        if number >= self.end() {
            return None;
        }
        self.table
            .find(hash_of(&number), |page| page.number == number)
    }

    /// How many of these pages are missing before the first that is there.
    pub(super) fn gap(&self, number: u64, count_max: u64) -> u64 {
        if number >= self.end() {
            return count_max;
        }
        let mut numbers = number..number.saturating_add(count_max);
        let found = numbers.find(|&number| self.get(number).is_some());
        found.map_or(count_max, |found| found - number)
    }

    /// Makes room for `count` pages without their bytes.
    fn make_room(&mut self, space: &mut Space, count: usize) -> Result {
        self.table.reserve(space, count, hash)?;
        if count <= self.numbers.capacity() - self.numbers.len() {
            return Ok(());
        }
        self.change_numbers(|numbers| match count {
            1 => space.reserve_one(numbers),
            _ => space.reserve(numbers, count),
        })
    }

    /// Changes the numbers as a vector. The way back needs a pass over all of them.
    fn change_numbers<R>(&mut self, change: impl FnOnce(&mut Vec<u64>) -> R) -> R {
        let mut numbers = core::mem::take(&mut self.numbers).into_vec();
        let result = change(&mut numbers);
        self.numbers = numbers.into();
        result
    }

    /// Adds a page that is missing.
    pub(super) fn insert(&mut self, space: &mut Space, number: u64, bytes: Vec<u8>) -> Result {
        match self.make_room(space, 1) {
            Ok(()) => {
                self.table.insert(Page { number, bytes }, hash);
                self.numbers.push(number);
                Ok(())
            }
            Err(error) => {
                space.free(bytes);
                Err(error)
            }
        }
    }

    /// The first `len` bytes of a page that is there, for writing.
    pub(super) fn get_mut(
        &mut self,
        space: &mut Space,
        number: u64,
        len: usize,
    ) -> Result<Option<&mut [u8]>> {
        let is_it = |page: &Page| page.number == number;
        let Some(page) = self.table.find_mut(hash_of(&number), is_it) else {
            return Ok(None);
        };
        if page.bytes.len() < len {
            extend(space, &mut page.bytes, len)?;
        }
        Ok(Some(&mut page.bytes[..len]))
    }

    /// Removes all bytes from `len` on.
    pub(super) fn truncate(&mut self, space: &mut Space, len: u64) {
        let kept = len.div_ceil(PAGE_LEN as u64);
        self.remove_from(space, kept);
        let rest = (len % PAGE_LEN as u64) as usize;
        let number = len / PAGE_LEN as u64;
        let is_it = |page: &Page| page.number == number;
        if let Some(page) = self.table.find_mut(hash_of(&number), is_it) {
            page.bytes.truncate(rest);
            space.shrink(&mut page.bytes);
        }
    }

    /// Removes the pages from `first` on.
    fn remove_from(&mut self, space: &mut Space, first: u64) {
        if first >= self.end() {
            return;
        }
        while first < self.end()
            && let Some(number) = self.numbers.pop()
        {
            self.remove(space, number);
        }
        self.shrink(space);
    }

    /// Removes pages whose numbers ascend.
    pub(super) fn remove_all(&mut self, space: &mut Space, removed: &[u64]) {
        for &number in removed {
            self.remove(space, number);
        }
        let is_kept = |number: &u64| removed.binary_search(number).is_err();
        self.numbers.retain(is_kept);
        self.shrink(space);
    }

    /// Removes a page, but not its number.
    fn remove(&mut self, space: &mut Space, number: u64) {
        let is_it = |page: &Page| page.number == number;
        let page = self.table.remove(hash_of(&number), is_it);
        space.free(page.map_or_else(Vec::new, |page| page.bytes));
    }

    fn shrink(&mut self, space: &mut Space) {
        self.table.shrink(space, hash);
        if Space::is_oversized(self.numbers.len(), self.numbers.capacity()) {
            self.change_numbers(|numbers| space.shrink(numbers));
        }
    }

    /// Frees all pages.
    pub(super) fn free(mut self, space: &mut Space) {
        space.free(self.numbers.into_vec());
        for page in self.table.drain(space) {
            space.free(page.bytes);
        }
    }
}

fn hash(page: &Page) -> u64 {
    hash_of(&page.number)
}

/// Extends the bytes of a page with zeros to `len`, which is at most [`PAGE_LEN`].
pub(super) fn extend(space: &mut Space, bytes: &mut Vec<u8>, len: usize) -> Result {
    if bytes.capacity() < len {
        let capacity = len.next_power_of_two().clamp(FIRST_LEN, PAGE_LEN);
        space.reserve(bytes, capacity - bytes.len())?;
    }
    bytes.resize(len, 0);
    Ok(())
}
