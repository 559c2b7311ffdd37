//! The bytes of sections.

use crate::component::error::ComponentError;
use crate::component::parse::layout::Section;
use std::ops::Range;
use wasmparser::{BinaryReader, FromReader, SectionLimited};

/// Identifiers of sections, as the specification numbers them.
pub(crate) mod id {
    pub(crate) const CUSTOM: u8 = 0;
    pub(crate) const CORE_MODULE: u8 = 1;
    pub(crate) const CORE_INSTANCE: u8 = 2;
    pub(crate) const COMPONENT: u8 = 4;
    pub(crate) const INSTANCE: u8 = 5;
    pub(crate) const ALIAS: u8 = 6;
    pub(crate) const CANON: u8 = 8;
    pub(crate) const START: u8 = 9;
    pub(crate) const IMPORT: u8 = 10;
    pub(crate) const EXPORT: u8 = 11;
}

/// The content of `section`, without its identifier and length.
pub(crate) fn content<'a>(wasm: &'a [u8], section: &Section) -> &'a [u8] {
    bytes(wasm, section.content.clone())
}

/// All bytes of `section`.
pub(crate) fn whole<'a>(wasm: &'a [u8], section: &Section) -> &'a [u8] {
    bytes(wasm, section.start..section.content.end)
}

/// Bytes of `wasm`. None if the range is outside.
pub(crate) fn bytes(wasm: &[u8], range: Range<u64>) -> &[u8] {
    let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
    let (Ok(start), Ok(end)) = (start, end) else {
        return &[];
    };
    wasm.get(start..end).unwrap_or_default()
}

/// A reader of `section`. Its errors name offsets in `wasm`.
pub(crate) fn reader<'a>(wasm: &'a [u8], section: &Section) -> BinaryReader<'a> {
    let offset = usize::try_from(section.content.start).unwrap_or(usize::MAX);
    BinaryReader::new(content(wasm, section), offset)
}

/// The items of `section`.
pub(crate) fn items<'a, T: FromReader<'a>>(
    wasm: &'a [u8],
    section: &Section,
) -> Result<SectionLimited<'a, T>, ComponentError> {
    Ok(SectionLimited::new(reader(wasm, section))?)
}
