//! What a module may take of this machine's memory while it is interpreted.
//!
//! The engine takes what a module declares, and writes zeros to all of it: of a
//! hundred memories, each as long as can be, a few bytes would be a terabyte.

use wasmi::{StoreLimits, StoreLimitsBuilder};

/// Memories: a program has one, a packed one two.
pub(crate) const MAX_MEMORIES: usize = 4;

/// Bytes of each memory, beside what is known to go into it: many times what an
/// interpreter of another language takes to run a program.
const MAX_MEMORY_LEN: usize = 1 << 30;

/// Tables: a program has one, or one for each kind of reference.
const MAX_TABLES: usize = 16;

/// Elements of each table: the functions of the largest programs are a tenth
/// of that. Each takes 16 bytes, written to or not.
const MAX_ELEMENTS: usize = 1_000_000;

/// The bounds, for a store to keep. Each memory may have `len` bytes beside a
/// gibibyte.
#[must_use]
pub fn bounds(len: usize) -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(MAX_MEMORY_LEN.saturating_add(len))
        .memories(MAX_MEMORIES)
        .tables(MAX_TABLES)
        .table_elements(MAX_ELEMENTS)
        .build()
}
