//! The bound on the memory of an image, and how many blocks fit it.

use crate::zstd::Decoder;

/// Bytes that an image may take beside its index: decompressed blocks, one stored block,
/// the decoder, and the allocator's losses.
///
/// A writer puts neighbours in the tree into stretches of 1 MiB, and a walk goes to and
/// fro within one. The base, a stretch and half of the next one fit. Twice the bound
/// would save a sixth of the blocks that a walk of Ruby's library decompresses.
pub const MEMORY_LIMIT: usize = 2 << 20;

/// Memory grows by pages of this many bytes, so an allocator may lose that much.
const PAGE_LEN: usize = 64 << 10;

/// Blocks that fit beside the base whatever their length. Two, since a small file may
/// lie across two blocks. With blocks of 512 KiB and more they exceed [`MEMORY_LIMIT`].
pub(crate) const SLOT_COUNT_MIN: usize = 2;

/// Measures the memory that counts against [`MEMORY_LIMIT`].
pub trait Budget {
    /// Bytes in use for the image, an index of `index_len` bytes not counted; 0 if the
    /// binding cannot tell.
    fn used_len(&self, index_len: usize) -> usize;
}

/// Blocks beside the base that [`MEMORY_LIMIT`] leaves room for, if `used_len` bytes are
/// in use before any of them is allocated.
///
/// ```text
/// limit 2048 KiB = used 280 KiB + base 128 KiB + 12 slots of 128 KiB + a rest
/// ```
pub(crate) fn slot_count(used_len: usize, block_len: usize) -> usize {
    // Blocks of whole pages lose nothing, so their allocations cost the first page alone.
    let used_len = match block_len.is_multiple_of(PAGE_LEN) {
        true => used_len.max(Decoder::LEN + PAGE_LEN),
        false => used_len.max(Decoder::LEN) + PAGE_LEN,
    };
    let count = MEMORY_LIMIT.saturating_sub(used_len) / block_len;
    count.saturating_sub(1).max(SLOT_COUNT_MIN)
}

/// The largest result of [`slot_count`].
pub(crate) fn slot_count_max(block_len: usize) -> usize {
    (MEMORY_LIMIT / block_len).max(SLOT_COUNT_MIN)
}
