//! The custom sections that a pack drops.

use crate::DroppedSection;
use std::collections::HashMap;

/// The dropped custom sections, each name once.
#[derive(Default)]
pub(crate) struct Dropped {
    sections: Vec<DroppedSection>,
    positions: HashMap<String, usize>,
}

impl Dropped {
    /// Adds a section of `len` bytes, including its name.
    pub(crate) fn note(&mut self, name: &str, len: u64) {
        let next = self.sections.len();
        let position = *self.positions.entry(name.into()).or_insert(next);
        match self.sections.get_mut(position) {
            Some(section) => section.len += len,
            None => self.sections.push(DroppedSection {
                name: name.into(),
                len,
            }),
        }
    }

    /// The sections in the order of their first notes.
    pub(crate) fn into_sections(self) -> Vec<DroppedSection> {
        self.sections
    }
}
