//! The runtime of wasi-vfs: serves the file system calls of a program from an image, and
//! passes all other calls on to the host.
//!
//! Each folder is a layer, and imports only the layers below it:
//!
//! ```text
//! bindings   exports, the host's functions, the memories, the allocator; wasm32 only
//! preview1   decodes the calls of WASI preview 1, routes them, encodes the answers
//! preview2   the same for the functions of WASI 0.2, in a component
//! preview3   the same for the functions of WASI 0.3
//! component  the state and the steps that front ends of components share
//! open       open files and directories, opening, changing names; for every front end
//! overlay    changes in memory above a file system
//! image      an image as a file system
//! fs         the traits of file systems, and the way from a path to a node
//! guest      the program's memory: checked accesses, paths, where read bytes go
//! blocks     ranges of content out of stored blocks: checks, cache, budget
//! zstd       the decoder
//! parts      whether the image needs a part of a merged runtime
//! ```
//!
//! [`Server`] is a whole front end as plain Rust. It works natively, too: with a memory,
//! a host and a [`Filesystem`] that are ordinary types. `docs/DESIGN.md` says how to write
//! another front end, file system or source of blocks.
//!
//! For wasm32 a feature chooses one of two forms:
//!
//! - `linked`: `libwasi_vfs.a`, which wasm-ld binds in place of the host's functions. It
//!   shares the program's memory.
//! - `merged`: a module that `wasi-vfs pack` merges into finished modules. It has a memory
//!   of its own. The feature `wired` makes it serve WASI 0.2 and 0.3, for components.
//!
//! No image and no program can make the runtime panic, trap or loop. `docs/RUNTIME.md`
//! lists the answers.

#![cfg_attr(target_family = "wasm", no_std)]
// `bindings/linked.rs` says why a static library needs a line of assembly.
#![cfg_attr(
    all(target_family = "wasm", feature = "linked"),
    feature(asm_experimental_arch)
)]
#![deny(unsafe_code)]

extern crate alloc;

#[cfg(any(
    test,
    all(target_family = "wasm", any(feature = "linked", feature = "merged"))
))]
mod bindings;
pub mod blocks;
pub mod component;
pub mod fs;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod guest;
pub mod image;
pub mod open;
#[cfg(any(test, feature = "writable"))]
pub mod overlay;
mod parts;
pub mod preview1;
pub mod preview2;
pub mod preview3;
#[cfg(test)]
mod tests;
pub mod zstd;

pub use blocks::{BlockSource, Blocks, Budget};
pub use fs::Filesystem;
pub use guest::Memory;
pub use image::ImageFs;
pub use preview1::{Errno, Preview1, Server};
