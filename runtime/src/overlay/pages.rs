//! The written pages of a file.
//!
//! A table has the pages by number. For example, a file has pages 0, 1 and 9. A cut at 5,000
//! bytes removes page 9, and stops at 1. Page 1 keeps its first 904 bytes.

use super::space::Space;
use super::table::{Keyed, Table};
use crate::fs::{FsError, Result};
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

impl Keyed for Page {
    fn key(&self) -> u64 {
        self.number
    }
}

/// Pages by their numbers, from 0 at the start of the file.
#[derive(Debug, Default)]
pub(super) struct Pages(Table<Page>);

impl Pages {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes of a page. Those behind them are zero.
    pub(super) fn get(&self, number: u64) -> Option<&[u8]> {
        Some(&self.0.get(number)?.bytes)
    }

    /// How many of these pages are missing before the first that is there.
    pub(super) fn gap(&self, number: u64, count_max: u64) -> u64 {
        let next = self.0.next(number);
        next.map_or(count_max, |next| count_max.min(next - number))
    }

    /// Checks that there is space for the missing pages of a range.
    pub(super) fn check(&self, space: &Space, numbers: Range<u64>) -> Result {
        // The cheap check first, since the range may be longer than any memory.
        let count = numbers.end - numbers.start;
        space.check_all(count.saturating_sub(self.len() as u64), PAGE_LEN)?;
        let missing = numbers.filter(|&number| self.get(number).is_none());
        space.check_all(missing.count() as u64, PAGE_LEN)
    }

    /// Adds a page that is missing.
    pub(super) fn insert(&mut self, space: &mut Space, number: u64, bytes: Vec<u8>) -> Result {
        let inserted = self.0.insert(space, Page { number, bytes });
        inserted.map_err(|page| {
            space.free(page.bytes);
            FsError::NoSpace
        })
    }

    /// The first `len` bytes of a page that is there, for writing.
    pub(super) fn get_mut(
        &mut self,
        space: &mut Space,
        number: u64,
        len: usize,
    ) -> Result<Option<&mut [u8]>> {
        let Some(page) = self.0.get_mut(number) else {
            return Ok(None);
        };
        if page.bytes.len() < len {
            extend(space, &mut page.bytes, len)?;
        }
        Ok(Some(&mut page.bytes[..len]))
    }

    /// Removes all bytes from `len` on.
    pub(super) fn truncate(&mut self, space: &mut Space, len: u64) {
        let first = len.div_ceil(PAGE_LEN as u64);
        while let Some(last) = self.0.last().filter(|&last| last >= first) {
            let page = self.0.remove(space, last);
            space.free(page.map_or_else(Vec::new, |page| page.bytes));
        }
        let rest = (len % PAGE_LEN as u64) as usize;
        if let Some(page) = self.0.get_mut(len / PAGE_LEN as u64) {
            page.bytes.truncate(rest);
            space.shrink(&mut page.bytes);
        }
    }

    /// Removes the last inserted pages, until there are `count`.
    pub(super) fn remove_newest(&mut self, space: &mut Space, count: usize) {
        while self.len() > count
            && let Some(page) = self.0.pop(space)
        {
            space.free(page.bytes);
        }
    }

    /// Frees all pages.
    pub(super) fn free(mut self, space: &mut Space) {
        self.remove_newest(space, 0);
        self.0.free(space);
    }
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
