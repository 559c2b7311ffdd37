//! What a module may take of this machine's memory while it is interpreted.
//!
//! The engine bounds each memory and each table by itself; a module may have a
//! hundred of each, and a few bytes of it would be a terabyte.

use wasmi::{StoreLimits, StoreLimitsBuilder};

/// Memories: a program has one, a packed one two. Each is at most 4 GiB, of
/// which a machine gives only what is written to.
const MAX_MEMORIES: usize = 4;

/// Tables: a program has one, or one for each kind of reference.
const MAX_TABLES: usize = 16;

/// Elements of each table: the functions of the largest programs are a tenth
/// of that. Each takes 16 bytes, written to or not.
const MAX_ELEMENTS: usize = 1_000_000;

/// The bounds, for a store to keep.
#[must_use]
pub fn bounds() -> StoreLimits {
    StoreLimitsBuilder::new()
        .memories(MAX_MEMORIES)
        .tables(MAX_TABLES)
        .table_elements(MAX_ELEMENTS)
        .build()
}
