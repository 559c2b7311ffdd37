//! The merged runtime's allocator: dlmalloc and whole pages, from one pool of pages.

use super::page_map::PageMap;
use alloc::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;
use core::ptr;
use dlmalloc::{Allocator, Dlmalloc};

/// Length of a page of memory.
pub(super) const PAGE_LEN: usize = 64 << 10;

/// From this length on an allocation is pages of its own, whatever it loses in the last
/// of them: a quarter at most. dlmalloc would keep its pages for good.
const LARGE: usize = 4 * PAGE_LEN;

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
    fn take(&self, count: usize) -> *mut u8 {
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
    fn give_back(&self, address: *mut u8, count: usize) {
        let first = address.addr() / PAGE_LEN;
        self.0.give_back(first..first + count);
    }
}

/// Where dlmalloc gets its memory. It keeps all of it, except in a runtime with a layer:
/// there it gives back the pages of removed files.
struct Source;

const GIVES_BACK: bool = cfg!(feature = "writable");

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
        if GIVES_BACK {
            // Both ends are those of pages, since the granularity is a page.
            PAGES.give_back(address, len / PAGE_LEN);
        }
        GIVES_BACK
    }

    fn can_release_part(&self, _: u32) -> bool {
        GIVES_BACK
    }

    fn allocates_zeros(&self) -> bool {
        false
    }

    fn page_size(&self) -> usize {
        PAGE_LEN
    }
}

/// dlmalloc, except for allocations of whole pages, as most blocks are, and large ones.
/// dlmalloc needs room for its own records, so it would take a page more for each.
pub(super) struct Heap(UnsafeCell<Dlmalloc<Source>>);

// SAFETY: there is one thread.
unsafe impl Sync for Heap {}

impl Heap {
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(Dlmalloc::new_with_allocator(Source)))
    }

    #[expect(
        clippy::mut_from_ref,
        reason = "the callers hold it for one call of it"
    )]
    fn small(&self) -> &mut Dlmalloc<Source> {
        // SAFETY: one thread, and dlmalloc calls nothing but `Source`, which does not
        // allocate. So no other reference lives.
        unsafe { &mut *self.0.get() }
    }

    /// Whole pages. If memory runs out, those that dlmalloc has but does not use.
    fn pages(&self, count: usize) -> *mut u8 {
        let pages = PAGES.take(count);
        if !GIVES_BACK || !pages.is_null() {
            return pages;
        }
        // SAFETY: frees only memory without an allocation.
        unsafe { self.small().trim(0) };
        PAGES.take(count)
    }
}

/// How many pages an allocation is, if it is pages of its own.
fn pages_of(len: usize) -> Option<usize> {
    let is_pages = len > 0 && (len.is_multiple_of(PAGE_LEN) || len >= LARGE);
    is_pages.then_some(len.div_ceil(PAGE_LEN))
}

// SAFETY: pages are aligned to a page, more than this crate asks for, and belong to one
// allocation. The length of an allocation says which of the two it came from.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match pages_of(layout.size()) {
            Some(count) => self.pages(count),
            // SAFETY: the caller's promise is the same.
            None => unsafe { self.small().malloc(layout.size(), layout.align()) },
        }
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        match pages_of(layout.size()) {
            Some(count) => PAGES.give_back(address, count),
            // SAFETY: it is from there, by its length.
            None => unsafe { self.small().free(address, layout.size(), layout.align()) },
        }
    }

    unsafe fn realloc(&self, address: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        let (old, align) = (layout.size(), layout.align());
        match (pages_of(old), pages_of(len)) {
            // SAFETY: both lengths are dlmalloc's, so the allocation stays there.
            (None, None) => unsafe { self.small().realloc(address, old, align, len) },
            (Some(before), Some(after)) if before == after => address,
            // SAFETY: the caller's promise is that of the three calls; the shorter of
            // the two lengths is copied.
            _ => unsafe {
                let moved = self.alloc(Layout::from_size_align_unchecked(len, align));
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(address, old.min(len));
                    self.dealloc(address, layout);
                }
                moved
            },
        }
    }
}
