//! The choice of the bases: the blocks that are the prefix of others.
//!
//! Block 0 holds the strings that are widespread in the tree. Other strings occur in one
//! part of the tree, and then a block of that part is the better prefix. So a few more
//! blocks become bases, and each other block names the base with which it shares most
//! strings.
//!
//! Three versions of a library, for example, fill 100 blocks. Block 0 has strings of all of
//! them. If a block with the parser of one version is a base, the blocks with the other two
//! parsers name it.
//!
//! The choice is greedy. A further base gains the strings that other blocks share with it
//! and not with their base. It loses the strings that it shares with its own base, because a
//! base has none. The choice ends if the best base gains less than a share of the content.

use crate::writer::deduplication::unit::Unit;
use crate::writer::placement::blocks::{Blocks, Counter};
use crate::writer::placement::similarity::Similarity;
use core::cmp::Reverse;
use rayon::prelude::*;
use std::collections::BinaryHeap;
use std::vec;
use std::vec::Vec;

/// Most bases of an image. With more, a walk through several versions of a package
/// decompresses more than 1.1 times as many blocks as with one base.
const MAX_COUNT: usize = 12;

/// The share of the content that a base must gain, as the divisor.
const MIN_GAIN_DIVISOR: u64 = 4096;

/// The share of its length that a block must gain by another base than the block before, as
/// the divisor. A walk then changes the base less often.
const MIN_CHANGE_DIVISOR: u64 = 56;

/// One string in this number decides on the bases. All strings decide between them.
const STEP: u32 = 4;

/// The bases, and the base of each block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bases {
    /// Numbers of blocks, ascending. Block 0 is the first.
    pub(crate) numbers: Vec<u32>,
    /// The position in `numbers` of the base of each block; a base has itself.
    of_block: Vec<u8>,
}

impl Bases {
    /// The position of the base of `block`. `None` for a base.
    pub(crate) fn of(&self, block: usize) -> Option<u8> {
        let position = self.of_block.get(block).copied().unwrap_or_default();
        let base = self.numbers.get(usize::from(position)).copied();
        (base != Some(block as u32)).then_some(position)
    }

    /// Chooses bases among the blocks that the units fill in this `order`. A string stands
    /// for `string_share` bytes.
    pub(crate) fn choose(
        units: &[Unit],
        order: &[u32],
        similarity: &Similarity,
        (block_len, string_share): (u64, u64),
    ) -> Self {
        let blocks = Blocks::new(units, order, similarity, block_len);
        let min_gain = blocks.raw_len() / MIN_GAIN_DIVISOR / string_share / u64::from(STEP);
        let min_change = block_len / MIN_CHANGE_DIVISOR / string_share;
        let mut choice = Choice::new(&blocks);
        choice.add_further(min_gain.max(1) as i64);
        let numbers = choice.finish();
        let of_block = assign(&blocks, &numbers, min_change as u32);
        Self { numbers, of_block }
    }
}

/// Returns the position of the base of each block: the one with the most common strings,
/// or that of the block before if it has nearly as many.
fn assign(blocks: &Blocks<'_>, numbers: &[u32], min_change: u32) -> Vec<u8> {
    let common = |&base: &u32| blocks.common(base, 1, &mut Counter::new(blocks));
    let common: Vec<Vec<u32>> = numbers.par_iter().map(common).collect();
    let mut current = 0;
    let position = |block: usize| {
        if let Ok(position) = numbers.binary_search(&(block as u32)) {
            return position as u8;
        }
        let count = |position: usize| common[position][block];
        let best = (0..numbers.len()).max_by_key(|&position| (count(position), Reverse(position)));
        let best = best.unwrap_or_default();
        if count(best) > count(current) + min_change {
            current = best;
        }
        current as u8
    };
    (0..blocks.count()).map(position).collect()
}

/// The bases so far.
struct Choice<'a> {
    blocks: &'a Blocks<'a>,
    numbers: Vec<u32>,
    is_base: Vec<bool>,
    /// Number of strings that each block has in common with its best base.
    common: Vec<u32>,
}

impl<'a> Choice<'a> {
    /// Block 0 is the first base.
    fn new(blocks: &'a Blocks<'a>) -> Self {
        let mut choice = Self {
            blocks,
            numbers: Vec::new(),
            is_base: vec![false; blocks.count()],
            common: vec![0; blocks.count()],
        };
        choice.add(0, &mut Counter::new(blocks));
        choice
    }

    fn add(&mut self, block: u32, counter: &mut Counter) {
        self.numbers.push(block);
        self.is_base[block as usize] = true;
        for (other, count) in self.blocks.count_common(block, STEP, counter) {
            let common = &mut self.common[other as usize];
            *common = count.max(*common);
        }
    }

    /// Adds the best blocks that gain at least `min_gain` strings.
    fn add_further(&mut self, min_gain: i64) {
        let mut counter = Counter::new(self.blocks);
        let mut candidates = self.candidates(min_gain);
        while self.numbers.len() < MAX_COUNT
            && let Some((_, Reverse(block))) = candidates.pop()
        {
            // The gain of a block only falls when others become bases. So a gain that is
            // still the largest is the largest of all.
            let gain = self.gain(block, &mut counter);
            if candidates.peek().is_some_and(|&(next, _)| gain < next) {
                candidates.push((gain, Reverse(block)));
            } else if gain >= min_gain {
                self.add(block, &mut counter);
            } else {
                return;
            }
        }
    }

    /// The blocks that gain at least `min_gain` strings.
    fn candidates(&self, min_gain: i64) -> BinaryHeap<(i64, Reverse<u32>)> {
        let blocks = (1..self.blocks.count() as u32).into_par_iter();
        let gains = blocks.map_init(
            || Counter::new(self.blocks),
            |counter, block| (self.gain(block, counter), Reverse(block)),
        );
        let enough = gains.filter(|&(gain, _)| gain >= min_gain);
        enough.collect::<Vec<_>>().into()
    }

    /// The number of strings that `block` gains as a base.
    fn gain(&self, block: u32, counter: &mut Counter) -> i64 {
        let common = self.blocks.count_common(block, STEP, counter);
        let others = common.filter(|&(other, _)| other != block && !self.is_base[other as usize]);
        let gains = others.map(|(other, count)| count.saturating_sub(self.common[other as usize]));
        gains.map(i64::from).sum::<i64>() - i64::from(self.common[block as usize])
    }

    fn finish(mut self) -> Vec<u32> {
        self.numbers.sort_unstable();
        self.numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::deduplication::number_lists::NumberLists;

    const BLOCK_LEN: u64 = 1 << 17;

    /// The bases of blocks of one unit each, with these strings.
    fn bases(blocks: &[Vec<u32>]) -> Bases {
        let unit = |block: usize| Unit {
            inode: block as u32,
            file_offset: 0,
            chunks: block as u32..block as u32 + 1,
            len: BLOCK_LEN,
        };
        let units: Vec<_> = (0..blocks.len()).map(unit).collect();
        let order: Vec<_> = (0..blocks.len() as u32).collect();
        let mut samples = NumberLists::default();
        blocks
            .iter()
            .for_each(|strings| samples.push(strings.iter().copied()));
        Bases::choose(&units, &order, &Similarity::new(samples), (BLOCK_LEN, 16))
    }

    fn strings(range: core::ops::Range<u32>) -> Vec<u32> {
        range.collect()
    }

    #[test]
    fn unrelated_blocks_have_one_base() {
        let blocks: Vec<_> = (0..8).map(|n| strings(n * 8000..(n + 1) * 8000)).collect();
        let found = bases(&blocks);
        assert_eq!(found.numbers, [0]);
        assert_eq!(found.of(0), None);
        assert!((1..8).all(|block| found.of(block) == Some(0)));
    }

    #[test]
    fn related_blocks_have_a_base_of_their_own() {
        let kinds = [0, 1, 2, 1, 2, 1, 2, 0];
        let blocks: Vec<_> = kinds.map(|n| strings(n * 8000..(n + 1) * 8000)).into();
        let found = bases(&blocks);
        assert_eq!(found.numbers, [0, 1, 2]);
        let positions: Vec<_> = (0..8).map(|block| found.of(block)).collect();
        let expected = [
            None,
            None,
            None,
            Some(1),
            Some(2),
            Some(1),
            Some(2),
            Some(0),
        ];
        assert_eq!(positions, expected);
    }

    #[test]
    fn small_gain_keeps_the_base_of_the_block_before() {
        let mut blocks = vec![strings(0..8000), strings(8000..16000), strings(8000..16000)];
        // It has slightly more in common with block 0.
        blocks.push([strings(0..4020), strings(8000..12000)].concat());
        let found = bases(&blocks);
        assert_eq!(found.numbers, [0, 1]);
        assert_eq!(found.of(3), Some(1));
    }

    #[test]
    fn the_number_of_bases_is_bounded() {
        let pairs = (0..40).flat_map(|n| [n, n]);
        let blocks: Vec<_> = pairs.map(|n| strings(n * 8000..(n + 1) * 8000)).collect();
        assert_eq!(bases(&blocks).numbers.len(), MAX_COUNT);
        assert_eq!(bases(&[]).numbers, [0]);
    }
}
