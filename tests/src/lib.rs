//! The common parts of the end-to-end tests in `tests/`: the packed tree, the guests,
//! the command, and the engines.
//!
//! The oracle is an unpacked guest on the same directory, which wasmtime preopens
//! read-only. This code panics on failure, because it is test code.

pub mod browser;
pub mod c_library;
pub mod command;
pub mod component;
pub mod document;
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
