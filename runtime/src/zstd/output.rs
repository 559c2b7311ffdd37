//! The decoded content, and copying to its end.

use super::copy::{SLACK, Sequence, copy_sequence};
use super::error::Error;

/// The longest a block's content and literals can be.
pub(super) const BLOCK_LEN_MAX: usize = 128 << 10;

/// The content decoded so far, and what lies before it.
pub(super) struct Output<'a> {
    prefix: &'a [u8],
    bytes: &'a mut [u8],
    pub(super) len: usize,
}

impl<'a> Output<'a> {
    pub(super) fn new(prefix: &'a [u8], bytes: &'a mut [u8]) -> Self {
        Self {
            prefix,
            bytes,
            len: 0,
        }
    }

    pub(super) fn expect_full(&self) -> Result<(), Error> {
        match self.bytes.len() - self.len {
            0 => Ok(()),
            _ => Err(Error::ContentLen),
        }
    }

    /// Room for the next `len` bytes.
    fn extend(&mut self, len: usize) -> Result<&mut [u8], Error> {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        let room = room.get_mut(..len).ok_or(Error::ContentLen)?;
        self.len += len;
        Ok(room)
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.extend(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn push_repeated(&mut self, byte: u8, len: usize) -> Result<(), Error> {
        self.extend(len)?.fill(byte);
        Ok(())
    }

    /// The same, for a loop to hold in a local variable. That stays in registers:
    /// as far as the compiler knows, copies might write to what a reference
    /// points to.
    pub(super) fn reborrow(&mut self) -> Output<'_> {
        Output {
            prefix: self.prefix,
            bytes: self.bytes,
            len: self.len,
        }
    }

    pub(super) fn has_prefix(&self) -> bool {
        !self.prefix.is_empty()
    }

    /// Appends `sequences`; a function of its own for the sake of registers.
    #[inline(never)]
    pub(super) fn push_sequences(
        &mut self,
        literals: &mut &[u8],
        sequences: &[Sequence],
    ) -> Result<(), Error> {
        let mut rest = *literals;
        let mut content = self.reborrow();
        for sequence in sequences {
            content.push_sequence(&mut rest, *sequence)?;
        }
        self.len = content.len;
        *literals = rest;
        Ok(())
    }

    /// Appends `sequence`, and takes its literals off the front of `literals`,
    /// which [`SLACK`] bytes follow.
    #[inline(always)]
    pub(super) fn push_sequence(
        &mut self,
        literals: &mut &[u8],
        sequence: Sequence,
    ) -> Result<(), Error> {
        let (prefix, bytes) = (self.prefix, &mut *self.bytes);
        self.len = match copy_sequence(prefix, bytes, self.len, literals, sequence) {
            Some(len) => len,
            None => {
                let len = push_carefully(prefix, bytes, self.len, literals, sequence)?;
                let rest = literals.get(sequence.literal_len as usize..);
                *literals = rest.unwrap_or_default();
                len
            }
        };
        Ok(())
    }
}

/// A sequence near the end of the output or with a match in the prefix, or a
/// damaged one. Gives the new length.
#[cold]
#[inline(never)]
fn push_carefully(
    prefix: &[u8],
    bytes: &mut [u8],
    len: usize,
    literals: &[u8],
    sequence: Sequence,
) -> Result<usize, Error> {
    let Some((literals, rest)) = literals.split_at_checked(sequence.literal_len as usize) else {
        return Err(Error::Sequence);
    };
    if rest.len() < SLACK {
        return Err(Error::Sequence);
    }
    let mut output = Output { prefix, bytes, len };
    output.push(literals)?;
    output.push_match(sequence.match_len as usize, sequence.offset as usize)?;
    Ok(output.len)
}

impl Output<'_> {
    fn push_match(&mut self, mut len: usize, offset: usize) -> Result<(), Error> {
        if offset > self.len {
            let before = offset - self.len;
            let start = self.prefix.len().checked_sub(before);
            let start = start.ok_or(Error::Offset)?;
            let from_prefix = len.min(before);
            self.push(&self.prefix[start..start + from_prefix])?;
            len -= from_prefix;
        }
        if offset == 0 {
            return Err(Error::Offset);
        }
        let from = self.len.wrapping_sub(offset);
        let end = self.len + len;
        if end > self.bytes.len() {
            return Err(Error::ContentLen);
        }
        for (to, from) in (self.len..end).zip(from..) {
            self.bytes[to] = self.bytes[from];
        }
        self.len = end;
        Ok(())
    }
}
