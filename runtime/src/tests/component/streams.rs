//! Streams and waitable sets of the fake host.

use crate::guest::Memory;
use crate::tests::guest::SharedMemory;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The answer to a write, or how a blocked one ends.
#[derive(Clone, Copy, Debug)]
pub(in crate::tests) enum Take {
    Nothing,
    Bytes(u32),
    /// The reader takes so many bytes and drops its end.
    Last(u32),
}

const COMPLETED: u32 = 0;
const DROPPED: u32 = 1;
const BLOCKED: u32 = u32::MAX;
const STREAM_WRITE: u32 = 3;

/// The first handle of the host.
const FIRST: u32 = 10;

#[derive(Default)]
pub(in crate::tests) struct Streams {
    count: u32,
    /// The answers to the next writes. Without one, a write blocks.
    pub(in crate::tests) answers: VecDeque<Take>,
    /// How the next blocked writes end. Without one, the reader takes all bytes.
    pub(in crate::tests) ends: VecDeque<Take>,
    /// The bytes that readers took, by writable end.
    pub(in crate::tests) taken: BTreeMap<u32, Vec<u8>>,
    /// Address and length of each blocked write.
    pending: BTreeMap<u32, (u32, u32)>,
    joined: BTreeMap<u32, u32>,
    pub(in crate::tests) sets: BTreeSet<u32>,
    /// The writable ends that were dropped.
    pub(in crate::tests) ended: Vec<u32>,
    /// Events of the program.
    pub(in crate::tests) events: VecDeque<[u32; 3]>,
    /// The events that the program's callback got.
    pub(in crate::tests) delivered: Vec<[u32; 3]>,
    /// What the program's callback returns.
    pub(in crate::tests) codes: VecDeque<u32>,
}

impl Streams {
    fn handle(&mut self) -> u32 {
        self.count += 1;
        FIRST + self.count
    }

    /// A new stream: the readable end, and the writable one above it.
    pub(super) fn make(&mut self) -> u64 {
        let (readable, writable) = (self.handle(), self.handle());
        self.taken.insert(writable, Vec::new());
        u64::from(writable) << 32 | u64::from(readable)
    }

    fn take(&mut self, memory: &SharedMemory, writable: u32, from: (u32, u32), take: Take) -> u32 {
        let (count, status) = match take {
            Take::Nothing => return BLOCKED,
            Take::Bytes(count) => (count.min(from.1), COMPLETED),
            Take::Last(count) => (count.min(from.1), DROPPED),
        };
        let mut bytes = vec![0; count as usize];
        memory.read(from.0, &mut bytes).unwrap();
        self.taken.get_mut(&writable).unwrap().extend(bytes);
        count << 4 | status
    }

    pub(super) fn write(&mut self, memory: &SharedMemory, writable: u32, from: (u32, u32)) -> u32 {
        assert!(from.1 > 0, "a write of nothing waits for a reader");
        assert!(!self.pending.contains_key(&writable), "one write at a time");
        let answer = self.answers.pop_front().unwrap_or(Take::Nothing);
        let status = self.take(memory, writable, from, answer);
        if status == BLOCKED {
            self.pending.insert(writable, from);
        }
        status
    }

    pub(super) fn end(&mut self, writable: u32) {
        assert!(!self.pending.contains_key(&writable), "a host traps here");
        assert!(self.taken.contains_key(&writable) && !self.ended.contains(&writable));
        assert!(!self.joined.contains_key(&writable));
        self.ended.push(writable);
    }

    pub(super) fn join(&mut self, waitable: u32, set: u32) {
        assert!(!self.ended.contains(&waitable));
        match set {
            0 => self.joined.remove(&waitable),
            set => self.joined.insert(waitable, set),
        };
    }

    pub(in crate::tests) fn new_set(&mut self) -> u32 {
        let set = self.handle();
        self.sets.insert(set);
        set
    }

    pub(super) fn drop_set(&mut self, set: u32) {
        assert!(self.sets.remove(&set), "a set that exists");
        assert!(
            self.joined.values().all(|joined| *joined != set),
            "a host traps here"
        );
    }

    /// The next event of a set: first those of blocked writes.
    pub(in crate::tests) fn event(&mut self, memory: &SharedMemory, set: u32) -> [u32; 3] {
        let mut pending = self.pending.keys().copied();
        let Some(writable) = pending.find(|end| self.joined.get(end) == Some(&set)) else {
            return self.events.pop_front().unwrap_or_default();
        };
        let from = self.pending.remove(&writable).unwrap();
        let end = self.ends.pop_front().unwrap_or(Take::Bytes(u32::MAX));
        [
            STREAM_WRITE,
            writable,
            self.take(memory, writable, from, end),
        ]
    }
}
