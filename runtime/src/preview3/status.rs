//! What a read of a stream or future answers, by the canonical ABI.

/// The read is complete. A stream adds the number of items, see [`completed`].
pub(super) const COMPLETED: u32 = 0;
/// The other end was dropped: a stream has ended.
pub(super) const DROPPED: u32 = 1;
/// The read was cancelled. No read of the runtime's ends ever waits, so each cancellation
/// finds nothing.
pub(super) const CANCELLED: u32 = 2;

/// The most items of one read: their number has 28 bits.
pub(super) const ITEM_COUNT_MAX: u32 = (1 << 28) - 1;

/// The answer of a read with this many items.
pub(super) const fn completed(item_count: u32) -> u32 {
    item_count << 4 | COMPLETED
}
