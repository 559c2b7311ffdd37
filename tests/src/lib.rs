//! What the end-to-end tests in `tests/` share: the tree they pack, the guests
//! they pack it into, the command, and the engines that run the result.
//!
//! The oracle is a guest that was not packed, on the same directory preopened
//! read-only under wasmtime. Everything here panics on failure: it is test code.

pub mod browser;
pub mod c_library;
pub mod command;
pub mod engine;
pub mod engine_list;
pub mod guest;
pub mod interpreter;
pub mod matrix;
pub mod module;
pub mod oracle;
pub mod recipe;
pub mod snapshot;
pub mod standard_tests;
pub mod stored;
pub mod stub_host;
pub mod tree;
pub mod workspace;
