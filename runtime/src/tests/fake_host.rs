//! A host that hands out numbers, remembers how it was called, and fills the
//! events of a poll.

use super::guest::SharedMemory;
use crate::Errno;
use crate::guest::{Fault, Memory};
use crate::preview1::{Preview1, for_each_call};
use crate::preview1::{eventtype, subscription};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A call and its arguments.
type Call = (&'static str, Vec<u64>);

/// The host's memory of what happened, shared with the test.
#[derive(Clone, Debug, Default)]
pub(super) struct HostLog(Rc<RefCell<Vec<Call>>>);

impl HostLog {
    /// The calls since the last time, without those that look for preopens.
    pub(super) fn take(&self) -> Vec<Call> {
        let mut calls = self.0.take();
        calls.retain(|(call, _)| !is_probe(call));
        calls
    }

    /// All calls since the last time.
    pub(super) fn take_all(&self) -> Vec<Call> {
        self.0.take()
    }
}

/// What a host throws.
pub(super) const THROWN: &str = "this host lacks the call";

/// The calls by which the runtime finds what the host has open.
fn is_probe(call: &str) -> bool {
    matches!(call, "fd_prestat_get" | "fd_fdstat_get")
}

/// How a host answers a call that describes a descriptor.
#[derive(Clone, Copy, Debug)]
pub(super) enum Described {
    /// As the specification says; the other errno for what it does not describe.
    Honestly(Errno),
    /// The same to every number, which may be success, and writes these bytes.
    Always(i32, &'static [u8]),
    /// Throws, as a panic.
    Throwing,
}

pub(super) struct FakeHost {
    pub(super) memory: SharedMemory,
    pub(super) log: HostLog,
    pub(super) preopens: BTreeSet<u32>,
    pub(super) open: BTreeSet<u32>,
    /// Calls that do nothing and return this.
    pub(super) forced: BTreeMap<&'static str, i32>,
    /// `fd_prestat_get`: the errno is that of an open descriptor that is no preopen.
    pub(super) prestat: Described,
    /// `fd_fdstat_get`: the errno is that of a number that is not open.
    pub(super) fdstat: Described,
}

impl FakeHost {
    pub(super) fn new(memory: SharedMemory, preopen_count: u32) -> Self {
        let preopens: BTreeSet<u32> = (3..3 + preopen_count).collect();
        Self {
            memory,
            log: HostLog::default(),
            open: preopens.iter().copied().chain(0..3).collect(),
            preopens,
            forced: BTreeMap::new(),
            prestat: Described::Honestly(Errno::BADF),
            fdstat: Described::Honestly(Errno::BADF),
        }
    }

    fn fd_prestat(&mut self, fd: u32, at: u32) -> i32 {
        match self.prestat {
            Described::Honestly(_) if self.preopens.contains(&fd) => {
                // Padding is what the host makes of it, and must not stay there.
                let record = [0, 0xff, 0xff, 0xff, 4, 0, 0, 0];
                self.write(at, &record, 0)
            }
            Described::Honestly(other) if self.open.contains(&fd) => other.0.into(),
            Described::Honestly(_) => Errno::BADF.0.into(),
            Described::Always(code, bytes) => self.write(at, bytes, code),
            Described::Throwing => panic!("{THROWN}"),
        }
    }

    fn fd_fdstat(&mut self, fd: u32, at: u32) -> i32 {
        match self.fdstat {
            Described::Honestly(_) if self.open.contains(&fd) => {
                let mut record = [0xff; 24];
                record[0] = if self.preopens.contains(&fd) { 3 } else { 6 };
                self.write(at, &record, 0)
            }
            Described::Honestly(errno) => errno.0.into(),
            Described::Always(code, bytes) => self.write(at, bytes, code),
            Described::Throwing => panic!("{THROWN}"),
        }
    }

    /// A host checks where it writes.
    fn write(&mut self, at: u32, bytes: &[u8], code: i32) -> i32 {
        match self.memory.write(at, bytes) {
            Ok(()) => code,
            Err(Fault) => Errno::FAULT.0.into(),
        }
    }

    /// Opens the lowest number.
    fn hand_out(&mut self, at: u32) -> i32 {
        let is_free = |number: &u32| !self.open.contains(number);
        let number = (0..).find(is_free).unwrap_or(0);
        self.open.insert(number);
        self.write(at, &number.to_le_bytes(), 0)
    }

    fn serve(&mut self, call: &'static str, arguments: &[u64]) -> i32 {
        // The descriptor, but for one call.
        let position = if call == "path_symlink" { 2 } else { 0 };
        let first = arguments.get(position).copied().unwrap_or_default() as u32;
        self.log.0.borrow_mut().push((call, arguments.to_vec()));
        if let Some(code) = self.forced.get(call) {
            return *code;
        }
        match call {
            "fd_prestat_get" => self.fd_prestat(first, arguments[1] as u32),
            "fd_fdstat_get" => self.fd_fdstat(first, arguments[1] as u32),
            "poll_oneoff" => self.poll(arguments),
            "path_open" if self.open.contains(&first) => self.hand_out(arguments[8] as u32),
            "sock_accept" if self.open.contains(&first) => self.hand_out(arguments[2] as u32),
            "fd_close" if self.open.remove(&first) => 0,
            "fd_renumber" if self.open.remove(&first) => 0,
            _ if self.open.contains(&first) => 0,
            _ => i32::from(Errno::BADF.0),
        }
    }

    /// Every subscription happens at once.
    fn poll(&mut self, arguments: &[u64]) -> i32 {
        let [subscriptions, events, count, event_count] = *arguments else {
            return 1;
        };
        for i in 0..count {
            let mut asked = [0; subscription::LEN];
            let address = subscriptions + i * subscription::LEN as u64;
            self.memory.copy_out(address as u32, &mut asked);
            let mut event = [0; 32];
            event[..8].copy_from_slice(&asked[..8]);
            event[10] = asked[8];
            if asked[8] != eventtype::CLOCK {
                // Tells the test which descriptor the host was asked about.
                event[16..20].copy_from_slice(&asked[16..20]);
            }
            self.memory.copy_in((events + i * 32) as u32, &event);
        }
        self.memory
            .copy_in(event_count as u32, &(count as u32).to_le_bytes());
        0
    }
}

macro_rules! serve_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        impl Preview1 for FakeHost {
            $(fn $call(&mut self, $($parameter: $type),*) -> i32 {
                self.serve(stringify!($call), &[$($parameter as u64),*])
            })*
        }
    };
}
for_each_call!(serve_calls);
