//! The runtime as a wasm library: the exported functions, the one global state, and an
//! implementation of the lower layers' traits for each form.
//!
//! `docs/ABI.md` has the tables of the names that `pack` and the runtime agree on. All
//! unsafe code of the crate is below this module, in `zstd/copy.rs` and in `parts.rs`.

#![allow(
    unsafe_code,
    reason = "raw linear memory and imported functions are only here"
)]

#[cfg(all(feature = "linked", feature = "merged"))]
compile_error!("a runtime is either `linked` or `merged`");

#[cfg(all(target_family = "wasm", feature = "writable", not(feature = "wired")))]
mod changes;
#[cfg(all(target_family = "wasm", feature = "writable"))]
mod clock;
#[cfg(target_family = "wasm")]
mod entry_points;
#[cfg(all(target_family = "wasm", not(feature = "wired")))]
mod exports;
#[cfg(all(target_family = "wasm", feature = "merged", feature = "writable"))]
mod general;
#[cfg(all(target_family = "wasm", feature = "merged"))]
mod heap;
#[cfg(all(target_family = "wasm", not(feature = "wired")))]
mod host;
#[cfg(all(target_family = "wasm", feature = "writable"))]
mod layer;
#[cfg(target_family = "wasm")]
mod own_memory;
// Plain Rust, so their tests run natively.
#[cfg(any(test, all(feature = "merged", not(feature = "writable"))))]
mod classes;
#[cfg(any(test, feature = "merged"))]
mod page_map;
#[cfg(all(target_family = "wasm", feature = "merged"))]
mod pages;
#[cfg(target_family = "wasm")]
mod panic;
#[cfg(any(test, feature = "linked"))]
mod reentry;
#[cfg(target_family = "wasm")]
mod state;

#[cfg(all(target_family = "wasm", feature = "linked"))]
mod linked;
#[cfg(all(target_family = "wasm", feature = "linked"))]
use linked as form;

#[cfg(all(target_family = "wasm", feature = "merged"))]
mod merged;
#[cfg(all(target_family = "wasm", feature = "merged"))]
use merged as form;

#[cfg(all(target_family = "wasm", feature = "wired"))]
mod wired_exports;
#[cfg(all(target_family = "wasm", feature = "wired"))]
mod wired_host;
