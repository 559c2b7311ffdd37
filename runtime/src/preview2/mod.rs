//! WASI 0.2: decodes calls, serves them from the file system, encodes the answers.
//!
//! `pack` inserts this front end into a component, behind a check of each call: only calls
//! with a [handle of the runtime](wasi_vfs_embedding::preview2::FIRST_HANDLE) arrive here,
//! and all calls of `get-directories` and `poll`. So nothing is passed on, except where
//! an answer joins both sides: preopens, `poll`, and `splice` between a file and a stream of
//! the host.
//!
//! `open-at(0x4000_0000, "hello")`, for example: the [server](crate::component::Server)
//! finds the preopen in slot 0, copies the path out of the memory, and
//! [`open`](crate::open::open) resolves it. The file gets slot 1, so the answer at `ret` is
//! the tag 0 and the handle 0x4000_0001.
//!
//! Where this front end differs from preview 1, the specification differs: a file has no
//! position, handles are not small numbers, and bytes of an answer lie in memory that the
//! program's own allocator provides. `docs/RUNTIME.md` lists the answers.

mod calls;
mod errors;
mod functions;
mod listing;
#[cfg(any(test, feature = "writable"))]
mod output;
mod poll;
mod release;
mod splice;
mod streams;

#[cfg(any(test, feature = "writable"))]
pub use calls::OutputStreams;
#[cfg(any(test, feature = "fuzz", feature = "wired"))]
pub(crate) use calls::for_each_function;
#[cfg(all(target_family = "wasm", feature = "wired"))]
pub(crate) use calls::for_each_host_function;
#[cfg(all(target_family = "wasm", feature = "wired", feature = "writable"))]
pub(crate) use calls::for_each_output_function;
pub use calls::{Host, Preview2};
