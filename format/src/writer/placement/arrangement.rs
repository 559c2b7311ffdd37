//! The order of the units in the content.
//!
//! What compresses is what a block has twice, so units that have strings in
//! common are to share a block. What makes reading fast is that a program that
//! walks a directory finds its files in few blocks. So a block is filled with
//! what lies close by in the tree, the most similar first, and with what lies
//! far away only if a good part of it is there already: another version of the
//! same file.

use crate::writer::deduplication::unit::Unit;
use crate::writer::placement::base;
use crate::writer::placement::similarity::Similarity;
use core::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::vec;
use std::vec::Vec;

/// How far ahead in the tree, in bytes, a block may look at most for units that
/// are somewhat similar. A walk through the tree goes back to the blocks of this
/// many bytes, so they must fit the cache of a reader.
const WINDOW_LEN: u64 = 1 << 20;

/// How many blocks that is where nothing comes from afar. Where much does, as
/// many blocks hold less of what lies close by, and a block may look no further
/// ahead than they do.
const WINDOW_BLOCKS: usize = 8;

/// Which part of its strings, in 256ths, a unit must have in common with a
/// block to join it from near by. With a quarter or with half as much, images
/// are up to 1 % larger.
const NEAR_SHARE: u32 = 64;

/// The same from anywhere, which has its price: a walk through the tree comes
/// back for such a unit when the block has left the cache. `docs/notes/block-order.md`
/// compares other values.
const FAR_SHARE: u32 = 176;

/// How much more, in 256ths, another unit must have in common with the block
/// than the one that goes on where the last one ends: to leave a file and come
/// back takes two extents more. With this a third of all extents is saved, and
/// what lies together in a file compresses no worse for it.
const LEAVING_SHARE: u32 = 64;

/// Strings that a unit is taken to have beside its own, so that two in common
/// out of three do not count for more than fifty of a hundred.
const STRING_OVERHEAD: u32 = 8;

/// The numbers of the units in the order of the content.
///
/// The first `ranked_count` of them come first. What room they leave in the
/// first block, which all others are compressed against, is for what the whole
/// tree has most in common.
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

/// Units in order, and a block that is being filled. Units and strings are
/// numbers of the tables that it is made for, and index them.
struct Arrangement<'a> {
    units: &'a [Unit],
    similarity: &'a Similarity,
    block_len: u64,
    order: Vec<u32>,
    /// Length of the units in `order`.
    len: u64,
    is_taken: Vec<bool>,
    /// Where each unit lies in the tree.
    tree_offsets: Vec<u64>,
    /// The block that has a string: the last one that did, or [`IN_BASE`].
    block_of_string: Vec<u32>,
    block: u32,
    /// Where the first unit that was left lay in the tree when each of the last
    /// blocks began, the earliest first.
    passed: VecDeque<u64>,
    /// How many strings each unit has in common with the block.
    common: Vec<u32>,
    /// The units whose `common` is not zero.
    touched: Vec<u32>,
    /// Units by the share that they had when they joined; those whose share
    /// has grown since are here again.
    candidates: BinaryHeap<(u32, Reverse<u32>)>,
}

/// A block number for strings that every block has at hand.
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

    /// Takes all units that are left.
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

    /// A block begins, and `next` is the first unit that is left.
    fn pass(&mut self, next: u32) {
        if self.passed.len() > WINDOW_BLOCKS {
            self.passed.pop_front();
        }
        self.passed.push_back(self.tree_offsets[next as usize]);
    }

    /// How far ahead of `offset` in the tree, in bytes, a block may look for
    /// units that are somewhat similar: as far as the last blocks have come.
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
        // What did not fit the block is the start of this one.
        if !self.len.is_multiple_of(self.block_len) {
            self.add_strings(unit);
        }
    }

    /// Makes the strings of the first block known to all others.
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

    /// The unit to go on with; `next` is the first that is left.
    fn most_similar(&mut self, next: u32) -> Option<u32> {
        let offset = self.tree_offsets[next as usize];
        let horizon = offset + self.window(offset);
        while let Some((share, Reverse(unit))) = self.candidates.pop() {
            if self.is_taken[unit as usize] || share != self.share(unit) {
                continue;
            }
            if share < NEAR_SHARE {
                // It is the largest share of all.
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

    /// The unit that goes on where the last one ends, if one that has `share`
    /// is not worth leaving the file for.
    fn following_within(&self, share: u32) -> Option<u32> {
        let last = *self.order.last()?;
        let following = last + 1;
        let unit = self.units.get(following as usize)?;
        (unit.follows(&self.units[last as usize])
            && !self.is_taken[following as usize]
            && self.share(following) + LEAVING_SHARE >= share)
            .then_some(following)
    }

    /// Which part of its strings, in 256ths, a unit has in common with the
    /// block.
    fn share(&self, unit: u32) -> u32 {
        let all = self.similarity.strings_of(unit).len() as u32 + STRING_OVERHEAD;
        self.common[unit as usize] * 256 / all
    }
}
