//! Finds the packed component in a sealed one, which [`seal`](crate::component::seal) makes.
//!
//! The root of a sealed component contains stubs and, behind them, the packed component.

use crate::component::parse::walk;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use wasi_vfs_format::ReadAt;
use wasm_encoder::ComponentSectionId;
use wasmparser::{Parser, Payload};

/// The name of an exported memory, which only the core module of a stub has.
pub(crate) const MARKER: &str = "wasi_vfs_no_host_files";

/// The longest core module that can be one of a stub. Real ones have about 2 KB.
const MAX_STUB_LEN: u64 = 1 << 20;

/// The place of the packed component in the sealed one in `source`. `None` if `source` is
/// not a sealed component.
pub(crate) fn opened_place<S: ReadAt + ?Sized>(source: &S) -> Option<Range<u64>> {
    let layout = walk::layout(source).ok()?;
    let root = layout.components.first()?;
    let mut nested = root
        .sections
        .iter()
        .filter(|section| section.id == ComponentSectionId::Component as u8);
    let _stub = nested.next()?;
    let packed = nested.next_back()?;
    // The first nested component is number 1.
    let mut modules = layout.modules.iter();
    let module = modules.find(|module| module.component == 1)?;
    let place = &module.section.content;
    let len = place.end.saturating_sub(place.start);
    if len > MAX_STUB_LEN {
        return None;
    }
    let mut module = vec![0; len as usize];
    source.read_exact_at(&mut module, place.start).ok()?;
    is_of_stub(&module).then(|| packed.content.clone())
}

fn is_of_stub(module: &[u8]) -> bool {
    let mut payloads = Parser::new(0).parse_all(module);
    payloads.any(|payload| match payload {
        Ok(Payload::ExportSection(exports)) => {
            let mut exports = exports.into_iter();
            exports.any(|export| export.is_ok_and(|export| export.name == MARKER))
        }
        _ => false,
    })
}

/// The packed component in `wasm`, and `wasm` itself if it is not sealed.
pub(crate) fn opened(wasm: &[u8]) -> &[u8] {
    opened_place(wasm)
        .and_then(|place| wasm.get(place.start as usize..place.end as usize))
        .unwrap_or(wasm)
}

/// [`opened`] for shared bytes. The flag tells whether `wasm` is sealed.
pub(crate) fn opened_bytes(wasm: &Arc<Vec<u8>>) -> (Cow<'_, Arc<Vec<u8>>>, bool) {
    match opened_place(&**wasm) {
        None => (Cow::Borrowed(wasm), false),
        Some(_) => (Cow::Owned(Arc::new(opened(wasm).to_vec())), true),
    }
}
