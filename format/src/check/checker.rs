//! The state of a check: the broken rules so far, and the expected next numbers.

use crate::error::Corrupt;
use crate::index::Index;
use std::vec::Vec;

/// Most broken rules that are reported. A hostile image can break one for each of its
/// bytes.
pub const MAX_REPORTED: usize = 100;

/// A check under way.
pub(super) struct Checker<'i, 'a> {
    pub(super) index: &'i Index<'a>,
    pub(super) broken: Vec<Corrupt>,
    /// The inode that the next directory with children must list first.
    pub(super) next_child: u64,
    /// The extent that the next file with extents must have first.
    pub(super) next_extent: u64,
    /// Start and end in the content of every run so far.
    pub(super) used: Vec<(u64, u64)>,
    /// Lengths of the paths of the inodes so far.
    pub(super) path_lens: Vec<usize>,
}

impl<'i, 'a> Checker<'i, 'a> {
    pub(super) fn new(index: &'i Index<'a>) -> Self {
        Self {
            index,
            broken: Vec::new(),
            next_child: 1,
            next_extent: 0,
            used: Vec::new(),
            path_lens: Vec::new(),
        }
    }

    pub(super) fn report(&mut self, corrupt: Corrupt) {
        if self.broken.len() < MAX_REPORTED {
            self.broken.push(corrupt);
        }
    }

    pub(super) fn require(&mut self, rule: bool, corrupt: Corrupt) {
        if !rule {
            self.report(corrupt);
        }
    }

    /// Returns the value, or reports the error.
    pub(super) fn whole<T>(&mut self, result: Result<T, Corrupt>) -> Option<T> {
        result.map_err(|corrupt| self.report(corrupt)).ok()
    }
}
