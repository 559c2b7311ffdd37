//! The whole image against every rule of the format.
//!
//! The reader validates a record when it is used; here every record is used.
//! The rules are those of `docs/FORMAT.md`, in its order. Those of chunks and
//! digests take the metadata section, and are `verify`'s.

mod checker;
mod content;
mod names;
mod rules;
mod tree;
mod verify;

pub use checker::MAX_REPORTED;
pub use rules::{check, check_blocks};
pub use verify::verify;
