//! The pages of the runtime's memory, one pool for all allocations.

use super::page_map::PageMap;
use core::arch::wasm32::{memory_grow, memory_size};
use core::ptr;

/// Length of a page of memory.
pub(super) const PAGE_LEN: usize = 64 << 10;

/// All pages that were given back.
pub(super) static PAGES: Pages = Pages(PageMap::new());

/// The pages of the memory.
pub(super) struct Pages(PageMap);

// SAFETY: there is one thread.
unsafe impl Sync for Pages {}

impl Pages {
    /// The number of pages in use.
    #[cfg(not(feature = "writable"))]
    pub(super) fn used_count(&self) -> usize {
        self.0.used_count()
    }

    /// `count` pages, which may hold anything; null if memory runs out.
    pub(super) fn take(&self, count: usize) -> *mut u8 {
        let grow = |more| memory_grow(0, more) != usize::MAX;
        match self.0.take(count, memory_size(0), grow) {
            Some(first) => ptr::without_provenance_mut(first * PAGE_LEN),
            None => ptr::null_mut(),
        }
    }

    /// Clears all free pages.
    #[cfg(not(feature = "wired"))]
    pub(super) fn clear(&self) {
        for run in self.0.runs() {
            let first = ptr::without_provenance_mut::<u8>(run.start * PAGE_LEN);
            // SAFETY: the pages are in memory, and belong to no allocation.
            unsafe { first.write_bytes(0, run.len() * PAGE_LEN) };
        }
    }

    /// Takes back pages that came from [`take`](Self::take).
    pub(super) fn give_back(&self, address: *mut u8, count: usize) {
        let first = address.addr() / PAGE_LEN;
        self.0.give_back(first..first + count);
    }
}
