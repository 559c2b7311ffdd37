//! Compares a whole image with every rule of the format.
//!
//! The reader validates a record only when it uses it. The check uses every record.
//! `check` has the rules of `docs/FORMAT.md` in its order, and `verify` the rules of
//! chunks and digests, which need the metadata section.

mod changes;
mod checker;
mod content;
mod names;
mod rules;
mod tree;
mod verify;

pub use checker::MAX_REPORTED;
pub use rules::{check, check_blocks};
pub use verify::{verify, verify_digests};
