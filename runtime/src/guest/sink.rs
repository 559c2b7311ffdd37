//! The bytes of a file go straight into the program's memory.

use super::Memory;
use crate::blocks::{Sink, SinkRange};

/// A buffer of the program, which exists.
pub(crate) struct GuestSink<'m, M> {
    memory: &'m mut M,
    address: u32,
    room: u32,
}

impl<'m, M: Memory> GuestSink<'m, M> {
    /// `room` bytes at `address`, which the caller has checked.
    pub(crate) fn checked(memory: &'m mut M, address: u32, room: u32) -> Self {
        Self {
            memory,
            address,
            room,
        }
    }
}

impl<M: Memory> Sink for GuestSink<'_, M> {
    fn room(&self) -> u32 {
        self.room
    }

    fn put(&mut self, bytes: &[u8]) {
        self.memory.copy_in(self.address, bytes);
        self.advance(bytes.len() as u32);
    }

    fn range(&self, len: u32) -> Option<SinkRange> {
        Some(SinkRange::checked(self.address, len))
    }

    fn advance(&mut self, len: u32) {
        // Wraps only at the end of the largest memory, where no room is left.
        self.address = self.address.wrapping_add(len);
        self.room -= len;
    }
}
