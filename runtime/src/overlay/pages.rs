//! The written pages of a file.

use super::space::Space;
use super::table::{Table, hash_of};
use crate::fs::Result;
use alloc::vec::Vec;

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
    /// Above the number of each page.
    end: u64,
}

impl Pages {
    /// The bytes of a page. Those behind them are zero.
    pub(super) fn get(&self, number: u64) -> Option<&[u8]> {
        // Reads of packed bytes ask for pages that are not there.
        if number >= self.end {
            return None;
        }
        let page = self
            .table
            .find(hash_of(&number), |page| page.number == number);
        Some(&page?.bytes)
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// How many of these pages are missing before the first that is there.
    pub(super) fn gap(&self, number: u64, count_max: u64) -> u64 {
        if number >= self.end {
            return count_max;
        }
        let mut numbers = number..number.saturating_add(count_max);
        let found = numbers.find(|&number| self.get(number).is_some());
        found.map_or(count_max, |found| found - number)
    }

    /// Adds a page that is missing.
    pub(super) fn insert(&mut self, space: &mut Space, number: u64, bytes: Vec<u8>) -> Result {
        match self.table.reserve_one(space, hash) {
            Ok(()) => {
                self.table.insert(Page { number, bytes }, hash);
                self.end = self.end.max(number + 1);
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
        if first >= self.end {
            return;
        }
        // The cheaper of two ways, so that many short cuts of a long file stay cheap.
        if self.end - first < self.table.len() as u64 {
            for number in first..self.end {
                let page = self
                    .table
                    .remove(hash_of(&number), |page| page.number == number);
                space.free(page.map_or_else(Vec::new, |page| page.bytes));
            }
        } else {
            for page in self.table.extract(|page| page.number >= first) {
                space.free(page.bytes);
            }
        }
        self.end = first;
        self.table.shrink(space, hash);
    }

    /// Frees all pages.
    pub(super) fn free(mut self, space: &mut Space) {
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
