//! WASI preview 1 file system calls, served from a wasi-vfs image or passed on
//! to the host.
//!
//! [`Vfs`] is the whole runtime as plain Rust: it reads an image, keeps a table
//! of descriptors and answers calls, over three traits for what lies outside:
//! the guest's [`Memory`], the host ([`Preview1`]) and the [`Payload`]. It is tested
//! natively with fakes of the three.
//!
//! For wasm32 the crate is built in one of two forms, chosen by a feature:
//!
//! - `linked`: `libwasi_vfs.a`, which wasm-ld binds in place of the host's
//!   functions; it shares the application's memory.
//! - `merged`: a module of its own that `wasi-vfs pack` merges into finished
//!   modules; it has a memory of its own.
//!
//! Nothing that an image contains and nothing that a guest passes makes it
//! panic, trap or loop; `docs/RUNTIME.md` says what it answers instead.

#![cfg_attr(target_family = "wasm", no_std)]
// `bindings/linked.rs` says why a static library needs a line of assembly.
#![cfg_attr(
    all(target_family = "wasm", feature = "linked"),
    feature(asm_experimental_arch)
)]
#![deny(unsafe_code)]

extern crate alloc;

pub mod abi;
#[cfg(all(target_family = "wasm", any(feature = "linked", feature = "merged")))]
mod bindings;
mod cache;
mod calls;
mod descriptor;
mod errno;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod image;
mod memory;
#[cfg(any(test, feature = "merged"))]
mod page_map;
mod preview1;
mod probe;
#[cfg(any(test, feature = "linked"))]
mod reentry;
mod resolve;
#[cfg(test)]
mod tests;
mod vfs;
pub mod zstd;

pub use errno::{Errno, Result};
pub use image::Payload;
pub use memory::{Lent, Memory};
pub use preview1::Preview1;
pub use vfs::Vfs;
