//! The names of nodes.

use crate::fs::Kind;

/// Numbers of made nodes begin here: those of packed nodes have 32 bits.
pub(super) const FIRST_MADE: u64 = 1 << 32;

/// Names a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id<I> {
    /// A node of the file system below. It keeps this id when it changes.
    Packed(I),
    /// The number of a node that the program made. No number is used twice.
    Made(u64),
}

impl<I: Copy + Into<u32>> Id<I> {
    /// A number that only this node has.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Packed(id) => u64::from(id.into()),
            Self::Made(number) => FIRST_MADE.saturating_add(number),
        }
    }
}

/// A node that was looked up.
#[derive(Clone, Copy, Debug)]
pub enum Found<N> {
    /// A node of the file system below, as that file system found it.
    Packed(N),
    /// A node that the program made.
    Made(u64, Kind),
}
