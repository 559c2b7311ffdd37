//! Reading a frame from front to back.

use super::bits::{BackwardBits, MARGIN, SequenceBits};
use super::error::Error;

/// A part of a frame, and how far it has been read.
///
/// Parts keep the whole frame at hand, since a [`BackwardBits`] loads bytes
/// that lie before its own.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    frame: &'a [u8],
    position: usize,
    end: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(frame: &'a [u8]) -> Self {
        Self {
            frame,
            position: 0,
            end: frame.len(),
        }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.frame.get(self.position..self.end).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.end - self.position
    }

    /// Reads `len` bytes as a part of its own.
    pub(super) fn take(&mut self, len: usize) -> Result<Self, Error> {
        if len > self.len() {
            return Err(Error::Truncated);
        }
        let part = Self {
            end: self.position + len,
            ..*self
        };
        self.position = part.end;
        Ok(part)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.number(1)? as u8)
    }

    /// Reads a little-endian number of up to eight bytes.
    pub(super) fn number(&mut self, len: usize) -> Result<u64, Error> {
        let bytes = self.take(len)?.rest();
        let add = |number, &byte| number << 8 | u64::from(byte);
        Ok(bytes.iter().rev().fold(0, add))
    }

    pub(super) fn expect_end(&self) -> Result<(), Error> {
        match self.len() {
            0 => Ok(()),
            _ => Err(Error::Excess),
        }
    }

    /// The rest as a bit stream that is read from its end.
    ///
    /// Every such stream has at least [`MARGIN`] bytes of headers before it:
    /// the frame's are six or more, a block's three, a literals section's three
    /// with a tree of one byte, or one with two of the sequences section's.
    pub(super) fn backward_bits(&self) -> Result<BackwardBits<'a>, Error> {
        BackwardBits::new(self.with_margin()?)
    }

    /// The same, for sequences.
    pub(super) fn sequence_bits(&self) -> Result<SequenceBits<'a>, Error> {
        SequenceBits::new(self.with_margin()?)
    }

    fn with_margin(&self) -> Result<&'a [u8], Error> {
        let start = self.position.checked_sub(MARGIN);
        let bytes = start.and_then(|start| self.frame.get(start..self.end));
        bytes.ok_or(Error::BitStream)
    }
}
