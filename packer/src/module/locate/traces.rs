//! Signs that a module was packed, although its anchor is missing.
//!
//! If a tool moves the runtime's memory, no anchor is at its recorded address, and the
//! module looks unpacked. `pack` would then merge a second runtime. So this file knows the
//! signs that only a merge leaves. A program with a packed module in its data has none.

use crate::module::abi::{METADATA_SECTION, NAME_PREFIX};
use crate::module::calls;
use crate::module::edit::names::function_names;
use crate::module::locate::placed::Placed;
use crate::module::parse::section::{Section, id};
use crate::module::parse::shape::Shape;
use memchr::memmem;
use std::collections::BTreeSet;
use wasi_vfs_format::metadata;
use wasmparser::DataKind;

/// The first sign. `copies` are anchors outside their recorded addresses.
pub(crate) fn of_a_runtime(shape: &Shape<'_>, copies: &[Placed]) -> Option<String> {
    if has_metadata(shape) {
        return Some(format!("it has the section `{METADATA_SECTION}`"));
    }
    if let Some(name) = entry_name(shape) {
        return Some(format!("it has the function `{name}`"));
    }
    let len = payload_len(shape, copies)?;
    Some(format!("it has a payload of {len} bytes"))
}

fn has_metadata(shape: &Shape<'_>) -> bool {
    let mut sections = shape.sections.iter();
    sections.any(|section| {
        let bytes = shape.bytes(section.range.clone());
        section.id == id::CUSTOM
            && section.name == METADATA_SECTION
            && memmem::find(bytes, &metadata::MAGIC).is_some()
    })
}

/// The name of an entry. A program may have other functions with this prefix. An example is
/// a packer that was compiled to wasm.
fn entry_name<'a>(shape: &Shape<'a>) -> Option<&'a str> {
    let is_name = |section: &&Section<'_>| section.name == "name";
    let section = shape.sections.iter().find(is_name)?;
    let bytes = shape.bytes(section.range.clone());
    memmem::find(bytes, NAME_PREFIX.as_bytes())?;
    let is_entry = |name: &str| {
        let call = name.strip_prefix(NAME_PREFIX);
        call.is_some_and(|call| calls::call_type(call).is_some())
    };
    let names = function_names(shape);
    names.into_values().filter(|name| is_entry(name)).min()
}

/// The length of a passive segment that one of the anchors records for its payload.
fn payload_len(shape: &Shape<'_>, copies: &[Placed]) -> Option<u32> {
    let segments = shape.data.iter().enumerate();
    let passive = segments.filter(|(_, data)| matches!(data.kind, DataKind::Passive));
    let lens: BTreeSet<_> = passive.map(|(at, _)| shape.segment_len(at)).collect();
    let mut payloads = copies.iter().map(|copy| copy.anchor.payload_len.get());
    payloads.find(|&len| len > 0 && lens.contains(&len.into()))
}
