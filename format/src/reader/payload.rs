//! The stored blocks of an image, in memory or in a file.
//!
//! The payload is most of an image, and few tools need all of it. So it may stay in its
//! file, and the reader fetches each block with a positional read.

use crate::block::Block;
use crate::error::Corrupt;
use core::fmt;
use core::ops::Range;
use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::vec;
use std::vec::Vec;

/// A source of bytes with random access.
pub trait ReadAt: fmt::Debug + Send + Sync {
    /// Number of bytes.
    fn len(&self) -> u64;

    /// Whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `buffer` with the bytes at `offset`.
    ///
    /// # Errors
    ///
    /// The source is too short ([`ErrorKind::UnexpectedEof`]), or cannot be read.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for [u8] {
    fn len(&self) -> u64 {
        self.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).ok();
        let bytes = start.and_then(|start| self.get(start..)?.get(..buffer.len()));
        let bytes = bytes.ok_or(ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn len(&self) -> u64 {
        ReadAt::len(self.as_slice())
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.as_slice().read_exact_at(buffer, offset)
    }
}

/// A range of another source.
#[derive(Clone, Debug)]
pub struct Part {
    source: Arc<dyn ReadAt>,
    range: Range<u64>,
}

impl Part {
    /// The bytes of `source` in `range`.
    pub fn new(source: Arc<dyn ReadAt>, range: Range<u64>) -> Self {
        Self { source, range }
    }
}

impl ReadAt for Part {
    fn len(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.len()) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let at = self.range.start.saturating_add(offset);
        self.source.read_exact_at(buffer, at)
    }
}

/// The stored blocks of an image, back to back. Cloning is cheap.
#[derive(Clone, Debug)]
pub enum Payload<'a> {
    /// In memory.
    Bytes(&'a [u8]),
    /// Read on demand.
    Source(Arc<dyn ReadAt>),
}

impl<'a> Payload<'a> {
    /// Number of bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Source(source) => source.len(),
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `len` bytes at `offset`.
    ///
    /// # Errors
    ///
    /// As [`ReadAt::read_exact_at`].
    pub fn read(&self, offset: u64, len: usize) -> io::Result<Cow<'a, [u8]>> {
        match self {
            Self::Bytes(bytes) => {
                let start = usize::try_from(offset).ok();
                let bytes = start.and_then(|start| bytes.get(start..)?.get(..len));
                Ok(bytes.ok_or(ErrorKind::UnexpectedEof)?.into())
            }
            Self::Source(source) => {
                let mut bytes = vec![0; len];
                source.read_exact_at(&mut bytes, offset)?;
                Ok(bytes.into())
            }
        }
    }

    /// All bytes, read at once.
    ///
    /// # Errors
    ///
    /// As [`ReadAt::read_exact_at`].
    pub fn bytes(&self) -> io::Result<Cow<'a, [u8]>> {
        let len = usize::try_from(self.len()).map_err(|_| ErrorKind::OutOfMemory)?;
        self.read(0, len)
    }

    /// The payload without borrowed bytes: copies them.
    #[must_use]
    pub fn into_owned(self) -> Payload<'static> {
        match self {
            Self::Bytes(bytes) => Payload::Source(Arc::new(bytes.to_vec())),
            Self::Source(source) => Payload::Source(source),
        }
    }

    /// The stored bytes of `block`, which must lie within the first `len` of the payload.
    pub(super) fn stored(&self, block: &Block, len: u64) -> Result<Cow<'a, [u8]>, Corrupt> {
        let number = block.number.0;
        let offset = u64::from(block.stored_offset);
        if offset + u64::from(block.stored_len) > len {
            return Err(Corrupt::Block { block: number });
        }
        let stored = self.read(offset, block.stored_len as usize);
        stored.map_err(|error| Corrupt::BlockRead {
            block: number,
            code: error.raw_os_error(),
        })
    }
}

impl<'a> From<&'a [u8]> for Payload<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Payload<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Payload<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&Payload<'a>> for Payload<'a> {
    fn from(payload: &Payload<'a>) -> Self {
        payload.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_payload_give_the_same_bytes() {
        let bytes = b"some stored blocks".to_vec();
        let borrowed = Payload::from(&bytes);
        let source = borrowed.clone().into_owned();
        let whole: Arc<dyn ReadAt> = Arc::new([&b"before"[..], &bytes, b"behind"].concat());
        let part = Payload::Source(Arc::new(Part::new(whole, 6..24)));
        for payload in [&borrowed, &source, &part] {
            assert_eq!(payload.len(), 18);
            assert_eq!(*payload.read(5, 6).expect("within"), *b"stored");
            assert_eq!(*payload.read(18, 0).expect("within"), *b"");
            assert_eq!(*payload.bytes().expect("whole"), *bytes);
            for (offset, len) in [(18, 1), (13, 6), (u64::MAX, 1), (0, 19)] {
                let error = payload.read(offset, len).expect_err("beyond the end");
                assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{offset} {len}");
            }
        }
    }
}
