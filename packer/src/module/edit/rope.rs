//! Output bytes in pieces, most of which borrow the input.
//!
//! A module of 100 MB is copied once, into the output, and not into sections first. An
//! owned payload is not copied: its memory grows and becomes the output. For example, the
//! pieces `ab` (borrowed), 1 GB (owned) and `z` (borrowed) become the memory of the 1 GB,
//! with its bytes moved up by two.
//!
//! Owns the framing of sections, and not their content.

use crate::module::error::ModuleError;
use crate::module::parse::leb::{leb, leb_like};
use std::borrow::Cow;

/// A byte string in pieces.
#[derive(Clone, Default)]
pub(crate) struct Rope<'a> {
    pieces: Vec<Cow<'a, [u8]>>,
    len: usize,
}

impl<'a> Rope<'a> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn push(&mut self, piece: impl Into<Cow<'a, [u8]>>) {
        let piece = piece.into();
        self.len += piece.len();
        if !piece.is_empty() {
            self.pieces.push(piece);
        }
    }

    pub(crate) fn append(&mut self, other: Rope<'a>) {
        self.len += other.len;
        self.pieces.extend(other.pieces);
    }

    pub(crate) fn push_u32(&mut self, value: u32) {
        self.push(leb(value));
    }

    /// Pushes `value` in place of the number at the start of `original`.
    pub(crate) fn push_like(&mut self, original: &[u8], value: u32) {
        self.push(leb_like(original, value));
    }

    /// Joins all pieces. The longest owned piece stays in its memory and moves to its
    /// place there, because allocating as much again takes longer.
    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        let owned_len = |piece: &Cow<'_, [u8]>| match piece {
            Cow::Owned(bytes) => bytes.len(),
            Cow::Borrowed(_) => 0,
        };
        let pieces = self.pieces.iter().enumerate();
        let longest = pieces.max_by_key(|(_, piece)| owned_len(piece));
        let Some((longest, _)) = longest else {
            return Vec::new();
        };
        let after = self.pieces.split_off(longest + 1);
        let mut out = self.pieces.pop().unwrap_or_default().into_owned();
        let before: usize = self.pieces.iter().map(|piece| piece.len()).sum();
        let len = out.len();
        out.reserve_exact(self.len - len);
        out.resize(before + len, 0);
        out.copy_within(..len, before);
        let mut room = out.as_mut_slice();
        for piece in &self.pieces {
            let (place, rest) = room.split_at_mut(piece.len());
            place.copy_from_slice(piece);
            room = rest;
        }
        for piece in after {
            out.extend_from_slice(&piece);
        }
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

/// A section of the output.
pub(crate) struct OutputSection<'a> {
    pub(crate) id: u8,
    /// The encoded length of the section in the input. Empty if the input has none.
    pub(crate) old_len: &'a [u8],
    pub(crate) content: Rope<'a>,
}

/// Writes a module from its sections.
pub(crate) fn write_module(sections: Vec<OutputSection<'_>>) -> Result<Vec<u8>, ModuleError> {
    let mut module = Rope::from(&wasm_encoder::Module::HEADER[..]);
    for section in sections {
        let content = section.content;
        let len = u32::try_from(content.len()).map_err(|_| ModuleError::TooLarge {
            part: "section that holds a part",
            len: content.len() as u64,
            limit: u64::from(u32::MAX),
        })?;
        let mut head = vec![section.id];
        head.extend(leb_like(section.old_len, len));
        module.push(head);
        module.append(content);
    }
    Ok(module.into_vec())
}

/// Length of the module that [`write_module`] writes.
pub(crate) fn module_len(sections: &[OutputSection<'_>]) -> u64 {
    let header_len = wasm_encoder::Module::HEADER.len();
    let lens = sections.iter().map(|section| {
        let content_len = section.content.len();
        // Writing rejects a longer section.
        let len = u32::try_from(content_len).unwrap_or(u32::MAX);
        1 + leb_like(section.old_len, len).len() + content_len
    });
    (header_len + lens.sum::<usize>()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_owned_piece_may_be_the_longest() {
        for longest in 0..4 {
            let mut rope = Rope::default();
            for at in 0..4 {
                rope.push(&b"borrowed"[..]);
                rope.push(vec![at; if at == longest { 9 } else { 2 }]);
            }
            let expected: Vec<_> = rope.pieces.concat();
            assert_eq!(rope.into_vec(), expected);
        }
        assert_eq!(Rope::default().into_vec(), b"");
        assert_eq!(Rope::from(&b"ab"[..]).into_vec(), b"ab");
    }

    #[test]
    fn pieces_keep_their_order() {
        let mut rope = Rope::from(&b"ab"[..]);
        rope.push_u32(300);
        rope.append(Rope::from(b"z".to_vec()));
        assert_eq!(rope.len(), 5);
        assert_eq!(rope.into_vec(), b"ab\xac\x02z");
    }
}
