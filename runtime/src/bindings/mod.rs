//! What makes the runtime a wasm library: the exported functions, the one
//! global state, and the two implementations of the traits.
//!
//! `docs/ABI.md` has the table of what `pack` and the runtime agree on. All
//! unsafe code of the crate is below this module and in `zstd/copy.rs`.

#![allow(
    unsafe_code,
    reason = "raw linear memory and imported functions are only here"
)]

#[cfg(all(feature = "linked", feature = "merged"))]
compile_error!("a runtime is either `linked` or `merged`");

mod exports;
#[cfg(feature = "merged")]
mod heap;
mod host;
mod state;

#[cfg(feature = "linked")]
mod linked;
#[cfg(feature = "linked")]
use linked as form;

#[cfg(feature = "merged")]
mod merged;
#[cfg(feature = "merged")]
use merged as form;
