//! The data of a runtime that claims a region of an imported memory.
//!
//! No active segment can hold it, because the address of the region is unknown before the
//! runtime starts. The module has two passive segments instead: the payload, and the data.
//! Three constant globals tell the length of the region, and the address and length of the
//! data. For example, the data is segment 1 and starts at address 65,536 of the region.
//! An anchor that records the address 66,000 is at offset 464 of the segment.

use crate::module::parse::section::id;
use crate::module::parse::shape::{Shape, constant};
use wasmparser::{DataKind, Global};

/// The global with the number of pages of the region, from the first one on.
pub(crate) const PAGES: u32 = 1;

/// The global with the address of the data in the region.
pub(crate) const DATA_ADDRESS: u32 = 2;

/// The global with the length of the data in bytes.
pub(crate) const DATA_LEN: u32 = 3;

/// The number of the data segment. The stub of a component has none, so the payload is
/// segment 0.
pub(crate) const SEGMENT: usize = 1;

/// A region, as the globals describe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) pages: u32,
    pub(crate) address: u32,
}

/// How many pages the runtime `wasm` claims, if it does.
pub(crate) fn pages(wasm: &[u8]) -> Option<u32> {
    Some(find(&Shape::parse(wasm).ok()?)?.pages)
}

/// The claimed region of `shape`, if the module has one memory, which it imports, and the
/// segments and globals of such a runtime.
pub(crate) fn find(shape: &Shape<'_>) -> Option<Claimed> {
    if (shape.counts.memories, shape.imported.memories) != (1, 1) || shape.imported.globals != 0 {
        return None;
    }
    let mut data = shape.data.iter();
    let is_passive = data.all(|data| matches!(data.kind, DataKind::Passive));
    if !is_passive || shape.data.len() != SEGMENT + 1 {
        return None;
    }
    let globals = shape.items::<Global<'_>>(id::GLOBAL).ok()??;
    let global = |number: u32| {
        let global = globals.clone().into_iter().nth(number as usize)?.ok()?;
        u32::try_from(constant(&global.init_expr)?).ok()
    };
    let is_whole = shape.segment_len(SEGMENT) == u64::from(global(DATA_LEN)?);
    is_whole.then_some(Claimed {
        pages: global(PAGES)?,
        address: global(DATA_ADDRESS)?,
    })
}
