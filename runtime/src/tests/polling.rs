//! `poll_oneoff`.

use super::guest::{BUFFER, Guest};
use super::{guest, sample_tree};
use crate::{Errno, Preview1};

const SUBSCRIPTIONS: u32 = 0x6000;
const COUNT: u32 = 0x2000;

const CLOCK: u8 = 0;
const FD_READ: u8 = 1;

/// Polls for these tags and descriptors, with user data 100, 101, ... Gives
/// user data, error, type and bytes of each event.
fn poll(guest: &mut Guest, asked: &[(u8, u32)]) -> Vec<(u64, u16, u8, u64)> {
    for (i, &(tag, fd)) in asked.iter().enumerate() {
        let at = SUBSCRIPTIONS + 48 * i as u32;
        guest.put(at, &[0; 48]);
        guest.put(at, &(100 + i as u64).to_le_bytes());
        guest.put(at + 8, &[tag]);
        guest.put(at + 16, &fd.to_le_bytes());
    }
    let len = 48 * asked.len();
    let before = guest.bytes(SUBSCRIPTIONS, len);
    let count = asked.len() as u32;
    let code = Preview1::poll_oneoff(&mut guest.vfs, SUBSCRIPTIONS, BUFFER, count, COUNT);
    assert_eq!(code, 0);
    assert_eq!(
        guest.bytes(SUBSCRIPTIONS, len),
        before,
        "subscriptions are put back"
    );
    let event = |i| {
        let at = BUFFER + 32 * i;
        let bytes = guest.bytes(at, 32);
        let error = u16::from_le_bytes([bytes[8], bytes[9]]);
        (guest.u64_at(at), error, bytes[10], guest.u64_at(at + 16))
    };
    (0..guest.u32_at(COUNT)).map(event).collect()
}

#[test]
fn a_file_of_the_image_is_ready_with_what_is_left_of_it() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    guest.read(fd, &[2]).unwrap();
    assert_eq!(poll(&mut guest, &[(FD_READ, fd)]), [(100, 0, FD_READ, 10)]);
    assert!(guest.host.take().is_empty());
}

#[test]
fn what_concerns_the_host_alone_goes_there_as_it_is() {
    let mut guest = guest();
    let events = poll(&mut guest, &[(CLOCK, 0), (FD_READ, 0)]);
    assert_eq!(events, [(100, 0, CLOCK, 0), (101, 0, FD_READ, 0)]);
}

#[test]
fn host_numbers_are_translated_for_the_call() {
    let mut guest = Guest::with_host(&sample_tree(), None, 1);
    let fd = guest.open(3, "on-the-host").unwrap();
    let events = poll(&mut guest, &[(FD_READ, fd)]);
    assert_eq!(events, [(100, 0, FD_READ, 4)]);
}

#[test]
fn a_ready_file_does_not_hide_what_the_host_has() {
    let mut guest = Guest::with_host(&sample_tree(), None, 1);
    let on_host = guest.open(3, "on-the-host").unwrap();
    let ours = guest.open(4, "hello").unwrap();
    let events = poll(
        &mut guest,
        &[(FD_READ, ours), (FD_READ, on_host), (CLOCK, 0)],
    );
    assert_eq!(
        events,
        [
            (101, 0, FD_READ, 4),
            (102, 0, CLOCK, 0),
            (100, 0, FD_READ, 12)
        ]
    );
}

#[test]
fn events_may_take_the_place_of_their_subscriptions() {
    let mut guest = Guest::with_host(&sample_tree(), None, 1);
    let on_host = guest.open(3, "on-the-host").unwrap();
    let ours = guest.open(4, "hello").unwrap();
    for (fds, numbers) in [(vec![on_host], vec![4]), (vec![ours, on_host], vec![4, 12])] {
        for (i, &fd) in fds.iter().enumerate() {
            let at = SUBSCRIPTIONS + 48 * i as u32;
            guest.put(at, &[0; 48]);
            guest.put(at + 8, &[FD_READ]);
            guest.put(at + 16, &fd.to_le_bytes());
        }
        let (events, count) = (SUBSCRIPTIONS, fds.len() as u32);
        // The count lies over a subscription, too.
        let at = SUBSCRIPTIONS + 48 * count - 8;
        let vfs = &mut guest.vfs;
        assert_eq!(Preview1::poll_oneoff(vfs, events, events, count, at), 0);
        assert_eq!(guest.u32_at(at), count);
        for (i, number) in numbers.into_iter().enumerate() {
            assert_eq!(guest.u64_at(events + 32 * i as u32 + 16), number);
        }
    }
}

#[test]
fn a_directory_of_the_image_is_an_event_with_an_error() {
    let mut guest = guest();
    let events = poll(&mut guest, &[(FD_READ, 3)]);
    assert_eq!(events, [(100, Errno::BADF.0, FD_READ, 0)]);
}

#[test]
fn the_host_says_what_an_unknown_number_is() {
    let mut guest = guest();
    let events = poll(&mut guest, &[(FD_READ, 99)]);
    assert_eq!(events, [(100, 0, FD_READ, 99)]);
}

#[test]
fn a_closed_number_is_not_the_hosts_of_that_number() {
    let mut guest = Guest::with_host(&sample_tree(), None, 1);
    guest.open(3, "on-the-host").unwrap();
    guest.close(4).unwrap();
    let events = poll(&mut guest, &[(FD_READ, 4)]);
    assert_eq!(events, [(100, 0, FD_READ, u32::MAX.into())]);
}

#[test]
fn arrays_outside_memory_are_a_fault() {
    let mut guest = guest();
    let vfs = &mut guest.vfs;
    for (subscriptions, events, count) in [(u32::MAX, 0, 1), (0, u32::MAX, 1), (0, 0, u32::MAX)] {
        let code = Preview1::poll_oneoff(vfs, subscriptions, events, count, COUNT);
        assert_eq!(code, Errno::FAULT.0.into());
    }
}
