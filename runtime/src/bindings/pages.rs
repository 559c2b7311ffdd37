//! Whole pages of memory, from the engine or from those that were given back.

use core::arch::wasm32::memory_grow;
use core::cell::Cell;
use core::ptr::{self, NonNull};

/// Length of a page of memory.
pub(super) const PAGE_LEN: usize = 64 << 10;

/// The runs of pages that were given back, the last one first. Few at any time: what
/// is taken are blocks, most of them for good, and what a call needs for so long.
///
/// Runs are not joined again. One that is as long as what is wanted is taken before
/// any is split, so calls that ask for the same lengths again find them.
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
        let exact = self.take_from(count, |found| found == count);
        let any = || self.take_from(count, |found| found > count);
        exact.or_else(any).unwrap_or_else(|| grow(count))
    }

    /// `count` pages of the first run whose length will do.
    fn take_from(&self, count: usize, will_do: impl Fn(usize) -> bool) -> Option<*mut u8> {
        let mut link = &self.free;
        loop {
            let run = link.get()?;
            // SAFETY: what is in the list is free, and `give_back` made it a run.
            let found = unsafe { run.as_ref() };
            if !will_do(found.count.get()) {
                link = &found.next;
                continue;
            }
            // The last of them, so that the run need not move.
            let rest = found.count.get() - count;
            match rest {
                0 => link.set(found.next.get()),
                _ => found.count.set(rest),
            }
            return Some(run.as_ptr().wrapping_byte_add(rest * PAGE_LEN).cast());
        }
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
