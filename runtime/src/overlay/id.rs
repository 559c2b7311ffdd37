//! The names of nodes.

use crate::fs::Kind;

/// Names a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Id<I> {
    /// A node of the file system below. It keeps this id when it changes.
    Packed(I),
    /// The number of a node that the program made. No number is used twice.
    Made(u64),
}

/// A node that was looked up.
#[derive(Clone, Copy, Debug)]
pub enum Found<N> {
    /// A node of the file system below, as that file system found it.
    Packed(N),
    /// A node that the program made.
    Made(u64, Kind),
}
