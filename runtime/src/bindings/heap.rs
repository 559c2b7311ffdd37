//! The merged runtime's allocator: whole pages and small allocations, from one pool of pages.

#[cfg(not(feature = "writable"))]
use super::classes::{Classes, LONGEST, class_of};
#[cfg(feature = "writable")]
use super::general::{self, General};
use super::pages::{PAGE_LEN, PAGES};
use alloc::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;

/// From this length on an allocation is pages of its own.
#[cfg(not(feature = "writable"))]
const LARGE: usize = LONGEST + 1;

/// The same. The last page loses a quarter at most. dlmalloc would keep its pages for good.
#[cfg(feature = "writable")]
const LARGE: usize = 4 * PAGE_LEN;

/// Whole pages for long allocations, and for all others what the form of the runtime needs.
pub(super) struct Heap(UnsafeCell<Small>);

// SAFETY: there is one thread.
unsafe impl Sync for Heap {}

impl Heap {
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(Small::new()))
    }

    #[expect(
        clippy::mut_from_ref,
        reason = "the callers hold it for one call of it"
    )]
    fn small(&self) -> &mut Small {
        // SAFETY: one thread, and it calls nothing but `PAGES`, which does not allocate. So
        // no other reference lives.
        unsafe { &mut *self.0.get() }
    }

    /// Lets small allocations use the rest of the last page of `kept`, an index for example.
    /// A tree of a thousand files then needs no other page for them.
    ///
    /// # Safety
    ///
    /// `kept` is an allocation that is never freed, and no earlier call had it.
    #[cfg(not(feature = "writable"))]
    pub(super) unsafe fn share_last_page(&self, kept: *mut [u8]) {
        if pages_of(kept.len()).is_none() {
            return;
        }
        let end = kept.cast::<u8>().wrapping_add(kept.len());
        let page_end = end.addr().next_multiple_of(PAGE_LEN);
        // SAFETY: the bytes belong to the allocation, whose caller uses none of them.
        unsafe { self.small().0.give_run(end, page_end) }
    }

    /// Whole pages. If memory runs out, those that are free within the small allocations.
    fn pages(&self, count: usize) -> *mut u8 {
        let pages = PAGES.take(count);
        if !cfg!(feature = "writable") || !pages.is_null() {
            return pages;
        }
        self.small().trim();
        PAGES.take(count)
    }
}

/// Blocks of classes, which take little code.
#[cfg(not(feature = "writable"))]
struct Small(Classes);

#[cfg(not(feature = "writable"))]
impl Small {
    const fn new() -> Self {
        Self(Classes::new())
    }

    unsafe fn alloc(&mut self, len: usize, align: usize) -> *mut u8 {
        // SAFETY: the caller frees a block once.
        unsafe { self.0.take(class_of(len, align), || PAGES.take(1)) }
    }

    unsafe fn free(&mut self, address: *mut u8, len: usize, align: usize) {
        // SAFETY: the caller's promise is the same.
        unsafe { self.0.give_back(address, class_of(len, align)) }
    }

    fn trim(&mut self) {}
}

/// dlmalloc, which gives back pages.
#[cfg(feature = "writable")]
struct Small(General);

#[cfg(feature = "writable")]
impl Small {
    const fn new() -> Self {
        Self(general::new())
    }

    unsafe fn alloc(&mut self, len: usize, align: usize) -> *mut u8 {
        // SAFETY: the caller's promise is the same.
        unsafe { self.0.malloc(len, align) }
    }

    unsafe fn free(&mut self, address: *mut u8, len: usize, align: usize) {
        // SAFETY: the caller's promise is the same.
        unsafe { self.0.free(address, len, align) }
    }

    unsafe fn realloc(
        &mut self,
        old: *mut u8,
        old_len: usize,
        align: usize,
        len: usize,
    ) -> *mut u8 {
        // SAFETY: the caller's promise is the same.
        unsafe { self.0.realloc(old, old_len, align, len) }
    }

    /// Gives back pages that have no allocation.
    fn trim(&mut self) {
        // SAFETY: frees only memory without an allocation.
        unsafe { self.0.trim(0) };
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
            None => unsafe { self.small().alloc(layout.size(), layout.align()) },
        }
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        match pages_of(layout.size()) {
            Some(count) => PAGES.give_back(address, count),
            // SAFETY: it is from there, by its length.
            None => unsafe { self.small().free(address, layout.size(), layout.align()) },
        }
    }

    /// Blocks of classes never grow in place, so without a layer the default does.
    #[cfg(feature = "writable")]
    unsafe fn realloc(&self, address: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        let (old, align) = (layout.size(), layout.align());
        match (pages_of(old), pages_of(len)) {
            // SAFETY: both lengths are dlmalloc's, so it stays small.
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
