//! Which units have strings in common.

use super::sketch::Sketch;
use rayon::prelude::*;
use std::vec;
use std::vec::Vec;

/// A string that occurs in more units than this says nothing about any of
/// them: it is a licence or an indentation. The bound keeps the work linear.
const MAX_UNITS_OF_STRING: usize = 256;

/// The strings that more than one unit has, numbered, and who has them.
#[derive(Debug)]
pub(super) struct Similarity {
    strings_of: Lists,
    units_of: Lists,
}

impl Similarity {
    /// `sketches` has one element for each unit.
    pub(super) fn new(sketches: &[Sketch]) -> Self {
        let mut pairs: Vec<(u32, u32)> = (0..)
            .zip(sketches)
            .flat_map(|(unit, sketch)| sketch.0.iter().map(move |&string| (string, unit)))
            .collect();
        pairs.par_sort_unstable();
        pairs.dedup();
        let shared = pairs
            .chunk_by(|one, other| one.0 == other.0)
            .filter(|group| (2..=MAX_UNITS_OF_STRING).contains(&group.len()));
        let mut units_of = Lists::default();
        let mut owned = vec![Vec::new(); sketches.len()];
        for (string, group) in (0..).zip(shared) {
            units_of.push(group.iter().map(|&(_, unit)| unit));
            for &(_, unit) in group {
                if let Some(strings) = owned.get_mut(unit as usize) {
                    strings.push(string);
                }
            }
        }
        let mut strings_of = Lists::default();
        owned
            .into_iter()
            .for_each(|strings| strings_of.push(strings));
        Self {
            strings_of,
            units_of,
        }
    }

    /// The strings of `unit` that others have too.
    pub(super) fn strings_of(&self, unit: u32) -> &[u32] {
        self.strings_of.get(unit)
    }

    /// The units that have `string`.
    pub(super) fn units_of(&self, string: u32) -> &[u32] {
        self.units_of.get(string)
    }

    pub(super) fn string_count(&self) -> usize {
        self.units_of.ends.len()
    }

    pub(super) fn unit_count(&self) -> usize {
        self.strings_of.ends.len()
    }
}

/// Lists of numbers, back to back.
#[derive(Debug, Default)]
struct Lists {
    ends: Vec<usize>,
    numbers: Vec<u32>,
}

impl Lists {
    fn push(&mut self, numbers: impl IntoIterator<Item = u32>) {
        self.numbers.extend(numbers);
        self.ends.push(self.numbers.len());
    }

    fn get(&self, position: u32) -> &[u32] {
        let position = position as usize;
        let start = position
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let end = self.ends.get(position).copied().unwrap_or_default();
        self.numbers
            .get(start.copied().unwrap_or_default()..end)
            .unwrap_or_default()
    }
}
