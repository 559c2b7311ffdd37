//! Modules that import `wasi_unstable`, the WASI before preview 1.

pub(crate) mod adapters;
pub(crate) mod convert;
pub(crate) mod filestat;
pub(crate) mod memory;
pub(crate) mod poll;
