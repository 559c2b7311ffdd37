//! Step 3: keeps each distinct chunk once.
//!
//! Neighbouring new chunks of one file form a unit of up to 16 KiB. Step 4 moves whole
//! units, so a file is not scattered over the content.

pub(crate) mod batches;
pub(crate) mod deduplicator;
pub(crate) mod number_lists;
pub(crate) mod single_pass;
pub(crate) mod unit;
