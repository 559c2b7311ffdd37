//! The options of `info` for its tables.

use crate::cli::text::len;

/// The options of the tables.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// Print all rows, not only the largest.
    pub(super) all: bool,
    /// Print sizes in bytes.
    pub(super) bytes: bool,
}

impl Look {
    pub(super) fn rows(self, max: usize) -> usize {
        if self.all { usize::MAX } else { max }
    }

    pub(super) fn len(self, bytes: u64) -> String {
        match self.bytes {
            true => bytes.to_string(),
            false => len(bytes),
        }
    }
}
