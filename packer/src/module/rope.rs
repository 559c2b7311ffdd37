//! Bytes of the output, in pieces that are mostly borrowed from the input.
//!
//! A module of 100 MB is copied once, into the output, and not also into each
//! section on the way. Knows how sections are framed, not what is in them.

use std::borrow::Cow;
use wasm_encoder::Encode;

/// A string of bytes in pieces.
#[derive(Clone, Default)]
pub(super) struct Rope<'a> {
    pieces: Vec<Cow<'a, [u8]>>,
    len: usize,
}

impl<'a> Rope<'a> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, piece: impl Into<Cow<'a, [u8]>>) {
        let piece = piece.into();
        self.len += piece.len();
        if !piece.is_empty() {
            self.pieces.push(piece);
        }
    }

    pub(super) fn append(&mut self, other: Rope<'a>) {
        self.len += other.len;
        self.pieces.extend(other.pieces);
    }

    pub(super) fn push_u32(&mut self, value: u32) {
        self.push(leb(value));
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        for piece in &self.pieces {
            out.extend_from_slice(piece);
        }
    }

    #[cfg(test)]
    pub(super) fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len);
        self.write_to(&mut out);
        out
    }
}

impl<'a> From<&'a [u8]> for Rope<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        let mut rope = Self::default();
        rope.push(bytes);
        rope
    }
}

impl From<Vec<u8>> for Rope<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        let mut rope = Self::default();
        rope.push(bytes);
        rope
    }
}

/// `value` in LEB128, as short as possible.
pub(super) fn leb(value: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5);
    value.encode(&mut bytes);
    bytes
}

/// Length of the LEB128 number at the start of `bytes`.
pub(super) fn leb_len(bytes: &[u8]) -> usize {
    let continued = bytes.iter().take_while(|&&byte| byte & 0x80 != 0).count();
    (continued + 1).min(bytes.len())
}

/// A module's sections, each with its identifier, ready to be written.
pub(super) fn write_module(sections: &[(u8, Rope<'_>)]) -> Result<Vec<u8>, super::ModuleError> {
    let framed = sections.iter().map(|(_, content)| content.len() + 6);
    let mut out = Vec::with_capacity(8 + framed.sum::<usize>());
    out.extend_from_slice(&wasm_encoder::Module::HEADER);
    for (id, content) in sections {
        out.push(*id);
        let len = u32::try_from(content.len()).map_err(|_| super::ModuleError::TooLarge {
            part: "section that holds a part",
            len: content.len() as u64,
            limit: u64::from(u32::MAX),
        })?;
        len.encode(&mut out);
        content.write_to(&mut out);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leb_len_counts_padded_numbers_and_stops_at_the_end() {
        assert_eq!(leb_len(&[0x05, 0xff]), 1);
        assert_eq!(leb_len(&[0x85, 0x80, 0x80, 0x80, 0x00, 0x01]), 5);
        assert_eq!(leb_len(&[0x80]), 1);
        assert_eq!(leb_len(&[]), 0);
    }

    #[test]
    fn pieces_come_out_in_order() {
        let mut rope = Rope::from(&b"ab"[..]);
        rope.push_u32(300);
        rope.append(Rope::from(b"z".to_vec()));
        assert_eq!(rope.len(), 5);
        assert_eq!(rope.to_vec(), b"ab\xac\x02z");
    }
}
