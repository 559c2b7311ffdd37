//! The bytes of sections.

use crate::component::error::ComponentError;
use crate::component::parse::layout::Section;
use std::ops::Range;
use wasmparser::{BinaryReader, FromReader, SectionLimited};

/// Identifiers of sections, as the specification numbers them.
pub(super) mod id {
    pub(in crate::component::wire) const CUSTOM: u8 = 0;
    pub(in crate::component::wire) const CORE_MODULE: u8 = 1;
    pub(in crate::component::wire) const CORE_INSTANCE: u8 = 2;
    pub(in crate::component::wire) const COMPONENT: u8 = 4;
    pub(in crate::component::wire) const INSTANCE: u8 = 5;
    pub(in crate::component::wire) const ALIAS: u8 = 6;
    pub(in crate::component::wire) const CANON: u8 = 8;
    pub(in crate::component::wire) const START: u8 = 9;
    pub(in crate::component::wire) const IMPORT: u8 = 10;
    pub(in crate::component::wire) const EXPORT: u8 = 11;
}

/// The content of `section`, without its identifier and length.
pub(super) fn content<'a>(wasm: &'a [u8], section: &Section) -> &'a [u8] {
    bytes(wasm, section.content.clone())
}

/// All bytes of `section`.
pub(super) fn whole<'a>(wasm: &'a [u8], section: &Section) -> &'a [u8] {
    bytes(wasm, section.start..section.content.end)
}

/// Bytes of `wasm`. None if the range is outside.
pub(super) fn bytes(wasm: &[u8], range: Range<u64>) -> &[u8] {
    let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
    let (Ok(start), Ok(end)) = (start, end) else {
        return &[];
    };
    wasm.get(start..end).unwrap_or_default()
}

/// A reader of `section`. Its errors name offsets in `wasm`.
pub(super) fn reader<'a>(wasm: &'a [u8], section: &Section) -> BinaryReader<'a> {
    let offset = usize::try_from(section.content.start).unwrap_or(usize::MAX);
    BinaryReader::new(content(wasm, section), offset)
}

/// The items of `section`.
pub(super) fn items<'a, T: FromReader<'a>>(
    wasm: &'a [u8],
    section: &Section,
) -> Result<SectionLimited<'a, T>, ComponentError> {
    Ok(SectionLimited::new(reader(wasm, section))?)
}
