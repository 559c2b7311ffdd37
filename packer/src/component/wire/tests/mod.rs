//! Behaviour of wired components. The components are text, with programs of a few lines.

mod added;
mod pumps;
mod rejected;
mod restored;
mod shapes;
mod single;
mod streams;
mod writable;

use super::{Wiring, text};
use crate::component::ComponentError;
use crate::component::parse::layout::Layout;
use crate::component::parse::walk;
use crate::component::wire::items::Items;
use crate::component::wire_error::WireError;
use crate::module::tests::{VERSION, wired_runtime};
use crate::module::{MemoryKind, Parts};
use std::borrow::Cow;

const INDEX: &[u8] = b"an index of some length";
const PAYLOAD: &[u8] = b"the stored blocks";
const PARTS: Parts<'_> = Parts {
    index: INDEX,
    index_level: None,
    payload: Cow::Borrowed(PAYLOAD),
    metadata: b"cold",
    writable: None,
};

fn wire_with(wasm: &[u8], memory: Option<MemoryKind>) -> Result<Vec<u8>, ComponentError> {
    let wiring = Wiring::new(wasm, memory, false)?;
    let embedded = wiring.embed(PARTS, &wired_runtime(), VERSION)?;
    Ok(embedded.module)
}

fn wire(wasm: &[u8]) -> Result<Vec<u8>, ComponentError> {
    wire_with(wasm, None)
}

fn wired(text: &str) -> Vec<u8> {
    wire(&wasm(text)).expect("can be wired")
}

/// The error of wiring.
fn error(text: &str) -> WireError {
    match wire(&wasm(text)) {
        Err(ComponentError::Wire(error)) => error,
        other => panic!("{:?}", other.map(|wired| wired.len())),
    }
}

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the test's text is valid")
}

fn layout(wasm: &[u8]) -> Layout {
    walk::layout(wasm).expect("a component")
}

/// The items of the root.
fn items(wasm: &[u8]) -> Items<'_> {
    Items::parse(wasm, &layout(wasm).components[0].sections).expect("valid")
}
