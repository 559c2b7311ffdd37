//! Small allocations of a runtime with a layer: dlmalloc, which gives back the pages of
//! removed files.

use super::pages::{PAGE_LEN, PAGES};
use core::ptr;
use dlmalloc::{Allocator, Dlmalloc};

/// dlmalloc with our pages.
pub(super) type General = Dlmalloc<Source>;

/// An empty one.
pub(super) const fn new() -> General {
    Dlmalloc::new_with_allocator(Source)
}

/// Where dlmalloc gets its memory.
pub(super) struct Source;

// SAFETY: pages from the pool are nobody else's.
unsafe impl Allocator for Source {
    fn alloc(&self, len: usize) -> (*mut u8, usize, u32) {
        let count = len.div_ceil(PAGE_LEN);
        (PAGES.take(count), count * PAGE_LEN, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, address: *mut u8, len: usize, kept_len: usize) -> bool {
        self.free(address.wrapping_add(kept_len), len - kept_len)
    }

    fn free(&self, address: *mut u8, len: usize) -> bool {
        // Both ends are those of pages, since the granularity is a page.
        PAGES.give_back(address, len / PAGE_LEN);
        true
    }

    fn can_release_part(&self, _: u32) -> bool {
        true
    }

    fn allocates_zeros(&self) -> bool {
        false
    }

    fn page_size(&self) -> usize {
        PAGE_LEN
    }
}
