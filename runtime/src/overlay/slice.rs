//! Where the bytes of a packed file go on their way to a page, and a limit of how many go
//! to the program.

use crate::blocks::{Sink, SinkRange};

/// A slice that is filled from its start.
pub(super) struct Slice<'b> {
    bytes: &'b mut [u8],
    done: usize,
}

impl<'b> Slice<'b> {
    pub(super) fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, done: 0 }
    }

    pub(super) fn is_full(&self) -> bool {
        self.done == self.bytes.len()
    }
}

impl Sink for Slice<'_> {
    fn room(&self) -> u32 {
        // A page has a few KiB.
        (self.bytes.len() - self.done) as u32
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.done + bytes.len();
        self.bytes[self.done..end].copy_from_slice(bytes);
        self.done = end;
    }
}

/// The next `room` bytes of another sink. It hides the type of that sink, so that the code behind
/// exists once.
pub(super) struct Part<'s> {
    sink: &'s mut dyn Sink,
    room: u32,
}

impl<'s> Part<'s> {
    /// `room` is at most that of the sink.
    pub(super) fn new(sink: &'s mut dyn Sink, room: u32) -> Self {
        Self { sink, room }
    }
}

impl Sink for Part<'_> {
    fn room(&self) -> u32 {
        self.room
    }

    fn put(&mut self, bytes: &[u8]) {
        self.sink.put(bytes);
        self.room -= bytes.len() as u32;
    }

    fn range(&self, len: u32) -> Option<SinkRange> {
        self.sink.range(len)
    }

    fn only_counts(&self) -> bool {
        self.sink.only_counts()
    }

    fn advance(&mut self, len: u32) {
        self.sink.advance(len);
        self.room -= len;
    }
}
