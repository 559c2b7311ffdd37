//! Step 3: keeps each distinct chunk once.

pub(crate) mod deduplicator;
pub(crate) mod lists;
pub(crate) mod single_pass;
pub(crate) mod unit;
