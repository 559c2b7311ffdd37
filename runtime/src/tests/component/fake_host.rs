//! The host of a component, and the allocator of its program.

use super::streams::Streams;
use crate::component::Allocator;
use crate::guest::Memory;
use crate::tests::guest::SharedMemory;
use crate::{preview2, preview3};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// Where the allocator starts.
const HEAP: u32 = 0x1_0000;

/// A host's stream error `closed`, at the offset of a payload.
const CLOSED: [u8; 1] = [1];

/// A call that a test makes from within the allocator.
type Nested = Box<dyn FnOnce()>;

pub(in crate::tests) struct FakeHost {
    memory: SharedMemory,
    next: Cell<u32>,
    /// Lowering, alignment and length of each allocation.
    pub(in crate::tests) allocations: RefCell<Vec<(u32, u32, u32)>>,
    /// How many allocations succeed.
    pub(in crate::tests) allowed: Cell<usize>,
    /// Runs in the next allocation.
    pub(in crate::tests) nested: RefCell<Option<Nested>>,
    /// The names of the called functions.
    pub(in crate::tests) calls: RefCell<Vec<&'static str>>,
    /// Handles and paths of the host's preopens.
    pub(in crate::tests) preopens: RefCell<Vec<(u32, &'static str)>>,
    /// The pollable that is ready.
    pub(in crate::tests) ready: Cell<u32>,
    /// The answers to `check-write`; `None` stands for `closed`.
    pub(in crate::tests) permits: RefCell<VecDeque<Option<u64>>>,
    /// Whether the output stream fails to write and to flush.
    pub(in crate::tests) is_broken: Cell<bool>,
    /// The streams that the runtime dropped.
    pub(in crate::tests) dropped: RefCell<Vec<u32>>,
    /// The streams of 0.3.
    pub(in crate::tests) streams: RefCell<Streams>,
    /// The bytes that the output stream took.
    pub(in crate::tests) taken: RefCell<Vec<u8>>,
}

impl FakeHost {
    pub(in crate::tests) fn new(memory: SharedMemory) -> Rc<Self> {
        Rc::new(Self {
            memory,
            next: Cell::new(HEAP),
            allocations: RefCell::default(),
            allowed: Cell::new(usize::MAX),
            nested: RefCell::default(),
            calls: RefCell::default(),
            preopens: RefCell::default(),
            ready: Cell::new(0),
            permits: RefCell::default(),
            is_broken: Cell::new(false),
            dropped: RefCell::default(),
            streams: RefCell::default(),
            taken: RefCell::default(),
        })
    }

    fn write(&self, address: u32, bytes: &[u8]) {
        self.memory.clone().write(address, bytes).unwrap();
    }

    fn write_u32(&self, address: u32, value: u32) {
        self.write(address, &value.to_le_bytes());
    }

    fn allocate(&self, align: u32, len: u32) -> u32 {
        let address = self.next.get().next_multiple_of(align);
        self.next.set(address + len);
        address
    }

    fn note(&self, name: &'static str) {
        self.calls.borrow_mut().push(name);
    }

    /// Writes the list of preopens, which has the same layout in all releases.
    fn write_preopens(&self, ret: u32) {
        self.note("get-directories");
        let preopens = self.preopens.borrow();
        let list = self.allocate(4, 12 * preopens.len() as u32);
        for (record, (handle, path)) in (list..).step_by(12).zip(preopens.iter()) {
            let text = self.allocate(1, path.len() as u32);
            self.write(text, path.as_bytes());
            self.write_u32(record, *handle);
            self.write_u32(record + 4, text);
            self.write_u32(record + 8, path.len() as u32);
        }
        self.write_u32(ret, list);
        self.write_u32(ret + 4, preopens.len() as u32);
    }

    /// Writes a `result<_, stream-error>`.
    fn write_short(&self, ret: u32) {
        self.write(ret, &[self.is_broken.get().into()]);
        if self.is_broken.get() {
            self.write(ret + 4, &CLOSED);
        }
    }
}

impl Allocator for Rc<FakeHost> {
    fn realloc(&self, lowering: u32, align: u32, len: u32) -> u32 {
        assert!(len > 0, "an empty list needs no memory");
        self.allocations.borrow_mut().push((lowering, align, len));
        let nested = self.nested.borrow_mut().take();
        if let Some(nested) = nested {
            nested();
        }
        match self.allowed.get() {
            0 => 0,
            allowed => {
                self.allowed.set(allowed.saturating_sub(1));
                self.allocate(align, len)
            }
        }
    }
}

impl preview2::Host for Rc<FakeHost> {
    fn host_get_directories(&self, ret: u32, _: u32) {
        self.write_preopens(ret);
    }

    fn host_poll(&self, _: u32, _: u32, ret: u32, _: u32) {
        self.note("poll");
        self.write(ret, &[0xee; 8]);
    }

    fn host_pollable_ready(&self, pollable: u32, _: u32) -> u32 {
        self.note("ready");
        (pollable == self.ready.get()).into()
    }

    fn host_output_stream_check_write(&self, _: u32, ret: u32, _: u32) {
        self.note("check-write");
        match self.permits.borrow_mut().pop_front().flatten() {
            Some(permit) => {
                self.write(ret, &[0]);
                self.write(ret + 8, &permit.to_le_bytes());
            }
            None => {
                self.write(ret, &[1]);
                self.write(ret + 8, &CLOSED);
            }
        }
    }

    fn host_output_stream_write(&self, _: u32, bytes: u32, len: u32, ret: u32, _: u32) {
        self.note("write");
        if !self.is_broken.get() {
            let mut piece = vec![0; len as usize];
            self.memory.read(bytes, &mut piece).unwrap();
            self.taken.borrow_mut().extend(piece);
        }
        self.write_short(ret);
    }

    fn host_output_stream_blocking_flush(&self, _: u32, ret: u32, _: u32) {
        self.note("blocking-flush");
        self.write_short(ret);
    }

    fn host_now(&self, _: u32, _: u32) {
        self.note("now");
    }
}

impl preview3::Host for Rc<FakeHost> {
    fn host_get_directories(&self, ret: u32, _: u32) {
        self.write_preopens(ret);
    }

    fn host_bytes_drop(&self, stream: u32, _: u32) {
        self.dropped.borrow_mut().push(stream);
    }

    fn host_bytes_new(&self, _: u32) -> u64 {
        self.streams.borrow_mut().make()
    }

    fn host_bytes_write(&self, stream: u32, bytes: u32, len: u32, _: u32) -> u32 {
        let streams = &mut *self.streams.borrow_mut();
        streams.write(&self.memory, stream, (bytes, len))
    }

    fn host_bytes_end(&self, stream: u32, _: u32) {
        self.streams.borrow_mut().end(stream);
    }

    fn host_join(&self, waitable: u32, set: u32, _: u32) {
        self.streams.borrow_mut().join(waitable, set);
    }

    fn host_set_new(&self, _: u32) -> u32 {
        self.streams.borrow_mut().new_set()
    }

    fn host_set_wait(&self, set: u32, address: u32, _: u32) -> u32 {
        let [event, waitable, status] = self.streams.borrow_mut().event(&self.memory, set);
        self.write_u32(address, waitable);
        self.write_u32(address + 4, status);
        event
    }

    fn host_set_poll(&self, set: u32, address: u32, lowering: u32) -> u32 {
        self.host_set_wait(set, address, lowering)
    }

    fn host_set_drop(&self, set: u32, _: u32) {
        self.streams.borrow_mut().drop_set(set);
    }

    fn host_callback(&self, event: u32, waitable: u32, status: u32, _: u32) -> u32 {
        let streams = &mut *self.streams.borrow_mut();
        streams.delivered.push([event, waitable, status]);
        streams.codes.pop_front().unwrap_or(0)
    }
}
