//! The program that calls: its memory, as all front ends access it.
//!
//! Nothing here knows a number of WASI: each front end translates [`Fault`] and
//! [`PathError`].

mod memory;
mod path;
mod scratch;
mod sink;

pub(crate) use memory::overlap;
pub use memory::{Access, Fault, Memory};
pub(crate) use path::PathBuffer;
pub use path::PathError;
pub use scratch::Lent;
pub(crate) use scratch::{SCRATCH_LEN, UNWRITTEN};
pub(crate) use sink::GuestSink;
