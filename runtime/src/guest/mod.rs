//! The program that calls: its memory, as all front ends access it.
//!
//! Nothing here knows a number of WASI: each front end translates [`Fault`] and
//! [`PathError`].

mod memory;
mod path;
mod scratch;
mod sink;
mod source;

pub(crate) use memory::overlap;
pub use memory::{Access, Fault, Memory};
pub(crate) use path::PathBuffer;
pub use path::PathError;
#[cfg(any(test, all(target_family = "wasm", feature = "writable")))]
pub(crate) use scratch::FOR_CLOCK;
pub use scratch::Lent;
pub(crate) use scratch::{FOR_SERVER, SCRATCH_LEN, UNWRITTEN};
pub(crate) use sink::GuestSink;
pub(crate) use source::GuestSource;
