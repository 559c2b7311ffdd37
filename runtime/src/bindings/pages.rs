//! Whole pages of memory, from the engine or from those that were given back.

use core::arch::wasm32::memory_grow;
use core::cell::Cell;
use core::ptr::{self, NonNull};

/// Length of a page of memory.
pub(super) const PAGE_LEN: usize = 64 << 10;

/// The runs of pages that were given back, the last one first. Few at any time: what
/// is taken are blocks, most of them for good, and what a call needs for so long.
pub(super) struct Pages {
    free: Cell<Option<NonNull<Run>>>,
}

/// Pages that follow one another and are free; it lies in the first of them.
struct Run {
    next: Cell<Option<NonNull<Run>>>,
    count: Cell<usize>,
}

// SAFETY: there is one thread.
unsafe impl Sync for Pages {}

impl Pages {
    pub(super) const fn new() -> Self {
        Self {
            free: Cell::new(None),
        }
    }

    /// `count` pages, which may hold anything; null if there are none.
    pub(super) fn take(&self, count: usize) -> *mut u8 {
        let mut link = &self.free;
        while let Some(run) = link.get() {
            // SAFETY: what is in the list is free, and `give_back` made it a run.
            let found = unsafe { run.as_ref() };
            match found.count.get().checked_sub(count) {
                None => link = &found.next,
                // The last of them, so that the run need not move.
                Some(rest) => {
                    match rest {
                        0 => link.set(found.next.get()),
                        _ => found.count.set(rest),
                    }
                    return run.as_ptr().wrapping_byte_add(rest * PAGE_LEN).cast();
                }
            }
        }
        grow(count)
    }

    /// Takes back pages.
    ///
    /// # Safety
    ///
    /// They came from [`take`](Self::take), with that count, and nobody uses them.
    pub(super) unsafe fn give_back(&self, address: *mut u8, count: usize) {
        let run = address.cast::<Run>();
        let free = Run {
            next: self.free.clone(),
            count: Cell::new(count),
        };
        // SAFETY: a page is ours, longer than a run, and aligned for it.
        unsafe { run.write(free) };
        self.free.set(NonNull::new(run));
    }
}

/// New pages. The last one that there can be is not given out: what lies in it would
/// end at address 0.
fn grow(count: usize) -> *mut u8 {
    const LAST: usize = usize::MAX / PAGE_LEN;
    match memory_grow(0, count) {
        number if number > LAST - count => ptr::null_mut(),
        number => ptr::without_provenance_mut(number * PAGE_LEN),
    }
}
