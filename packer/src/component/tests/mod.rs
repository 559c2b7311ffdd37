//! Behaviour of components. The components are text, with programs of a few lines.

mod packed;
mod parsed;

use super::parse::layout::Layout;
use super::parse::walk;
use super::{ComponentError, program::Overview};
use std::sync::Arc;
use wasi_vfs_format::ReadAt;

/// A program of preview 1 that opens files.
const PROGRAM: &str = r#"(core module
    (import "wasi_snapshot_preview1" "path_open"
      (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1))"#;

/// A module in the shape of the adapter.
const ADAPTER: &str = r#"(core module
    (import "wasi:filesystem/types@0.2.3" "[method]descriptor.sync" (func (param i32 i32)))
    (func (export "path_open")
      (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) unreachable))"#;

fn component(parts: &[&str]) -> Vec<u8> {
    wasm(&format!("(component {})", parts.concat()))
}

fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).expect("the test's text is valid")
}

fn layout(wasm: &[u8]) -> Result<Layout, ComponentError> {
    walk::layout(&wasm.to_vec())
}

fn overview(wasm: &[u8]) -> Result<Overview, ComponentError> {
    let source: Arc<dyn ReadAt> = Arc::new(wasm.to_vec());
    Overview::read(&source, layout(wasm)?)
}

/// The error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
