//! What a read or write of a stream or future answers, and what a task returns to the host,
//! by the canonical ABI.

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

/// The write goes on later, and an event reports its status.
pub(super) const BLOCKED: u32 = u32::MAX;

/// A task with a callback has finished.
pub(super) mod exit {
    pub(in crate::preview3) const CODE: u32 = 0;
}

/// A task with a callback waits for an event of a set.
pub(super) mod wait {
    const CODE: u32 = 2;

    pub(in crate::preview3) const fn code(set: u32) -> u32 {
        set << 4 | CODE
    }

    /// The set that a task waits for, if it waits.
    pub(in crate::preview3) fn set_of(code: u32) -> Option<u32> {
        (code & 0xf == CODE).then_some(code >> 4)
    }
}
