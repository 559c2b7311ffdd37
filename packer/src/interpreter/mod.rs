//! A host of preview 1 for programs in the interpreter.
//!
//! `run` and `pack --init` interpret a program. Both answer its calls on standard streams,
//! arguments, variables, clocks and random numbers, and differ in the [`Machine`] behind
//! them: `run` uses this machine, and `pack --init` a closed one. For example, `fd_write` to
//! 1 copies the program's buffers ([`host`]), and the machine prints or refuses the bytes.
//!
//! The host has no files. `run` puts runtimes in front of it, and the module of `pack
//! --init` has its runtime inside.

pub mod calls;
mod copy;
mod engine;
pub mod host;
pub mod machine;
pub mod memory;
pub mod polling;
pub mod process;
mod result;
pub mod streams;

pub use calls::{Guest, PREVIEW1, World, link};
pub use copy::sparse_copy;
pub use engine::config;
pub use host::Host;
pub use machine::{Clock, Machine};
pub use memory::GuestMemory;
pub use process::Process;
pub use result::Result;
pub use streams::{Stream, Streams};
