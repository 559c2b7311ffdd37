//! The streams of packed files that the host reads.
//!
//! Owns their state, and no call of the host: the front end of 0.3 makes those.

use super::errors::{ErrorCode, Result};
use alloc::vec::Vec;

/// One stream: the bytes of `source` go through `buffer` to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pump {
    /// The host's handle, into which the runtime writes.
    pub(crate) writable: u32,
    /// The runtime's handle of the stream.
    pub(crate) source: u32,
    /// Address in the program's memory.
    pub(crate) buffer: u32,
    /// The bytes in the buffer that the host has not taken.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The waitable set that reports the next event, or 0.
    pub(crate) set: u32,
    /// Whether the runtime made that set, for a task that only waits for pumps.
    pub(crate) is_last: bool,
}

/// All pumps.
#[derive(Debug, Default)]
pub(crate) struct Pumps {
    active: Vec<Pump>,
    /// Buffers without a pump. A program's allocator cannot free one, so the next pump uses
    /// it again.
    buffers: Vec<u32>,
}

impl Pumps {
    /// A buffer of an earlier pump.
    pub(crate) fn take_buffer(&mut self) -> Option<u32> {
        self.buffers.pop()
    }

    /// Makes room for a pump with this buffer, and for the buffer when the pump has finished.
    pub(crate) fn reserve_for(&mut self, buffer: u32) -> Result {
        let buffer_count = self.active.len() + 1;
        if self.buffers.try_reserve(buffer_count).is_err() {
            return Err(ErrorCode::INSUFFICIENT_MEMORY);
        }
        let reserved = self.active.try_reserve(1);
        reserved.map_err(|_| {
            self.buffers.push(buffer);
            ErrorCode::INSUFFICIENT_MEMORY
        })
    }

    /// Adds a pump, for which [`reserve_for`](Self::reserve_for) made room.
    pub(crate) fn add(&mut self, pump: Pump) {
        self.active.push(pump);
    }

    pub(crate) fn find(&mut self, writable: u32) -> Option<&mut Pump> {
        self.active
            .iter_mut()
            .find(|pump| pump.writable == writable)
    }

    /// Removes a pump, and keeps its buffer.
    pub(crate) fn remove(&mut self, writable: u32) -> Option<Pump> {
        let mut active = self.active.iter();
        let at = active.position(|pump| pump.writable == writable)?;
        let pump = self.active.swap_remove(at);
        self.buffers.push(pump.buffer);
        Some(pump)
    }

    /// Any pump in a set.
    pub(crate) fn in_set(&self, set: u32) -> Option<Pump> {
        let mut active = self.active.iter();
        active.find(|pump| pump.set == set).copied()
    }

    /// Whether a pump has no task that waits until it has finished.
    pub(crate) fn has_others(&self) -> bool {
        self.active.iter().any(|pump| !pump.is_last)
    }

    /// Notes that one more of the other pumps is in `set`. Returns its handle.
    pub(crate) fn gather_one(&mut self, set: u32, is_last: bool) -> Option<u32> {
        let mut active = self.active.iter_mut();
        let pump = active.find(|pump| !pump.is_last && pump.set != set)?;
        pump.set = set;
        pump.is_last = is_last;
        Some(pump.writable)
    }

    /// Notes that one more pump is no longer in `set`. Returns its handle.
    pub(crate) fn release_one(&mut self, set: u32) -> Option<u32> {
        let mut active = self.active.iter_mut();
        let pump = active.find(|pump| pump.set == set)?;
        pump.set = 0;
        pump.is_last = false;
        Some(pump.writable)
    }
}
