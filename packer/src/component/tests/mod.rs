//! Behaviour of components. The components are text, with programs of a few lines.

mod parsed;

use super::parse::layout::Layout;
use super::parse::walk;
use super::{ComponentError, program::Overview};
use std::sync::Arc;
use wasi_vfs_format::ReadAt;

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
