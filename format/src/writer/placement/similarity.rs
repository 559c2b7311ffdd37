//! The strings that units have in common.

use crate::writer::deduplication::number_lists::NumberLists;
use rayon::prelude::*;
use std::vec::Vec;

/// Most units of a string that counts. A string in more units, such as a licence or an
/// indentation, does not relate them. The bound keeps the work linear.
const MAX_UNITS_OF_STRING: usize = 256;

/// The strings of more than one unit, numbered, and their units.
#[derive(Debug)]
pub(crate) struct Similarity {
    strings_of: NumberLists,
    units_of: NumberLists,
}

impl Similarity {
    /// `samples` has one list for each unit.
    pub(crate) fn new(samples: NumberLists) -> Self {
        let unit_count = samples.count();
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(samples.len());
        for (unit, strings) in samples.iter() {
            pairs.extend(strings.iter().map(|&string| (string, unit)));
        }
        drop(samples);
        pairs.par_sort_unstable();
        pairs.dedup();
        let shared = pairs
            .chunk_by(|one, other| one.0 == other.0)
            .filter(|group| (2..=MAX_UNITS_OF_STRING).contains(&group.len()));
        let mut units_of = NumberLists::default();
        for group in shared {
            units_of.push(group.iter().map(|&(_, unit)| unit));
        }
        drop(pairs);
        Self {
            strings_of: units_of.inverted(unit_count),
            units_of,
        }
    }

    /// The strings of `unit` that other units have, too.
    pub(crate) fn strings_of(&self, unit: u32) -> &[u32] {
        self.strings_of.get(unit)
    }

    /// The units that have `string`.
    pub(crate) fn units_of(&self, string: u32) -> &[u32] {
        self.units_of.get(string)
    }

    pub(crate) fn string_count(&self) -> usize {
        self.units_of.count()
    }

    pub(crate) fn unit_count(&self) -> usize {
        self.strings_of.count()
    }
}
