//! The order of the units in the content.
//!
//! Repeated strings compress, so units with common strings should share a block.
//! Reading is fast if the files of a directory lie in few blocks. So a block is filled
//! with the most similar units from near by in the tree. Distant units join only if the
//! block already has a good part of their strings, like another version of the same
//! file.

use crate::writer::deduplication::unit::Unit;
use crate::writer::placement::base;
use crate::writer::placement::similarity::Similarity;
use core::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::vec;
use std::vec::Vec;

/// The longest window, in bytes of the tree, in which a block looks for somewhat
/// similar units. A walk through the tree returns to the blocks of a window, so they
/// must fit the cache of a reader.
const WINDOW_LEN: u64 = 1 << 20;

/// The blocks of a window without distant units. If blocks hold many distant units, the
/// window shrinks to the reach of this number of blocks.
const WINDOW_BLOCKS: usize = 8;

/// The share of its strings, in 256ths, that a near unit must have in common with a
/// block. A quarter or half of this value makes images up to 1 % larger.
const NEAR_SHARE: u32 = 64;

/// The share for distant units. They have a price: a walk returns for them when the
/// block has left the cache. `docs/notes/block-order.md` compares other values.
const FAR_SHARE: u32 = 176;

/// The additional share, in 256ths, that a unit needs to interrupt a file. An
/// interruption costs two extents. This value saves a third of all extents, and files
/// compress as well.
const LEAVING_SHARE: u32 = 64;

/// Strings added to the count of each unit, so two common strings of three do not weigh
/// more than fifty of a hundred.
const STRING_OVERHEAD: u32 = 8;

/// Returns the numbers of the units in the order of the content.
///
/// The first `ranked_count` units stay first. Block 0, the base of all others, is then
/// filled with the most common strings of the whole tree.
pub(crate) fn arrange(
    units: &[Unit],
    similarity: &Similarity,
    block_len: u64,
    ranked_count: u32,
) -> Vec<u32> {
    let mut content = Arrangement::new(units, similarity, block_len);
    (0..ranked_count).for_each(|unit| content.take(unit));
    let room = block_len.saturating_sub(content.len);
    if room > 0 && content.tree_len() > block_len {
        for unit in base::choose(units, similarity, room) {
            content.take_if_left(unit);
        }
    }
    content.fill();
    content.order
}

/// The ordered units, and the block that is being filled. Numbers of units and strings
/// index the tables that this was made for.
struct Arrangement<'a> {
    units: &'a [Unit],
    similarity: &'a Similarity,
    block_len: u64,
    order: Vec<u32>,
    /// Length of the units in `order`.
    len: u64,
    is_taken: Vec<bool>,
    /// Offset of each unit in the tree.
    tree_offsets: Vec<u64>,
    /// The last block that has each string, or [`IN_BASE`].
    block_of_string: Vec<u32>,
    block: u32,
    /// Offset of the first remaining unit at the start of each of the last blocks, the
    /// earliest first.
    passed: VecDeque<u64>,
    /// Number of strings that each unit has in common with the block.
    common: Vec<u32>,
    /// The units whose `common` is not zero.
    touched: Vec<u32>,
    /// Units by the share that they had when they joined. Units whose share grew are
    /// here again.
    candidates: BinaryHeap<(u32, Reverse<u32>)>,
}

/// The block number for strings of the base.
const IN_BASE: u32 = u32::MAX;

impl<'a> Arrangement<'a> {
    fn new(units: &'a [Unit], similarity: &'a Similarity, block_len: u64) -> Self {
        let tree_offsets = units.iter().scan(0, |end, unit| {
            let start = *end;
            *end += unit.len;
            Some(start)
        });
        Self {
            units,
            similarity,
            block_len,
            order: Vec::with_capacity(units.len()),
            len: 0,
            is_taken: vec![false; units.len()],
            tree_offsets: tree_offsets.collect(),
            block_of_string: vec![0; similarity.string_count()],
            block: 1,
            passed: VecDeque::new(),
            common: vec![0; units.len()],
            touched: Vec::new(),
            candidates: BinaryHeap::new(),
        }
    }

    /// Length of all units.
    fn tree_len(&self) -> u64 {
        let last = self.units.last().zip(self.tree_offsets.last());
        last.map_or(0, |(unit, offset)| offset + unit.len)
    }

    /// Takes all remaining units.
    fn fill(&mut self) {
        let mut block = self.block;
        for next in 0..self.units.len() as u32 {
            while !self.is_taken[next as usize] {
                if block != self.block {
                    block = self.block;
                    self.pass(next);
                }
                let unit = self.most_similar(next).unwrap_or(next);
                self.take(unit);
            }
        }
    }

    /// Starts a block. `next` is the first remaining unit.
    fn pass(&mut self, next: u32) {
        if self.passed.len() > WINDOW_BLOCKS {
            self.passed.pop_front();
        }
        self.passed.push_back(self.tree_offsets[next as usize]);
    }

    /// The length of the window at `offset` in the tree: the reach of the last blocks.
    fn window(&self, offset: u64) -> u64 {
        match self.passed.front() {
            Some(earliest) if self.passed.len() > WINDOW_BLOCKS => {
                (offset - earliest).clamp(self.block_len.min(WINDOW_LEN), WINDOW_LEN)
            }
            _ => WINDOW_LEN,
        }
    }

    fn take_if_left(&mut self, unit: u32) {
        if !self.is_taken[unit as usize] {
            self.take(unit);
        }
    }

    fn take(&mut self, unit: u32) {
        let block = self.len / self.block_len;
        self.is_taken[unit as usize] = true;
        self.order.push(unit);
        self.len += self.units[unit as usize].len;
        self.add_strings(unit);
        if self.len / self.block_len == block {
            return;
        }
        if block == 0 {
            self.close_base();
        }
        self.begin_block();
        // The rest of the unit is the start of the next block.
        if !self.len.is_multiple_of(self.block_len) {
            self.add_strings(unit);
        }
    }

    /// Marks the strings of block 0 as known to all other blocks.
    fn close_base(&mut self) {
        for block in &mut self.block_of_string {
            if *block == self.block {
                *block = IN_BASE;
            }
        }
    }

    fn begin_block(&mut self) {
        self.block += 1;
        for unit in self.touched.drain(..) {
            self.common[unit as usize] = 0;
        }
        self.candidates.clear();
    }

    /// Adds the strings of `unit` to those of the block.
    fn add_strings(&mut self, unit: u32) {
        let mut grown = Vec::new();
        for &string in self.similarity.strings_of(unit) {
            let block = &mut self.block_of_string[string as usize];
            if *block == self.block || *block == IN_BASE {
                continue;
            }
            *block = self.block;
            for &other in self.similarity.units_of(string) {
                if !self.is_taken[other as usize] {
                    self.common[other as usize] += 1;
                    grown.push(other);
                }
            }
        }
        grown.sort_unstable();
        grown.dedup();
        for &unit in &grown {
            self.candidates.push((self.share(unit), Reverse(unit)));
        }
        self.touched.extend(grown);
    }

    /// The next unit. `next` is the first remaining one.
    fn most_similar(&mut self, next: u32) -> Option<u32> {
        let offset = self.tree_offsets[next as usize];
        let horizon = offset + self.window(offset);
        while let Some((share, Reverse(unit))) = self.candidates.pop() {
            if self.is_taken[unit as usize] || share != self.share(unit) {
                continue;
            }
            if share < NEAR_SHARE {
                // No other unit has a larger share.
                return None;
            }
            if let Some(following) = self.following_within(share) {
                self.candidates.push((share, Reverse(unit)));
                return Some(following);
            }
            if share >= FAR_SHARE || self.tree_offsets[unit as usize] < horizon {
                return Some(unit);
            }
        }
        None
    }

    /// The unit that continues the file, unless a unit with `share` is worth the
    /// interruption.
    fn following_within(&self, share: u32) -> Option<u32> {
        let last = *self.order.last()?;
        let following = last + 1;
        let unit = self.units.get(following as usize)?;
        (unit.follows(&self.units[last as usize])
            && !self.is_taken[following as usize]
            && self.share(following) + LEAVING_SHARE >= share)
            .then_some(following)
    }

    /// The share of its strings, in 256ths, that a unit has in common with the block.
    fn share(&self, unit: u32) -> u32 {
        let all = self.similarity.strings_of(unit).len() as u32 + STRING_OVERHEAD;
        self.common[unit as usize] * 256 / all
    }
}
