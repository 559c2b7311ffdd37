//! The sections of a module: their identifiers and where they lie.

use std::ops::Range;

/// Section identifiers, as the specification numbers them.
pub(crate) mod id {
    pub(crate) const CUSTOM: u8 = 0;
    pub(crate) const TYPE: u8 = 1;
    pub(crate) const IMPORT: u8 = 2;
    pub(crate) const FUNCTION: u8 = 3;
    pub(crate) const TABLE: u8 = 4;
    pub(crate) const MEMORY: u8 = 5;
    pub(crate) const GLOBAL: u8 = 6;
    pub(crate) const EXPORT: u8 = 7;
    pub(crate) const START: u8 = 8;
    pub(crate) const ELEMENT: u8 = 9;
    pub(crate) const CODE: u8 = 10;
    pub(crate) const DATA: u8 = 11;
    pub(crate) const DATA_COUNT: u8 = 12;
    pub(crate) const TAG: u8 = 13;
}

/// One section of a module.
#[derive(Clone)]
pub(crate) struct Section<'a> {
    pub(crate) id: u8,
    /// Name of a custom section. Empty for any other.
    pub(crate) name: &'a str,
    /// Place of the content in the module, without identifier and length.
    pub(crate) range: Range<usize>,
    /// The encoded length of the content, which may be padded.
    pub(crate) encoded_len: &'a [u8],
}
