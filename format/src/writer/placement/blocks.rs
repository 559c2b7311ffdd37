//! The blocks that ordered units fill, and the strings that blocks have in common.

use crate::writer::deduplication::unit::Unit;
use crate::writer::placement::similarity::Similarity;
use core::mem::replace;
use std::vec;
use std::vec::Vec;

/// The units of each block, and the block of each unit: the block with its middle.
pub(crate) struct Blocks<'a> {
    similarity: &'a Similarity,
    units: &'a [u32],
    /// The end in `units` of each block.
    ends: Vec<usize>,
    of_unit: Vec<u32>,
    raw_len: u64,
}

impl<'a> Blocks<'a> {
    /// The blocks of `block_len` bytes that the units fill in this `order`; one without units.
    pub(crate) fn new(
        units: &[Unit],
        order: &'a [u32],
        similarity: &'a Similarity,
        block_len: u64,
    ) -> Self {
        let raw_len: u64 = units.iter().map(|unit| unit.len).sum();
        let count = raw_len.div_ceil(block_len).max(1) as usize;
        let mut ends = vec![0; count];
        let mut of_unit = vec![0; units.len()];
        let mut offset = 0;
        for (position, &unit) in order.iter().enumerate() {
            let len = units[unit as usize].len;
            let block = ((offset + len / 2) / block_len).min(count as u64 - 1);
            of_unit[unit as usize] = block as u32;
            ends[block as usize] = position + 1;
            offset += len;
        }
        // A block within a long unit has the middle of none.
        let mut last = 0;
        for end in &mut ends {
            last = last.max(*end);
            *end = last;
        }
        Self {
            similarity,
            units: order,
            ends,
            of_unit,
            raw_len,
        }
    }

    /// Number of blocks.
    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    /// Length of all units.
    pub(crate) fn raw_len(&self) -> u64 {
        self.raw_len
    }

    /// The number of strings that `block` has in common with each block. Of the strings,
    /// only one in `step` counts.
    pub(crate) fn common(&self, block: u32, step: u32, counter: &mut Counter) -> Vec<u32> {
        let mut common = vec![0; self.count()];
        for (other, count) in self.count_common(block, step, counter) {
            common[other as usize] = count;
        }
        common
    }

    /// The same as [`common`](Self::common), for the blocks that have any. Takes time for
    /// the strings of the block and their units, whatever the number of blocks.
    pub(crate) fn count_common<'c>(
        &self,
        block: u32,
        step: u32,
        counter: &'c mut Counter,
    ) -> impl Iterator<Item = (u32, u32)> + use<'c> {
        counter.reset();
        for string in self.strings_of(block, step) {
            for &unit in self.similarity.units_of(string) {
                counter.add(self.of_unit[unit as usize], string);
            }
        }
        counter.counts()
    }

    /// The distinct strings of a block.
    fn strings_of(&self, block: u32, step: u32) -> Vec<u32> {
        let block = block as usize;
        let start = block.checked_sub(1).map_or(0, |before| self.ends[before]);
        let units = self.units[start..self.ends[block]].iter();
        let strings = units.flat_map(|&unit| self.similarity.strings_of(unit));
        // Strings are numbered in the order of their hashes, so each step is a fair sample.
        let sampled = strings.filter(|&&string| string.is_multiple_of(step));
        let mut strings: Vec<u32> = sampled.copied().collect();
        strings.sort_unstable();
        strings.dedup();
        strings
    }
}

/// Counts strings by block, each string once for a block.
pub(crate) struct Counter {
    counts: Vec<u32>,
    /// The last string of each block.
    last: Vec<u32>,
    /// The blocks with strings.
    touched: Vec<u32>,
}

/// No string has this number, because there are at most 2^24.
const NO_STRING: u32 = u32::MAX;

impl Counter {
    pub(crate) fn new(blocks: &Blocks<'_>) -> Self {
        Self {
            counts: vec![0; blocks.count()],
            last: vec![NO_STRING; blocks.count()],
            touched: Vec::new(),
        }
    }

    fn reset(&mut self) {
        for block in self.touched.drain(..) {
            self.counts[block as usize] = 0;
            self.last[block as usize] = NO_STRING;
        }
    }

    fn add(&mut self, block: u32, string: u32) {
        let last = replace(&mut self.last[block as usize], string);
        if last == NO_STRING {
            self.touched.push(block);
        }
        self.counts[block as usize] += u32::from(last != string);
    }

    fn counts(&self) -> impl Iterator<Item = (u32, u32)> {
        let count = |&block: &u32| (block, self.counts[block as usize]);
        self.touched.iter().map(count)
    }
}
