//! Custom sections of a component that packing invalidates.
//!
//! Tools that sign a component add a section to its root, and the signature is wrong as
//! soon as any byte changes. For example, `wasmsign2` adds `signature`. A module loses these
//! sections in the same way.

use crate::DroppedSection;
use crate::component::locate::is_component;
use crate::component::parse::layout::Section;
use crate::component::parse::walk;
use crate::component::wire::sections::{self, id};
use crate::module::{Dropped, survives_new_bytes};
use std::sync::Arc;

/// The component `wasm` without the invalid sections of its root, and these sections.
/// A component without any is returned as it is, and so is anything else.
pub(crate) fn without_invalid(wasm: Arc<Vec<u8>>) -> (Arc<Vec<u8>>, Vec<DroppedSection>) {
    let layout = is_component(&*wasm).then(|| walk::layout(&*wasm).ok());
    let root = layout
        .flatten()
        .and_then(|mut layout| layout.components.drain(..).next());
    let (mut kept, mut at, mut dropped) = (Vec::new(), 0, Dropped::default());
    for section in root.iter().flat_map(|root| &root.sections) {
        if let Some(name) = invalid(&wasm, section) {
            kept.extend(sections::bytes(&wasm, at..section.start));
            at = section.content.end;
            let len = section.content.end.saturating_sub(section.content.start);
            dropped.note(name, len);
        }
    }
    if at == 0 {
        return (wasm, Vec::new());
    }
    kept.extend(sections::bytes(&wasm, at..wasm.len() as u64));
    (Arc::new(kept), dropped.into_sections())
}

/// The name of `section`, if packing invalidates it.
fn invalid<'a>(wasm: &'a [u8], section: &Section) -> Option<&'a str> {
    if section.id != id::CUSTOM {
        return None;
    }
    let name = sections::reader(wasm, section).read_string().ok()?;
    (!survives_new_bytes(name)).then_some(name)
}
