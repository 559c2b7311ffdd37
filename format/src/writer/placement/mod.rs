//! Step 4: orders the distinct chunks so that blocks compress well.
//!
//! Blocks compress well if they hold similar units. `similarity` finds the strings that
//! units share, `base` chooses the units of block 0, and `arrangement` fills the other
//! blocks. `bases` then chooses further bases among these blocks.

mod arrangement;
mod base;
mod bases;
mod blocks;
mod similarity;

use crate::encode::Content;
use crate::writer::chunking::sample::Sampling;
use crate::writer::deduplication::deduplicator::Distinct;
use crate::writer::deduplication::unit::Unit;
use arrangement::arrange;
pub(crate) use bases::Bases;
use similarity::Similarity;
use std::vec::Vec;

/// The content in its final order.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) content: Content,
    /// In the order of the content, which they fill.
    pub(crate) units: Vec<Unit>,
    pub(crate) bases: Bases,
}

/// Orders the content for blocks of `block_len` bytes. The samples have the rate of
/// `sampling`.
pub(crate) fn place(distinct: Distinct, block_len: u64, sampling: Sampling) -> Placed {
    let Distinct {
        mut content,
        units,
        ranked_count,
        samples,
    } = distinct;
    let similarity = Similarity::new(samples);
    let order = arrange(&units, &similarity, block_len, ranked_count);
    let bases = Bases::choose(
        &units,
        &order,
        &similarity,
        (block_len, sampling.string_share()),
    );
    let mut first = 0;
    let mut placed = Vec::with_capacity(units.len());
    let mut old_numbers = Vec::with_capacity(content.chunks().len());
    for unit in order {
        let unit = &units[unit as usize];
        let end = first + unit.chunks.len() as u32;
        placed.push(Unit {
            chunks: first..end,
            ..unit.clone()
        });
        old_numbers.extend(unit.chunks.clone());
        first = end;
    }
    content.reorder(old_numbers.into_iter());
    let units = placed;
    Placed {
        content,
        units,
        bases,
    }
}
