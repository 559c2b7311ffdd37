//! Step 4: orders the distinct chunks so that blocks compress well.
//!
//! Blocks compress well if they hold similar units. `similarity` finds the strings that
//! units share, `base` chooses the units of block 0, and `arrangement` fills the other
//! blocks.

mod arrangement;
mod base;
mod similarity;

use crate::encode::Content;
use crate::writer::deduplication::deduplicator::Distinct;
use crate::writer::deduplication::unit::Unit;
use arrangement::arrange;
use similarity::Similarity;
use std::vec::Vec;

/// The content in its final order.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) content: Content,
    /// In the order of the content, which they fill.
    pub(crate) units: Vec<Unit>,
}

/// Orders the content for blocks of `block_len` bytes.
pub(crate) fn place(distinct: Distinct, block_len: u64) -> Placed {
    let Distinct {
        mut content,
        units,
        ranked_count,
        samples,
    } = distinct;
    let similarity = Similarity::new(samples);
    let order = arrange(&units, &similarity, block_len, ranked_count);
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
    Placed { content, units }
}
