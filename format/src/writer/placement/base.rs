//! The choice of the base: the units of block 0, the prefix of all other blocks.

use crate::writer::deduplication::unit::Unit;
use crate::writer::placement::similarity::Similarity;
use core::cmp::Reverse;
use std::collections::BinaryHeap;
use std::vec;
use std::vec::Vec;

/// Bytes added to each unit when its worth is divided by its length, so the base is not
/// full of tiny units.
const UNIT_OVERHEAD: u64 = 256;

/// Chooses the units of a base of `base_len` bytes, in the order of the tree: those
/// with the most widespread strings for their length.
///
/// The choice is greedy, which for covering is within 1 - 1/e of the best choice.
pub(crate) fn choose(units: &[Unit], similarity: &Similarity, base_len: u64) -> Vec<u32> {
    let worth = worth_of_strings(units, similarity, base_len);
    let mut covered = vec![false; similarity.string_count()];
    let mut heap: BinaryHeap<_> = (0..similarity.unit_count() as u32)
        .map(|unit| {
            (
                density(unit, units, similarity, &worth, &covered),
                Reverse(unit),
            )
        })
        .collect();
    let (mut chosen, mut len) = (Vec::new(), 0);
    while let Some((claimed, Reverse(unit))) = heap.pop() {
        // The worth of a unit only falls when others cover its strings. So a claim that
        // still holds is the largest.
        let found = density(unit, units, similarity, &worth, &covered);
        if found == 0 {
            break;
        }
        if found < claimed {
            heap.push((found, Reverse(unit)));
            continue;
        }
        let unit_len = units.get(unit as usize).map_or(0, |unit| unit.len);
        if len + unit_len > base_len {
            continue;
        }
        len += unit_len;
        chosen.push(unit);
        for &string in similarity.strings_of(unit) {
            if let Some(covered) = covered.get_mut(string as usize) {
                *covered = true;
            }
        }
    }
    chosen.sort_unstable();
    chosen
}

/// The worth of each string: the number of stretches of `stretch` bytes that contain
/// it, minus one.
fn worth_of_strings(units: &[Unit], similarity: &Similarity, stretch: u64) -> Vec<u32> {
    let mut offset = 0;
    let stretches: Vec<u64> = units
        .iter()
        .map(|unit| {
            let start = offset;
            offset += unit.len;
            start / stretch.max(1)
        })
        .collect();
    let stretch_of = |unit: &u32| stretches.get(*unit as usize).copied();
    (0..similarity.string_count() as u32)
        .map(|string| {
            let found = similarity
                .units_of(string)
                .chunk_by(|one, other| stretch_of(one) == stretch_of(other));
            found.count() as u32 - 1
        })
        .collect()
}

/// The worth of the uncovered strings of a unit for its length.
fn density(
    unit: u32,
    units: &[Unit],
    similarity: &Similarity,
    worth: &[u32],
    covered: &[bool],
) -> u64 {
    const SCALE: u64 = 1 << 32;
    let new = similarity
        .strings_of(unit)
        .iter()
        .filter(|&&string| covered.get(string as usize) == Some(&false));
    let total: u64 = new
        .filter_map(|&string| worth.get(string as usize))
        .map(|&worth| u64::from(worth))
        .sum();
    let len = units.get(unit as usize).map_or(0, |unit| unit.len);
    total * SCALE / (len + UNIT_OVERHEAD)
}
