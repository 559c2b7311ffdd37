//! Streams of packed files that the host reads.

use super::Component;
use crate::component::ErrorCode;
use crate::preview3::Preview3;
use crate::tests::big;
use crate::tests::component::LOWERING;
use crate::tests::component::streams::{Streams, Take};
use std::cell::RefMut;

/// Codes of a task: it has finished, or waits for a set.
const EXIT: u32 = 0;
const WAIT: u32 = 2;
/// An event of the program.
const SUBTASK: [u32; 3] = [1, 77, 2];
/// Where a program expects events.
const EVENT: u32 = 0x3000;

impl Component {
    fn streams(&self) -> RefMut<'_, Streams> {
        self.host.streams.borrow_mut()
    }

    /// Gives a stream to the host. Returns both ends of the host's stream.
    fn hand_over(&self, stream: u32) -> (u32, u32) {
        let readable = self.server.bytes_hand_over(stream, LOWERING);
        (readable, readable + 1)
    }

    /// Gives the host the stream of the file at a path. Returns the writable end and the
    /// future of the file.
    fn give(&self, path: &str) -> (u32, u32) {
        let (stream, future) = self.bytes_at(path);
        (self.hand_over(stream).1, future)
    }

    fn taken(&self, writable: u32) -> Vec<u8> {
        self.streams().taken[&writable].clone()
    }

    fn has_ended(&self, writable: u32) -> bool {
        self.streams().ended.contains(&writable)
    }

    /// Delivers events to a task that returned `code`, until it returns another one.
    fn run(&self, code: u32) -> u32 {
        let mut next = code;
        while next == code {
            let event = self.streams().event(&self.memory, code >> 4);
            assert_ne!(event, [0; 3], "nothing would wake the task");
            let [event, waitable, status] = event;
            let server = &*self.server;
            next = server.task_callback(event, waitable, status, LOWERING);
        }
        next
    }

    /// Runs a task to its end that waited for a set of its own.
    fn finish(&self) {
        let set = self.streams().new_set();
        self.streams().events.push_back(SUBTASK);
        let code = self.server.task_returned(set << 4 | WAIT, LOWERING);
        assert_eq!(code, set << 4 | WAIT);
        assert_eq!(self.run(code), EXIT);
        assert_eq!(self.streams().delivered, [SUBTASK]);
        self.server.set_drop(set, LOWERING);
    }
}

#[test]
fn a_file_goes_to_the_host_while_the_task_waits() {
    for path in ["empty", "hello", "lib/big"] {
        let component = Component::new();
        let (writable, future) = component.give(path);
        component.finish();
        let expected = match path {
            "empty" => Vec::new(),
            "hello" => b"hello, world".into(),
            _ => big(),
        };
        assert!(component.taken(writable) == expected, "{path}");
        assert!(component.has_ended(writable), "{path}");
        assert_eq!(component.outcome(future), Ok(()), "{path}");
        assert!(component.streams().sets.is_empty());
    }
}

#[test]
fn a_host_takes_bytes_in_parts() {
    let component = Component::new();
    let answers = [
        Take::Bytes(5),
        Take::Bytes(1),
        Take::Nothing,
        Take::Bytes(60_000),
    ];
    component.streams().answers.extend(answers);
    component
        .streams()
        .ends
        .extend([Take::Bytes(3), Take::Bytes(1)]);
    let (writable, _) = component.give("lib/big");
    component.finish();
    assert!(component.taken(writable) == big());
}

#[test]
fn a_stream_goes_on_where_the_program_stopped() {
    let component = Component::new();
    let (stream, _) = component.bytes_at("lib/big");
    let mut read = component.read(stream, 100_001).unwrap();
    let (_, writable) = component.hand_over(stream);
    component.finish();
    read.extend(component.taken(writable));
    assert!(read == big());
}

#[test]
fn a_reader_that_leaves_ends_the_pump() {
    let component = Component::new();
    component.streams().ends.push_back(Take::Last(10));
    let (writable, future) = component.give("lib/big");
    component.finish();
    assert_eq!(component.taken(writable), big()[..10]);
    assert!(component.has_ended(writable));
    assert_eq!(component.outcome(future), Ok(()));
    component.streams().answers.push_back(Take::Last(0));
    let (writable, future) = component.give("hello");
    assert!(component.has_ended(writable));
    assert_eq!(component.outcome(future), Ok(()));
}

#[test]
fn damage_ends_the_stream_and_fails_the_future() {
    let component = Component::damaged();
    let (writable, future) = component.give("lib/big");
    component.finish();
    let taken = component.taken(writable);
    assert!(!taken.is_empty() && taken.len() < big().len());
    assert!(big().starts_with(&taken));
    assert!(component.has_ended(writable));
    assert_eq!(component.outcome(future), Err(ErrorCode::IO));
}

#[test]
fn a_directory_gives_an_empty_stream() {
    let component = Component::new();
    let (stream, future) = component.bytes_of(component.root(), 0);
    let (_, writable) = component.hand_over(stream);
    assert!(component.has_ended(writable));
    assert_eq!(component.outcome(future), Err(ErrorCode::IS_DIRECTORY));
}

#[test]
fn a_stream_of_the_host_stays() {
    let component = Component::new();
    assert_eq!(component.server.bytes_hand_over(5, LOWERING), 5);
    assert!(component.streams().taken.is_empty());
}

/// The program's task returns before the host has read anything.
#[test]
fn a_task_lives_until_its_pumps_have_finished() {
    let component = Component::new();
    let [first, second] = ["lib/big", "hello"].map(|path| component.give(path).0);
    let code = component.server.task_returned(EXIT, LOWERING);
    assert_eq!(code & 0xf, WAIT);
    assert_eq!(component.run(code), EXIT);
    assert!(component.taken(first) == big());
    assert_eq!(component.taken(second), b"hello, world");
    let streams = component.streams();
    assert!(streams.sets.is_empty() && streams.delivered.is_empty());
}

#[test]
fn a_task_without_pumps_ends_at_once() {
    let component = Component::new();
    let server = &*component.server;
    assert_eq!(server.task_returned(EXIT, LOWERING), EXIT);
    server.task_ended(LOWERING);
    assert!(component.streams().sets.is_empty());
    const YIELD: u32 = 1;
    component.give("hello");
    assert_eq!(server.task_returned(YIELD, LOWERING), YIELD);
}

/// A task that waits for its pumps keeps them when another task waits for events.
#[test]
fn tasks_do_not_take_the_pumps_of_a_finished_one() {
    let component = Component::new();
    let (first, _) = component.give("lib/big");
    let finished = component.server.task_returned(EXIT, LOWERING);
    let (second, _) = component.give("hello");
    component.finish();
    assert_eq!(component.taken(second), b"hello, world");
    assert!(component.taken(first).is_empty());
    assert_eq!(component.run(finished), EXIT);
    assert!(component.taken(first) == big());
}

/// A host may already deliver an event of the set to the task that waits for it.
#[test]
fn tasks_do_not_take_the_pumps_of_a_waiting_one() {
    let component = Component::new();
    let server = &*component.server;
    let [first, second] = [(); 2].map(|()| component.streams().new_set() << 4 | WAIT);
    let (writable, _) = component.give("lib/big");
    assert_eq!(server.task_returned(first, LOWERING), first);
    assert_eq!(server.task_returned(second, LOWERING), second);
    assert_eq!(server.task_returned(EXIT, LOWERING), EXIT);
    server.task_ended(LOWERING);
    component.streams().events.push_back(SUBTASK);
    component.run(first);
    assert!(component.taken(writable) == big());
}

#[test]
fn a_task_without_a_callback_waits_for_its_pumps() {
    let component = Component::new();
    let [first, second] = ["lib/big", "hello"].map(|path| component.give(path).0);
    component.server.task_ended(LOWERING);
    assert!(component.taken(first) == big());
    assert_eq!(component.taken(second), b"hello, world");
    assert!(component.streams().sets.is_empty());
}

#[test]
fn waiting_serves_pumps_and_returns_the_events_of_the_program() {
    let component = Component::new();
    let server = &*component.server;
    let set = component.streams().new_set();
    type Wait = fn(&Component, u32) -> u32;
    let wait: Wait = |component, set| component.server.set_wait(set, EVENT, LOWERING);
    let poll: Wait = |component, set| component.server.set_poll(set, EVENT, LOWERING);
    for wait in [wait, poll] {
        let (writable, _) = component.give("lib/big");
        component.streams().events.push_back(SUBTASK);
        assert_eq!(wait(&component, set), SUBTASK[0]);
        assert_eq!(
            [EVENT, EVENT + 4].map(|at| component.u32_at(at)),
            SUBTASK[1..]
        );
        assert!(component.taken(writable) == big());
    }
    server.set_drop(set, LOWERING);
}

/// A host traps when a program drops a set that is not empty.
#[test]
fn a_dropped_set_leaves_its_pumps_to_the_next_one() {
    let component = Component::new();
    let server = &*component.server;
    let (writable, _) = component.give("hello");
    let set = component.streams().new_set();
    server.task_returned(set << 4 | WAIT, LOWERING);
    server.set_drop(set, LOWERING);
    component.finish();
    assert_eq!(component.taken(writable), b"hello, world");
}

#[test]
fn finished_pumps_leave_their_buffer_to_the_next_one() {
    let component = Component::new();
    let long = |component: &Component| {
        let allocations = component.host.allocations.borrow();
        allocations
            .iter()
            .filter(|(_, _, len)| *len == 64 << 10)
            .count()
    };
    for _ in 0..3 {
        component.give("hello");
        component.server.task_ended(LOWERING);
    }
    assert_eq!(long(&component), 1);
    component.give("hello");
    component.give("hello");
    assert_eq!(long(&component), 2);
}

#[test]
fn a_pump_without_memory_fails_the_future() {
    let component = Component::new();
    let (stream, future) = component.bytes_at("hello");
    component.host.allowed.set(0);
    let (_, writable) = component.hand_over(stream);
    assert!(component.has_ended(writable));
    let outcome = component.outcome(future);
    assert_eq!(outcome, Err(ErrorCode::INSUFFICIENT_MEMORY));
}
