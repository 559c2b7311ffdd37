//! Where the stored blocks lie, and where their bytes go: the two traits that
//! the layer above and the bindings implement.

use super::BlockError;

/// A range of the stored blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRange {
    /// Bytes before the range.
    pub offset: u64,
    /// Length in bytes.
    pub len: u32,
}

impl StoredRange {
    /// The first byte behind the range. No overflow: offsets of an image are below
    /// 2^63.
    pub fn end(self) -> u64 {
        self.offset.saturating_add(self.len.into())
    }
}

/// The stored blocks of an image: a data segment, a part of linear memory, a file.
///
/// # Errors
///
/// Each method fails with [`BlockError::OutOfRange`] if the source is shorter than the
/// range, with [`BlockError::NoMemory`] if memory runs out, and with
/// [`BlockError::Unavailable`] if the source cannot read.
pub trait BlockSource {
    /// Lends the bytes of a range.
    fn with_bytes<R>(
        &mut self,
        range: StoredRange,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, BlockError>;

    /// Allocates the memory that [`with_bytes`](Self::with_bytes) needs for `len` bytes,
    /// so that it allocates no more later.
    fn reserve(&mut self, len: u32) -> Result<(), BlockError> {
        let _ = len;
        Ok(())
    }

    /// Copies a range into the sink, which has room for it. A source that writes to the
    /// sink's [`Place`] itself saves one copy.
    fn copy_to(&mut self, range: StoredRange, sink: &mut impl Sink) -> Result<(), BlockError> {
        self.with_bytes(range, |bytes| sink.put(bytes))
    }
}

/// Where the bytes of a file go, in order: the program's memory, or a slice.
pub trait Sink {
    /// How many more bytes fit.
    fn room(&self) -> u32;

    /// Takes the next bytes, at most [`room`](Self::room) of them.
    fn put(&mut self, bytes: &[u8]);

    /// Hands out the place of the next `len` bytes, at most [`room`](Self::room), to a
    /// source that writes them itself. `None` if only [`put`](Self::put) reaches it.
    fn take_place(&mut self, len: u32) -> Option<Place> {
        let _ = len;
        None
    }
}

/// A place in the program's memory. Only sources of the same binding know how to write
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(pub u32);

/// A sink that fills a slice.
#[derive(Debug)]
pub struct SliceSink<'b> {
    bytes: &'b mut [u8],
    len: usize,
}

impl<'b> SliceSink<'b> {
    /// Fills `bytes` from the start.
    pub fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, len: 0 }
    }

    /// The bytes that arrived.
    pub fn filled(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Sink for SliceSink<'_> {
    fn room(&self) -> u32 {
        u32::try_from(self.bytes.len() - self.len).unwrap_or(u32::MAX)
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}
