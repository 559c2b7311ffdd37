//! The decoded content, and copying to its end.

use super::copy::{SLACK, Sequence, copy_sequences};
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

    /// Appends `sequences`, and takes their literals off the front of
    /// `literals`, which [`SLACK`] bytes follow.
    pub(super) fn push_sequences(
        &mut self,
        literals: &mut &[u8],
        mut sequences: &[Sequence],
    ) -> Result<(), Error> {
        loop {
            let copied = copy_sequences(self.prefix, self.bytes, self.len, literals, sequences);
            self.len = copied.end;
            *literals = literals.get(copied.literal_count..).unwrap_or_default();
            let rest = sequences.get(copied.sequence_count..).unwrap_or_default();
            let Some((sequence, rest)) = rest.split_first() else {
                return Ok(());
            };
            self.push_carefully(literals, *sequence)?;
            sequences = rest;
        }
    }

    /// A sequence near the end of the output or with a match at the end of the
    /// prefix, or a damaged one.
    #[cold]
    #[inline(never)]
    fn push_carefully(&mut self, literals: &mut &[u8], sequence: Sequence) -> Result<(), Error> {
        let (these, rest) = literals
            .split_at_checked(sequence.literal_len as usize)
            .filter(|(_, rest)| rest.len() >= SLACK)
            .ok_or(Error::Sequence)?;
        *literals = rest;
        self.push(these)?;
        self.push_match(sequence.match_len as usize, sequence.offset as usize)
    }

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
