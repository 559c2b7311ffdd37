//! Streams of packed files that the program gives to the host.
//!
//! The host does not know a handle of the runtime. So the runtime makes a stream of the
//! host, passes the readable end in place of its own, and writes the file into the other
//! end: a *pump*. A write that blocks goes on when its event arrives. The host reports
//! events of a waitable set to the task that waits for the set. So each task of the program
//! takes idle pumps along in the set that it waits for, and the runtime keeps their events
//! from the program. A pump stays in that set, because a host may already deliver its event
//! to the task: wasmtime 49 traps if the event is gone.
//!
//! For example, a program calls `write-via-stream` of standard output with the stream of a
//! file, and waits for the future. The first write blocks, because nobody reads yet. The
//! callback of the task returns that it waits for set 3, and the pump joins that set. The
//! host reads 65,520 bytes, and calls the callback with the event of the pump. The runtime
//! writes the next bytes, and returns that the task waits for set 3 again. At the end of the
//! file it drops its end. Then the host resolves the future, and that event goes to the
//! program.
//!
//! A task that finishes before the pumps waits for them in a set of the runtime's own.

use super::calls::Host;
use super::status::{BLOCKED, COMPLETED, DROPPED, exit, wait};
use crate::component::errors::Result;
use crate::component::handles::{Content, is_ours};
use crate::component::server::Server;
use crate::fs::Filesystem;
use crate::guest::Memory;

/// The length of a buffer: data, and room for an event.
const BUFFER_LEN: u32 = 64 << 10;
/// The most bytes of one write. An event has two numbers behind them.
const PIECE_LEN: u32 = BUFFER_LEN - 16;
/// What the fastest copies could want.
const BUFFER_ALIGNMENT: u32 = 8;

/// `STREAM_WRITE` of the canonical ABI.
const STREAM_WRITE: u32 = 3;

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    /// Replaces a stream by one of the host. Returns its readable end. If memory runs out,
    /// that stream is empty, and the future of the file resolves with the error.
    pub(super) fn hand_over(&self, source: u32, lowering: u32) -> u32 {
        if !is_ours(source) {
            return source;
        }
        let has_buffer = self.provide_buffer(lowering);
        let ends = self.program.host.host_bytes_new(lowering);
        let (readable, writable) = (ends as u32, (ends >> 32) as u32);
        match has_buffer {
            Ok(()) => {
                self.with_pumps(|pumps| pumps.start(writable, source));
                self.write_pieces(writable, lowering);
            }
            Err(code) => {
                if let Some(ends) = self.open_end(source, Content::Bytes) {
                    self.end_stream(source, &ends, Err(code));
                }
                self.drop_stream(source, Content::Bytes);
                self.program.host.host_bytes_end(writable, lowering);
            }
        }
        readable
    }

    /// Provides a buffer for one more pump. The allocator may call the runtime again.
    fn provide_buffer(&self, lowering: u32) -> Result {
        if self.with_pumps(|pumps| pumps.has_buffer())? {
            return Ok(());
        }
        let buffer = self
            .program
            .allocate(lowering, BUFFER_ALIGNMENT, BUFFER_LEN)?;
        self.with_pumps(|pumps| pumps.add_buffer(buffer))
    }

    /// Writes until the host makes the pump wait, or the stream has ended.
    fn write_pieces(&self, writable: u32, lowering: u32) {
        while let Some((bytes, len)) = self.next_piece(writable) {
            let host = &self.program.host;
            let status = host.host_bytes_write(writable, bytes, len, lowering);
            if status == BLOCKED {
                return;
            }
            if !self.note_written(writable, status) {
                break;
            }
        }
        self.end_pump(writable, lowering);
    }

    /// The bytes to write next. Reads the stream if the host has taken all before. `None` at
    /// the end of the stream.
    fn next_piece(&self, writable: u32) -> Option<(u32, u32)> {
        let pump = self.with_pumps(|pumps| pumps.find(writable).copied())?;
        if pump.start < pump.end {
            return Some((pump.buffer + pump.start, pump.end - pump.start));
        }
        let status = self.read_bytes(pump.source, (pump.buffer, PIECE_LEN));
        let len = status >> 4;
        if status == DROPPED || len == 0 {
            return None;
        }
        self.with_pumps(|pumps| {
            let pump = pumps.find(writable)?;
            (pump.start, pump.end) = (0, len);
            Some((pump.buffer, len))
        })
    }

    /// Notes the status of a write. Returns whether the host wants more.
    fn note_written(&self, writable: u32, status: u32) -> bool {
        self.with_pumps(|pumps| {
            if let Some(pump) = pumps.find(writable) {
                pump.start = pump.end.min(pump.start.saturating_add(status >> 4));
            }
        });
        status & 0xf == COMPLETED
    }

    /// Drops both streams. The future of the file has the error of the last read, if any.
    fn end_pump(&self, writable: u32, lowering: u32) {
        let Some(pump) = self.with_pumps(|pumps| pumps.finish(writable)) else {
            return;
        };
        self.drop_stream(pump.source, Content::Bytes);
        let host = &self.program.host;
        if pump.set != 0 {
            host.host_join(writable, 0, lowering);
        }
        host.host_bytes_end(writable, lowering);
    }

    /// Goes on with the pump that an event is about. Returns the set that reported the event
    /// and whether it is the runtime's, or `None` for an event of the program.
    fn pump_event(
        &self,
        (event, waitable, status): (u32, u32, u32),
        lowering: u32,
    ) -> Option<(u32, bool)> {
        if event != STREAM_WRITE || waitable == 0 {
            return None;
        }
        let found = self.with_pumps(|pumps| {
            let pump = pumps.find(waitable)?;
            Some((pump.set, pump.is_last))
        })?;
        match self.note_written(waitable, status) {
            true => self.write_pieces(waitable, lowering),
            false => self.end_pump(waitable, lowering),
        }
        Some(found)
    }

    /// Waits for the next event of a set, or asks for it. Returns its kind, and whether the
    /// event was one of a pump.
    fn next_event(&self, set: u32, address: u32, waits: bool, lowering: u32) -> (u32, bool) {
        let host = &self.program.host;
        let event = match waits {
            true => host.host_set_wait(set, address, lowering),
            false => host.host_set_poll(set, address, lowering),
        };
        let waitable = self.program.read_u32(address);
        let status = self.program.read_u32(address.wrapping_add(4));
        let (Ok(waitable), Ok(status)) = (waitable, status) else {
            return (event, false);
        };
        let pump = self.pump_event((event, waitable, status), lowering);
        (event, pump.is_some())
    }

    /// Joins idle pumps to a set.
    fn gather(&self, set: u32, is_last: bool, lowering: u32) {
        while let Some(writable) = self.with_pumps(|pumps| pumps.gather_one(set, is_last)) {
            self.program.host.host_join(writable, set, lowering);
        }
    }

    /// Removes all pumps from a set for which no task waits.
    fn release(&self, set: u32, lowering: u32) {
        while let Some(writable) = self.with_pumps(|pumps| pumps.release_one(set)) {
            self.program.host.host_join(writable, 0, lowering);
        }
    }

    /// Waits for an event of the program, or asks for it.
    pub(super) fn event_in(&self, set: u32, address: u32, waits: bool, lowering: u32) -> u32 {
        loop {
            self.gather(set, false, lowering);
            if let (event, false) = self.next_event(set, address, waits, lowering) {
                self.release(set, lowering);
                return event;
            }
        }
    }

    /// Drops a set, which must be empty.
    pub(super) fn drop_set(&self, set: u32, lowering: u32) {
        self.release(set, lowering);
        self.program.host.host_set_drop(set, lowering);
    }

    /// The code for the host when a function of a task with a callback returns `code`.
    pub(super) fn task_code(&self, code: u32, lowering: u32) -> u32 {
        if let Some(set) = wait::set_of(code) {
            self.gather(set, false, lowering);
        }
        match code == exit::CODE && self.with_pumps(|pumps| pumps.has_idle()) {
            true => wait::code(self.last_set(lowering)),
            false => code,
        }
    }

    /// A new set with all idle pumps.
    fn last_set(&self, lowering: u32) -> u32 {
        let set = self.program.host.host_set_new(lowering);
        self.gather(set, true, lowering);
        set
    }

    /// Calls the callback of the program, unless the event is that of a pump. Returns the
    /// code for the host.
    pub(super) fn call_back(&self, event: (u32, u32, u32), lowering: u32) -> u32 {
        let Some((set, is_last)) = self.pump_event(event, lowering) else {
            let host = &self.program.host;
            let code = host.host_callback(event.0, event.1, event.2, lowering);
            return self.task_code(code, lowering);
        };
        if is_last && self.with_pumps(|pumps| pumps.buffer_in(set)).is_none() {
            self.drop_set(set, lowering);
            return exit::CODE;
        }
        wait::code(set)
    }

    /// Waits for the pumps when a task without a callback has finished.
    pub(super) fn finish_pumps(&self, lowering: u32) {
        if !self.with_pumps(|pumps| pumps.has_idle()) {
            return;
        }
        let set = self.last_set(lowering);
        while let Some(buffer) = self.with_pumps(|pumps| pumps.buffer_in(set)) {
            let (_, is_pump) = self.next_event(set, buffer + PIECE_LEN, true, lowering);
            if !is_pump {
                break;
            }
        }
        self.drop_set(set, lowering);
    }
}
