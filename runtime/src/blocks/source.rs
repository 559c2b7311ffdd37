//! Where the stored blocks lie, and where their bytes go: the two traits that
//! the layer above and the bindings implement.

use super::BlockError;
use wasi_vfs_format::BlockNumber;

/// Bytes of a stored block that are copied and hashed at a time: few enough to stay in the
/// first cache of a processor, and to make a small staging buffer.
const PIECE_LEN: u32 = 16 << 10;

/// A range of one stored block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRange {
    /// The block, by which a source of several parts chooses the part.
    pub block: BlockNumber,
    /// Bytes before the range, from the start of the payload.
    pub offset: u64,
    /// Length in bytes.
    pub len: u32,
}

impl StoredRange {
    /// The first byte behind the range. Saturates, since an offset may be forged.
    pub fn end(self) -> u64 {
        self.offset.saturating_add(self.len.into())
    }

    /// Cuts the range into pieces of [`PIECE_LEN`].
    pub(super) fn pieces(self) -> impl Iterator<Item = Self> {
        (0..self.len)
            .step_by(PIECE_LEN as usize)
            .map(move |start| Self {
                block: self.block,
                offset: self.offset.saturating_add(start.into()),
                len: PIECE_LEN.min(self.len - start),
            })
    }
}

/// The stored blocks of an image: a data segment, a part of linear memory, a file.
///
/// The bytes must not change while the image is served: an uncompressed block is checked
/// at its first read only.
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

    /// Copies all of a range into the sink, which has room for it. A source that writes to
    /// the sink's [`SinkRange`] itself saves one copy.
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

    /// The range of the next `len` bytes, at most [`room`](Self::room), for a source that
    /// writes them itself and then calls [`advance`](Self::advance). `None` if only
    /// [`put`](Self::put) reaches it.
    fn range(&self, len: u32) -> Option<SinkRange> {
        let _ = len;
        None
    }

    /// Whether the sink wants only the number of readable bytes. Verified bytes are then
    /// counted by [`advance`](Self::advance) instead of copied.
    fn only_counts(&self) -> bool {
        false
    }

    /// Counts bytes that a source has written to the [`range`](Self::range).
    fn advance(&mut self, len: u32) {
        let _ = len;
    }
}

/// The bytes of a write, in order: the program's memory, or a slice.
pub trait Source {
    /// How many bytes are left.
    fn left(&self) -> usize;

    /// Copies the next bytes, at most [`left`](Self::left) of them.
    fn take(&mut self, into: &mut [u8]);
}

impl Source for &[u8] {
    fn left(&self) -> usize {
        self.len()
    }

    fn take(&mut self, into: &mut [u8]) {
        let (bytes, rest) = self.split_at(into.len());
        into.copy_from_slice(bytes);
        *self = rest;
    }
}

/// A range of the memory that a binding shares with its sources. Only this crate makes
/// one, out of a range that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinkRange {
    address: u32,
    len: u32,
}

impl SinkRange {
    /// A range that the caller has checked.
    pub(crate) fn checked(address: u32, len: u32) -> Self {
        Self { address, len }
    }

    /// Its first address.
    pub fn address(self) -> u32 {
        self.address
    }

    /// Its length in bytes.
    pub fn byte_len(self) -> u32 {
        self.len
    }
}
