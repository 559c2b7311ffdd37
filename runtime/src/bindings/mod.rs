//! What makes the runtime a wasm library: the exported functions, the one
//! global state, and the two implementations of the traits.
//!
//! `docs/DESIGN.md` has the table of what `pack` and the runtime agree on. All
//! unsafe code of the crate is below this module.

#![allow(
    unsafe_code,
    reason = "raw linear memory and imported functions are only here"
)]

#[cfg(all(target_family = "wasm", feature = "linked", feature = "merged"))]
compile_error!("a runtime is either `linked` or `merged`");

#[cfg(all(target_family = "wasm", any(feature = "linked", feature = "merged")))]
mod exports;
#[cfg(all(target_family = "wasm", any(feature = "linked", feature = "merged")))]
mod state;

#[cfg(all(target_family = "wasm", feature = "linked"))]
mod linked;
#[cfg(all(target_family = "wasm", feature = "linked"))]
mod own_stack;
#[cfg(all(target_family = "wasm", feature = "linked"))]
use linked as form;
#[cfg(all(target_family = "wasm", feature = "linked"))]
pub(crate) use own_stack::on_own_stack;

#[cfg(all(target_family = "wasm", feature = "merged", not(feature = "linked")))]
mod merged;
#[cfg(all(target_family = "wasm", feature = "merged", not(feature = "linked")))]
use merged as form;
