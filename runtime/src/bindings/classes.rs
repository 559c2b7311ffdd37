//! Small allocations of a runtime without a layer: blocks of a power of two bytes.
//!
//! Each class of lengths has a list of free blocks. A block that no list has is half of a
//! block of the next class, or of a new page. For example, the first 100 bytes take a page
//! and halve it down to 128 bytes. The list of each class on the way gets the other half.
//!
//! Free blocks never join again. That is no loss here: a program that only reads needs the
//! same lengths again and again, and vectors double.

use core::cell::Cell;
use core::ptr;

/// Length of the shortest blocks, which hold the address of the next free one.
const SHORTEST: usize = 16;

/// Classes below a page: 16 bytes to 32 KiB.
const COUNT: usize = 12;

/// The longest length for which a block wastes less than whole pages.
pub(crate) const LONGEST: usize = SHORTEST << (COUNT - 1);

/// A class of blocks with `16 << class` bytes.
type Class = usize;

/// The class of an allocation of at most [`LONGEST`] bytes. Blocks are aligned to their length.
pub(crate) fn class_of(len: usize, align: usize) -> Class {
    let len = len.max(align).max(SHORTEST);
    (len.next_power_of_two() / SHORTEST).trailing_zeros() as usize
}

/// The free blocks.
pub(crate) struct Classes {
    /// The first free block of each class, or null.
    first: [Cell<*mut u8>; COUNT],
}

impl Classes {
    /// No block is free.
    pub(crate) const fn new() -> Self {
        Self {
            first: [const { Cell::new(ptr::null_mut()) }; COUNT],
        }
    }

    /// A block of `class`. Calls `new_page` if no block is free, and returns null if that does.
    ///
    /// # Safety
    ///
    /// All blocks that were given back are free, and so is the page.
    pub(crate) unsafe fn take(&self, class: Class, new_page: impl FnOnce() -> *mut u8) -> *mut u8 {
        let free = self.first.iter().enumerate().skip(class);
        let mut found = COUNT;
        let mut block = ptr::null_mut();
        for (class, first) in free {
            block = first.get();
            if !block.is_null() {
                // SAFETY: a free block begins with the address of the next.
                first.set(unsafe { block.cast::<*mut u8>().read() });
                found = class;
                break;
            }
        }
        if block.is_null() {
            block = new_page();
            if block.is_null() {
                return block;
            }
        }
        while found > class {
            found -= 1;
            // SAFETY: the upper half of the block, which nobody uses.
            unsafe { self.give_back(block.add(SHORTEST << found), found) };
        }
        block
    }

    /// Frees the bytes up to `end`, in blocks as long as their alignment allows.
    ///
    /// # Safety
    ///
    /// Both addresses are in one page, and nobody uses the bytes.
    pub(crate) unsafe fn give_run(&self, start: *mut u8, end: usize) {
        let mut at = start.addr().next_multiple_of(SHORTEST);
        while at + SHORTEST <= end {
            let aligned_len = 1 << at.trailing_zeros();
            let len = aligned_len.min(1 << (end - at).ilog2()).min(LONGEST);
            // SAFETY: it is a part of the run, and aligned to its length.
            unsafe { self.give_back(start.with_addr(at), class_of(len, 1)) };
            at += len;
        }
    }

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// It has this class, and nobody uses it.
    pub(crate) unsafe fn give_back(&self, block: *mut u8, class: Class) {
        if let Some(first) = self.first.get(class) {
            // SAFETY: it has at least the bytes of an address, and their alignment.
            unsafe { block.cast::<*mut u8>().write(first.get()) };
            first.set(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_LEN: usize = 2 * LONGEST;

    #[repr(align(65536))]
    struct Page(#[expect(dead_code, reason = "only its address counts")] [u8; PAGE_LEN]);

    #[test]
    fn lengths_and_alignments_have_the_class_that_fits_both() {
        let cases = [
            (1, 1, 16),
            (16, 8, 16),
            (17, 1, 32),
            (100, 4, 128),
            (8, 64, 64),
        ];
        for (len, align, expected) in cases {
            assert_eq!(SHORTEST << class_of(len, align), expected, "{len} {align}");
        }
        assert_eq!(class_of(LONGEST, 1), COUNT - 1);
    }

    #[test]
    fn blocks_never_overlap_and_are_used_again() {
        let mut pages: Vec<Box<Page>> = (0..4).map(|_| Box::new(Page([0; PAGE_LEN]))).collect();
        let mut pages = pages
            .iter_mut()
            .map(|page| ptr::from_mut(&mut **page).cast::<u8>());
        let classes = Classes::new();
        let mut used: Vec<(usize, Class)> = Vec::new();
        let mut state = 1_u32;
        for _ in 0..2000 {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
            if (state >> 20).is_multiple_of(4) && !used.is_empty() {
                let (block, class) = used.swap_remove(state as usize % used.len());
                let block = ptr::with_exposed_provenance_mut(block);
                // SAFETY: it is from `take`, and no longer used.
                unsafe { classes.give_back(block, class) };
                continue;
            }
            let class = (state >> 16) as usize % 7;
            // SAFETY: each page is passed once.
            let block = unsafe { classes.take(class, || pages.next().unwrap_or(ptr::null_mut())) };
            if block.is_null() {
                continue;
            }
            let block = block.expose_provenance();
            assert_eq!(block % (SHORTEST << class), 0);
            let end = block + (SHORTEST << class);
            let is_apart = |&(other, class): &(usize, Class)| {
                other + (SHORTEST << class) <= block || end <= other
            };
            assert!(used.iter().all(is_apart));
            used.push((block, class));
        }
        assert!(used.len() > 100);
    }

    #[test]
    fn rest_of_a_page_serves_allocations_of_all_its_bytes() {
        let mut page = Box::new(Page([0; PAGE_LEN]));
        let start = ptr::from_mut(&mut *page).cast::<u8>();
        for used_len in [1, 100, 24 << 10, PAGE_LEN - 20, PAGE_LEN - 3] {
            let classes = Classes::new();
            let rest = PAGE_LEN - used_len.next_multiple_of(SHORTEST);
            // SAFETY: the page is ours, and the blocks of the last round are forgotten.
            unsafe { classes.give_run(start.add(used_len), start.addr() + PAGE_LEN) };
            let blocks = (0..).map_while(|_| {
                // SAFETY: no block is given back.
                let block = unsafe { classes.take(0, ptr::null_mut) };
                (!block.is_null()).then(|| block.addr() - start.addr())
            });
            let mut blocks: Vec<_> = blocks.collect();
            blocks.sort_unstable();
            let expected = (PAGE_LEN - rest..PAGE_LEN).step_by(SHORTEST);
            assert!(blocks.into_iter().eq(expected), "{used_len}");
        }
    }

    #[test]
    fn without_memory_there_is_no_block() {
        let classes = Classes::new();
        // SAFETY: nothing was given back.
        assert!(unsafe { classes.take(0, ptr::null_mut) }.is_null());
    }
}
