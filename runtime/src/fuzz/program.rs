//! The allocator and the host of a component, which answer what a fuzzer wants.

use super::memory::{GuestMemory, MEMORY_LEN};
use crate::component::Allocator;
use crate::guest::Memory;
use crate::{preview2, preview3};
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::vec::Vec;
use wasi_vfs_embedding::preview2::{FIRST_HANDLE, LAST_HANDLE};

/// Where the allocator starts, behind paths and answers.
const HEAP: u32 = 0x1000;

struct State {
    memory: GuestMemory,
    /// The answers, used over and over.
    answers: Vec<u8>,
    next_answer: usize,
    next_address: u32,
    allocated: Vec<Range<u64>>,
}

#[derive(Clone)]
pub(super) struct Program(Rc<RefCell<State>>);

impl Program {
    pub(super) fn new(memory: GuestMemory, answers: &[u8]) -> Self {
        Self(Rc::new(RefCell::new(State {
            memory,
            answers: answers.to_vec(),
            next_answer: 0,
            next_address: HEAP,
            allocated: Vec::new(),
        })))
    }

    /// Whether the runtime got this address to write to.
    pub(super) fn has_allocated(&self, address: u64) -> bool {
        let allocated = &self.0.borrow().allocated;
        allocated.iter().any(|range| range.contains(&address))
    }
}

impl State {
    fn answer(&mut self) -> u8 {
        let answer = self
            .answers
            .get(self.next_answer % self.answers.len().max(1));
        self.next_answer += 1;
        answer.copied().unwrap_or(8)
    }

    /// New memory, again from the start where the memory ends.
    fn allocate(&mut self, align: u32, len: u32) -> u32 {
        let address = self.next_address.next_multiple_of(align.max(1));
        if u64::from(address) + u64::from(len) > MEMORY_LEN as u64 {
            self.next_address = HEAP;
            return HEAP;
        }
        self.next_address = address + len;
        address
    }

    /// Writes at an offset behind `start`. A host checks the address, and traps instead of
    /// wrapping around.
    fn write(&mut self, start: u32, offset: u32, bytes: &[u8]) {
        if let Some(address) = start.checked_add(offset) {
            let _ = self.memory.write(address, bytes);
        }
    }

    /// A list of up to three preopens.
    fn write_preopens(&mut self, ret: u32) {
        let (address, count) = (self.answer(), self.answer() % 4);
        self.write(ret, 0, &(u32::from(address) << 8).to_le_bytes());
        self.write(ret, 4, &u32::from(count).to_le_bytes());
    }

    /// The status of a write of `len` bytes. It makes progress, blocks or ends.
    fn write_status(&mut self, len: u32) -> u32 {
        match self.answer() % 4 {
            0 => u32::MAX,
            1 => u32::from(self.answer()).min(len) << 4 | 1,
            _ => len << 4,
        }
    }

    /// A result with its payload or error at this offset.
    fn write_result(&mut self, ret: u32, offset: u32) {
        let (tag, value) = (self.answer() % 2, self.answer());
        self.write(ret, 0, &[tag]);
        let bytes = u64::from(value).to_le_bytes();
        let len = if offset == 4 { 4 } else { 8 };
        self.write(ret, offset, &bytes[..len]);
    }
}

impl Allocator for Program {
    fn realloc(&self, _: u32, align: u32, len: u32) -> u32 {
        let state = &mut *self.0.borrow_mut();
        let address = match state.answer() {
            0 => 0,
            1 => u32::MAX,
            2 => 0x7_0001,
            _ => state.allocate(align, len),
        };
        let start = u64::from(address);
        state.allocated.push(start..start + u64::from(len));
        address
    }
}

impl preview2::Host for Program {
    fn host_get_directories(&self, ret: u32, _: u32) {
        self.0.borrow_mut().write_preopens(ret);
    }

    fn host_poll(&self, _: u32, _: u32, ret: u32, _: u32) {
        self.0.borrow_mut().write(ret, 0, &[0; 8]);
    }

    fn host_pollable_ready(&self, _: u32, _: u32) -> u32 {
        self.0.borrow_mut().answer().into()
    }

    fn host_output_stream_check_write(&self, _: u32, ret: u32, _: u32) {
        self.0.borrow_mut().write_result(ret, 8);
    }

    fn host_output_stream_write(&self, _: u32, bytes: u32, len: u32, ret: u32, _: u32) {
        let state = &mut *self.0.borrow_mut();
        // A host traps if the bytes are not there.
        state
            .memory
            .check(bytes, len.into())
            .expect("bytes in memory");
        state.write_result(ret, 4);
    }

    fn host_output_stream_blocking_flush(&self, _: u32, ret: u32, _: u32) {
        self.0.borrow_mut().write_result(ret, 4);
    }

    fn host_now(&self, _: u32, _: u32) {}
}

impl preview3::Host for Program {
    fn host_get_directories(&self, ret: u32, _: u32) {
        self.0.borrow_mut().write_preopens(ret);
    }

    fn host_bytes_drop(&self, stream: u32, _: u32) {
        let is_ours = (FIRST_HANDLE..=LAST_HANDLE).contains(&stream);
        assert!(!is_ours, "a host traps at a handle that it does not know");
    }

    fn host_bytes_new(&self, _: u32) -> u64 {
        let state = &mut *self.0.borrow_mut();
        (u64::from(state.answer()) << 32) | u64::from(state.answer())
    }

    fn host_bytes_write(&self, _: u32, bytes: u32, len: u32, _: u32) -> u32 {
        let state = &mut *self.0.borrow_mut();
        let exists = state.memory.check(bytes, len.into());
        exists.expect("bytes in memory");
        state.write_status(len)
    }

    fn host_bytes_end(&self, _: u32, _: u32) {}

    fn host_join(&self, _: u32, _: u32, _: u32) {}

    fn host_set_new(&self, _: u32) -> u32 {
        self.0.borrow_mut().answer().into()
    }

    fn host_set_wait(&self, _: u32, address: u32, _: u32) -> u32 {
        let state = &mut *self.0.borrow_mut();
        let waitable = u32::from(state.answer());
        let status = state.write_status(1);
        let event = u64::from(waitable) | u64::from(status) << 32;
        state.write(address, 0, &event.to_le_bytes());
        (state.answer() % 7).into()
    }

    fn host_set_poll(&self, set: u32, address: u32, lowering: u32) -> u32 {
        self.host_set_wait(set, address, lowering)
    }

    fn host_set_drop(&self, _: u32, _: u32) {}

    fn host_callback(&self, _: u32, _: u32, _: u32, _: u32) -> u32 {
        (self.0.borrow_mut().answer() % 3).into()
    }
}
