//! Bit streams: the one of an FSE distribution, read forwards, and those of
//! symbols, read from their end (RFC 8878, 4.1 and 4.2).

use super::copy::Words;
use super::error::Error;

/// Bytes that must lie before a [`BackwardBits`], so that eight bytes can be
/// loaded wherever it ends. What they hold does not matter: a stream that
/// reaches into them fails in the end.
pub(super) const MARGIN: usize = 8;

/// Bits that can be read after a refill: eight bytes, less the seven bits that
/// may have been used of the first and the one that marks the end.
pub(super) const REFILL_BITS: u32 = 56;

/// A bit stream that begins with the highest bit of its last byte.
#[derive(Clone, Copy)]
pub(super) struct BackwardBits<'a> {
    /// The stream and [`MARGIN`] bytes before it.
    bytes: Words<'a>,
    /// Where in `bytes` the eight bytes loaded last begin.
    at: usize,
    /// What is left of them, the next bit on top. Below the last bit a one
    /// follows, and zeros below that: as many as bits have been used.
    bits: u64,
}

impl<'a> BackwardBits<'a> {
    /// The last byte ends in a one, which says where the stream begins.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let bytes = Words::new(bytes);
        // A stream has one byte at least, and then its word begins after the
        // first of the margin.
        let at = bytes.last().filter(|at| *at > 0);
        let at = at.ok_or(Error::BitStream)?;
        let word = bytes.load(at).ok_or(Error::BitStream)?;
        let padding = word.leading_zeros() + 1;
        if padding > 8 {
            return Err(Error::BitStream);
        }
        let bits = (word | 1) << padding;
        Ok(Self { bytes, at, bits })
    }

    /// Makes [`REFILL_BITS`] bits readable. An error if more than that many
    /// before the stream have been read.
    #[inline(always)]
    pub(super) fn refill(&mut self) -> Result<(), Error> {
        let used = self.bits.trailing_zeros();
        self.at = self.at.wrapping_sub((used >> 3) as usize);
        let word = self.bytes.load(self.at).ok_or(Error::BitStream)?;
        self.bits = (word | 1) << (used & 7);
        Ok(())
    }

    /// Reads as many bits as the lowest six bits of `count` say.
    #[inline(always)]
    pub(super) fn read(&mut self, count: u64) -> u64 {
        let value = self.bits >> 1 >> (!count & 63);
        self.bits <<= count & 63;
        value
    }

    /// The next `COUNT` bits.
    #[inline(always)]
    pub(super) fn peek<const COUNT: u32>(&self) -> usize {
        (self.bits >> (64 - COUNT)) as usize
    }

    /// Skips as many bits as the lowest six bits of `count` say.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u16) {
        self.bits <<= u64::from(count) & 63;
    }

    /// Bits of the stream that have not been read; below zero if bits before
    /// it have.
    pub(super) fn left(&self) -> i64 {
        // `at` counts from `MARGIN` bytes, all the 64 bits loaded, before it.
        8 * self.at as i64 - i64::from(self.bits.trailing_zeros())
    }

    /// A stream ends with its last value.
    pub(super) fn expect_end(&self) -> Result<(), Error> {
        match self.left() {
            0 => Ok(()),
            _ => Err(Error::BitStream),
        }
    }
}

/// A bit stream like a [`BackwardBits`] for who reads many short values: a read
/// is a subtraction and a shift.
#[derive(Clone, Copy)]
pub(super) struct SequenceBits<'a> {
    /// The stream and [`MARGIN`] bytes before it.
    bytes: Words<'a>,
    /// The eight bytes loaded last.
    word: u64,
    /// In its lowest six bits, how many bits of `word` have not been read. In
    /// all, how many of `bytes` have not, and `excess`.
    left: u64,
    excess: u64,
}

impl<'a> SequenceBits<'a> {
    /// The last byte ends in a one, which says where the stream begins.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let BackwardBits { bytes, at, bits } = BackwardBits::new(bytes)?;
        let mut bits = Self {
            bytes,
            word: 0,
            left: 8 * (at as u64 + 8) - u64::from(bits.trailing_zeros()),
            excess: 0,
        };
        bits.refill()?;
        Ok(bits)
    }

    /// Makes [`REFILL_BITS`] bits readable. An error if more than that many
    /// before the stream have been read.
    #[inline(always)]
    pub(super) fn refill(&mut self) -> Result<(), Error> {
        let left = self.left.wrapping_sub(self.excess);
        // The next bit's byte comes last. So seven whole bytes are left, and of
        // that one as many bits as `left` is above a multiple of eight.
        let at = ((left >> 3) as usize).wrapping_sub(7);
        self.word = self.bytes.load(at).ok_or(Error::BitStream)?;
        self.left = left | 7 << 3;
        self.excess = self.left.wrapping_sub(left);
        Ok(())
    }

    /// Reads as many bits as the lowest six bits of `count` say. Above them, the
    /// result has those read before.
    #[inline(always)]
    pub(super) fn read_below_others(&mut self, count: u64) -> u64 {
        self.left = self.left.wrapping_sub(count & 63);
        self.word >> (self.left & 63)
    }

    /// The same, with zeros above them.
    #[inline(always)]
    pub(super) fn read(&mut self, count: u64) -> u64 {
        self.read_below_others(count) & !(u64::MAX << (count & 63))
    }

    /// The same, with a one above them.
    #[inline(always)]
    pub(super) fn read_below_one(&mut self, count: u64) -> u64 {
        let bits = self.word << (!self.left & 63) | 1 << 63;
        self.left = self.left.wrapping_sub(count & 63);
        bits >> (!count & 63)
    }

    /// Bits of the stream that have not been read; below zero if bits before
    /// it have.
    #[inline(always)]
    pub(super) fn left(&self) -> i64 {
        self.left.wrapping_sub(self.excess) as i64 - 8 * MARGIN as i64
    }
}

/// A bit stream that begins with the lowest bit of its first byte.
pub(super) struct ForwardBits<'a> {
    bytes: &'a [u8],
    /// In bits.
    position: usize,
}

impl<'a> ForwardBits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// The next `count` bits, at most 16. Zeros follow the end.
    pub(super) fn peek(&self, count: u32) -> u32 {
        let byte = |index| u32::from(self.bytes.get(index).copied().unwrap_or(0));
        let first = self.position / 8;
        let word = byte(first) | byte(first + 1) << 8 | byte(first + 2) << 16;
        word >> (self.position % 8) & ((1 << count) - 1)
    }

    pub(super) fn skip(&mut self, count: u32) {
        self.position += count as usize;
    }

    pub(super) fn read(&mut self, count: u32) -> u32 {
        let value = self.peek(count);
        self.skip(count);
        value
    }

    /// Bytes that bits have been read of; may be more than there are.
    pub(super) fn byte_len(&self) -> usize {
        self.position.div_ceil(8)
    }
}
