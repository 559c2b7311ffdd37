//! The data that a bake writes into the memory of a module.

use crate::module::layer::{self, ALIGNMENT};
use crate::module::writable::Writable;
use std::borrow::Cow;

/// Data for the memory of the module.
pub(crate) enum Piece<'a> {
    Bytes(Cow<'a, [u8]>),
    /// The record of writable directories, which contains an address.
    Layer(&'a Writable),
}

impl Piece<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Layer(writable) => layer::len(writable),
        }
    }

    /// The bytes for `address`.
    pub(crate) fn bytes(&self, address: u32) -> Cow<'_, [u8]> {
        match self {
            Self::Bytes(bytes) => Cow::Borrowed(bytes),
            Self::Layer(writable) => layer::encode(writable, address).into(),
        }
    }
}

/// The index, and the record of the writable directories behind it, if there are any.
pub(crate) fn index_and_layer<'a>(
    index: &'a [u8],
    writable: Option<&'a Writable>,
) -> Vec<Piece<'a>> {
    let mut pieces = vec![Piece::Bytes(index.into())];
    if let Some(writable) = writable {
        align(&mut pieces);
        pieces.push(Piece::Layer(writable));
    }
    pieces
}

/// Adds the zeros that align the next piece. Returns its offset.
pub(crate) fn align(pieces: &mut Vec<Piece<'_>>) -> usize {
    let len: usize = pieces.iter().map(Piece::len).sum();
    let aligned_len = len.next_multiple_of(ALIGNMENT);
    let padding = [0; ALIGNMENT].get(..aligned_len - len);
    pieces.push(Piece::Bytes(padding.unwrap_or_default().to_vec().into()));
    aligned_len
}
