//! The memory that an interpreted module may allocate on this machine.
//!
//! The interpreter allocates and clears all memory that a module declares. A module of a
//! few bytes could declare a hundred memories of the maximum length.

use wasmi::{StoreLimits, StoreLimitsBuilder};

/// Memories. A program has one, a packed program two.
pub(crate) const MAX_MEMORIES: usize = 4;

/// Bytes of each memory, without its known content. Interpreters of other languages need
/// much less to run a program.
const MAX_MEMORY_LEN: usize = 1 << 30;

/// Tables. A program has one, or one for each kind of reference.
const MAX_TABLES: usize = 16;

/// Elements of each table, of 16 bytes each. The largest programs have a tenth as many
/// functions.
const MAX_ELEMENTS: usize = 1_000_000;

/// The limits of a store. Each memory may have 1 GiB and `len` more bytes.
#[must_use]
pub fn bounds(len: usize) -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(MAX_MEMORY_LEN.saturating_add(len))
        .memories(MAX_MEMORIES)
        .tables(MAX_TABLES)
        .table_elements(MAX_ELEMENTS)
        .build()
}
