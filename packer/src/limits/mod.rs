//! Limits on memory and disk space that a small module or image could exhaust.

pub mod interpreter;
pub(crate) mod size;
