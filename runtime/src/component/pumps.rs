//! The streams of packed files that the host reads.
//!
//! Owns their state, and no call of the host: the front end of 0.3 makes those.
//!
//! A program's allocator cannot free a buffer, so a pump that has finished stays in the list
//! and lends its buffer to the next one. For example, a server that sends one file at a time
//! has one pump for all of them.

use super::errors::{ErrorCode, Result};
use alloc::vec::Vec;

/// One stream: the bytes of `source` go through `buffer` to the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pump {
    /// The host's handle, into which the runtime writes. 0 if the pump has finished.
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

impl Pump {
    fn is_idle(&self) -> bool {
        self.writable != 0 && self.set == 0
    }
}

/// All pumps.
#[derive(Debug, Default)]
pub(crate) struct Pumps(Vec<Pump>);

impl Pumps {
    /// Whether a finished pump can lend its buffer. Makes room for another pump if not.
    pub(crate) fn has_buffer(&mut self) -> Result<bool> {
        let has_buffer = self.find(0).is_some();
        if !has_buffer {
            self.reserve()?;
        }
        Ok(has_buffer)
    }

    /// Adds a finished pump with a new buffer.
    pub(crate) fn add_buffer(&mut self, buffer: u32) -> Result {
        self.reserve()?;
        self.0.push(Pump {
            buffer,
            ..Pump::default()
        });
        Ok(())
    }

    fn reserve(&mut self) -> Result {
        let reserved = self.0.try_reserve(1);
        reserved.map_err(|_| ErrorCode::INSUFFICIENT_MEMORY)
    }

    /// Starts a finished pump, which exists.
    pub(crate) fn start(&mut self, writable: u32, source: u32) {
        if let Some(pump) = self.find(0) {
            (pump.writable, pump.source) = (writable, source);
        }
    }

    /// The pump that writes to `writable`, or a finished one for 0.
    pub(crate) fn find(&mut self, writable: u32) -> Option<&mut Pump> {
        self.0.iter_mut().find(|pump| pump.writable == writable)
    }

    /// Finishes a pump. Returns it as it was.
    pub(crate) fn finish(&mut self, writable: u32) -> Option<Pump> {
        let pump = self.find(writable)?;
        let buffer = pump.buffer;
        let finished = Pump {
            buffer,
            ..Pump::default()
        };
        Some(core::mem::replace(pump, finished))
    }

    /// The buffer of any pump in a set.
    pub(crate) fn buffer_in(&self, set: u32) -> Option<u32> {
        let mut pumps = self.0.iter();
        let pump = pumps.find(|pump| pump.set == set)?;
        Some(pump.buffer)
    }

    /// Whether no task waits for one of the pumps.
    pub(crate) fn has_idle(&self) -> bool {
        self.0.iter().any(Pump::is_idle)
    }

    /// Notes that one more idle pump is in `set`. Returns its handle.
    pub(crate) fn gather_one(&mut self, set: u32, is_last: bool) -> Option<u32> {
        let mut pumps = self.0.iter_mut();
        let pump = pumps.find(|pump| pump.is_idle())?;
        pump.set = set;
        pump.is_last = is_last;
        Some(pump.writable)
    }

    /// Notes that one more pump is no longer in `set`. Returns its handle.
    pub(crate) fn release_one(&mut self, set: u32) -> Option<u32> {
        let mut pumps = self.0.iter_mut();
        let pump = pumps.find(|pump| pump.writable != 0 && pump.set == set)?;
        pump.set = 0;
        pump.is_last = false;
        Some(pump.writable)
    }
}
