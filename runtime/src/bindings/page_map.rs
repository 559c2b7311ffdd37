//! Which pages of the runtime's memory are free. It touches none of them.

use core::cell::Cell;
use core::ops::Range;

/// Pages that memory of 32 bits has.
const PAGE_COUNT: usize = 1 << 16;

/// The free pages, one bit each: 8 KiB for any memory. Pages that follow one another are
/// one run, however they became free, so a run of pages serves allocations of any length.
pub(crate) struct PageMap {
    words: [Cell<u64>; PAGE_COUNT / 64],
    /// How many pages the memory grew by. Others may grow a shared memory, too.
    grown: Cell<usize>,
}

impl PageMap {
    /// No page is free.
    pub(crate) const fn new() -> Self {
        Self {
            words: [const { Cell::new(0) }; PAGE_COUNT / 64],
            grown: Cell::new(0),
        }
    }

    /// The first of `count` pages, out of the shortest run that is long enough.
    /// Otherwise memory of `memory_len` pages has to `grow` by as many pages as its
    /// last run lacks. `None` if it does not.
    pub(crate) fn take(
        &self,
        count: usize,
        memory_len: usize,
        grow: impl FnOnce(usize) -> bool,
    ) -> Option<usize> {
        let mut best: Option<Range<usize>> = None;
        let mut start = memory_len;
        for run in self.runs() {
            if run.end == memory_len {
                start = run.start;
            }
            let is_better = best.as_ref().is_none_or(|best| run.len() < best.len());
            if run.len() >= count && is_better {
                best = Some(run);
            }
        }
        if let Some(run) = best {
            self.set(run.start..run.start + count, false);
            return Some(run.start);
        }
        // The last page that there can be is not given out: what lies in it would end
        // at address 0.
        let end = start.checked_add(count).filter(|&end| end < PAGE_COUNT)?;
        let missing = end - memory_len;
        if !grow(missing) {
            return None;
        }
        self.grown.set(self.grown.get() + missing);
        self.set(start..memory_len, false);
        Some(start)
    }

    /// Frees pages.
    pub(crate) fn give_back(&self, pages: Range<usize>) {
        self.set(pages, true);
    }

    /// The number of pages in use.
    #[cfg(any(test, not(feature = "writable")))]
    pub(crate) fn used_count(&self) -> usize {
        self.grown.get() - self.free_count()
    }

    #[cfg(any(test, not(feature = "writable")))]
    fn free_count(&self) -> usize {
        self.runs().map(|run| run.len()).sum()
    }

    /// The free pages, from the first on. No run touches the next.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Range<usize>> {
        let mut end = 0;
        core::iter::from_fn(move || {
            let start = self.find(end, true);
            end = self.find(start, false);
            (start < end).then_some(start..end)
        })
    }

    /// The first page from `from` on that is free, or that is not.
    fn find(&self, from: usize, is_free: bool) -> usize {
        let mut at = from;
        while let Some(word) = self.words.get(at / 64) {
            let flipped = if is_free { word.get() } else { !word.get() };
            let rest = flipped >> (at % 64);
            if rest != 0 {
                return at + rest.trailing_zeros() as usize;
            }
            at = (at / 64 + 1) * 64;
        }
        PAGE_COUNT
    }

    fn set(&self, pages: Range<usize>, is_free: bool) {
        for page in pages {
            if let Some(word) = self.words.get(page / 64) {
                let bit = 1 << (page % 64);
                word.set(if is_free {
                    word.get() | bit
                } else {
                    word.get() & !bit
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A memory that grows as far as it is allowed to.
    struct FakeMemory {
        map: PageMap,
        len: usize,
        len_max: usize,
    }

    impl FakeMemory {
        fn new() -> Self {
            Self {
                map: PageMap::new(),
                len: 3,
                len_max: PAGE_COUNT,
            }
        }

        fn take(&mut self, count: usize) -> Option<usize> {
            let Self { map, len, len_max } = self;
            map.take(count, *len, |more| {
                let can_grow = *len + more <= *len_max;
                *len += if can_grow { more } else { 0 };
                can_grow
            })
        }
    }

    #[test]
    fn freed_neighbours_become_one_run() {
        let mut memory = FakeMemory::new();
        let starts = [1, 2, 4].map(|count| memory.take(count));
        assert_eq!(starts, [Some(3), Some(4), Some(6)]);
        for pages in [6..10, 3..4, 4..6] {
            memory.map.give_back(pages);
        }
        assert_eq!(memory.map.free_count(), 7);
        assert_eq!((memory.take(7), memory.len), (Some(3), 10));
    }

    #[test]
    fn memory_grows_by_what_its_last_run_lacks() {
        let mut memory = FakeMemory::new();
        assert_eq!(memory.take(5), Some(3));
        memory.map.give_back(5..8);
        assert_eq!((memory.take(4), memory.len), (Some(5), 9));
        assert_eq!(memory.map.free_count(), 0);
    }

    #[test]
    fn the_shortest_run_that_will_do_is_taken() {
        let mut memory = FakeMemory::new();
        memory.take(200);
        for pages in [10..20, 60..68, 130..133] {
            memory.map.give_back(pages);
        }
        assert_eq!(
            [3, 8, 9].map(|count| memory.take(count)),
            [Some(130), Some(60), Some(10)]
        );
        assert_eq!(memory.len, 203);
    }

    #[test]
    fn pages_of_others_are_not_in_use() {
        let mut memory = FakeMemory::new();
        assert_eq!(memory.take(2), Some(3));
        // Another program grows the memory by 100 pages.
        memory.len += 100;
        assert_eq!((memory.take(3), memory.map.used_count()), (Some(105), 5));
        memory.map.give_back(3..5);
        assert_eq!(memory.map.used_count(), 3);
        memory.len_max = memory.len;
        assert_eq!((memory.take(4), memory.map.used_count()), (None, 3));
    }

    #[test]
    fn a_refused_growth_leaves_the_map_as_it_was() {
        let mut memory = FakeMemory::new();
        memory.take(5);
        memory.map.give_back(6..8);
        memory.len_max = 9;
        assert_eq!(memory.take(4), None);
        assert_eq!((memory.take(2), memory.len), (Some(6), 8));
    }

    #[test]
    fn the_last_page_is_not_given_out() {
        let mut memory = FakeMemory::new();
        assert_eq!(memory.take(usize::MAX), None);
        assert_eq!(memory.take(PAGE_COUNT - 3), None);
        assert_eq!(memory.take(PAGE_COUNT - 4), Some(3));
        assert_eq!(memory.take(1), None);
    }

    #[test]
    fn lengths_that_grow_take_what_the_longest_takes() {
        let mut memory = FakeMemory::new();
        for count in 1..100 {
            let starts =
                [1, 2, 3].map(|times| (memory.take(times * count).expect("memory"), times * count));
            for (start, count) in starts {
                memory.map.give_back(start..start + count);
            }
        }
        assert_eq!(memory.len, 3 + 6 * 99);
    }
}
