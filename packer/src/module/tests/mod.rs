//! Behaviour of packing modules. The runtime is a page of text that follows the ABI, so
//! tests observe each of its answers.

pub(crate) mod added;
mod asynchronous;
mod built;
mod fake;
mod forwarded;
mod hostile;
mod in_file;
mod linked;
mod merged;
mod parts;
mod preview0;
mod rejections;
mod rewritten;
mod saving;
mod single;

mod unmerged;
mod warned;
mod wired;
mod writable;

pub(crate) use fake::VERSION;
pub(crate) use wired::{wired_runtime, writable_wired_runtime};

use super::{Embedded, Found, MemoryKind, ModuleError, Parts, embed, find};
use fake::runtime;
use std::borrow::Cow;

const INDEX: &[u8] = b"\x11\x22\x33\x04index\0\0\0\0\0\0\0\0end of index";
const PAYLOAD: &[u8] = b"\x51\x52\x53\x54payload";
const PARTS: Parts<'_> = Parts {
    index: INDEX,
    index_level: None,
    payload: Cow::Borrowed(PAYLOAD),
    metadata: b"cold",
    writable: None,
};

fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).expect("the test's text is valid")
}

/// Both kinds of memory of a merged runtime.
const KINDS: [MemoryKind; 2] = [MemoryKind::Separate, MemoryKind::Single];

fn pack(wasm: &[u8]) -> Result<Embedded, ModuleError> {
    embed(wasm, &PARTS, &runtime(), VERSION, None)
}

fn pack_with(wasm: &[u8], memory: MemoryKind) -> Result<Embedded, ModuleError> {
    embed(wasm, &PARTS, &runtime(), VERSION, Some(memory))
}

/// The module, packed with each kind of memory.
fn each_packed(wat: &str) -> [Vec<u8>; 2] {
    let wasm = wasm(wat);
    KINDS.map(|kind| pack_with(&wasm, kind).expect("can be packed").module)
}

fn packed(wat: &str) -> Embedded {
    pack(&wasm(wat)).expect("can be packed")
}

fn found(wasm: &[u8]) -> Found<'_> {
    find(wasm).expect("readable").expect("has an image")
}

fn text(wasm: &[u8]) -> String {
    wasmprinter::print_bytes(wasm).expect("valid")
}
