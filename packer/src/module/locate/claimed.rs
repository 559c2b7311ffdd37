//! The data of a runtime that claims a region of an imported memory.
//!
//! No active segment can hold it, because the address of the region is unknown before the
//! runtime starts. The module has passive segments instead: the payload, and the data.
//! Constant globals tell the length of the region, and the address and length of each data
//! segment. For example, segment 1 starts at address 65,536 of the region. An anchor that
//! records the address 66,000 is at offset 464 of the segment.

use crate::module::parse::section::id;
use crate::module::parse::shape::{Shape, constant};
use wasmparser::{DataKind, Global};

/// The number of data segments. The last ones are empty if the runtime has less data.
///
/// Its memory has four clusters: constants, variables, the index, and the end of the heap.
/// Between these are up to 64 KiB of zeros.
pub(crate) const SEGMENT_COUNT: usize = 4;

/// The number of the first data segment. The stub of a component has none, so the payload
/// is segment 0.
pub(crate) const FIRST_SEGMENT: usize = 1;

/// The global with the number of pages of the region, from the first one on.
pub(crate) const PAGES: u32 = 1;

/// The globals with the address and the length of data segment `number`, counted from 0.
pub(crate) fn globals_of(number: usize) -> [u32; 2] {
    let first = PAGES + 1 + 2 * number as u32;
    [first, first + 1]
}

/// A region, as the globals describe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) pages: u32,
    /// The address of each data segment in the region.
    pub(crate) addresses: [u32; SEGMENT_COUNT],
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
    if !is_passive || shape.data.len() != FIRST_SEGMENT + SEGMENT_COUNT {
        return None;
    }
    let globals = shape.items::<Global<'_>>(id::GLOBAL).ok()??;
    let global = |number: u32| {
        let global = globals.clone().into_iter().nth(number as usize)?.ok()?;
        u32::try_from(constant(&global.init_expr)?).ok()
    };
    let mut addresses = [0; SEGMENT_COUNT];
    for (number, place) in addresses.iter_mut().enumerate() {
        let [address, len] = globals_of(number);
        if shape.segment_len(FIRST_SEGMENT + number) != u64::from(global(len)?) {
            return None;
        }
        *place = global(address)?;
    }
    let pages = global(PAGES)?;
    Some(Claimed { pages, addresses })
}
