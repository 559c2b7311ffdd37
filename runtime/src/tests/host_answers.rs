//! Answers of a host that breaks the specification.

use super::guest::Guest;
use super::sample_tree;
use crate::{Errno, Preview1};

/// The host's preopen is 3, ours are 4 and 5, and its next number is 4.
fn guest() -> Guest {
    let mut guest = Guest::with_host(&sample_tree(), None, 1);
    assert_eq!(guest.close(99), Err(Errno::BADF));
    guest
}

#[test]
fn an_open_without_a_number_is_an_error() {
    let mut guest = guest();
    for call in ["path_open", "sock_accept"] {
        guest.vfs.host.forced.insert(call, 0);
    }
    for _ in 0..3 {
        assert_eq!(guest.open(3, "on-the-host"), Err(Errno::IO));
    }
    let code = Preview1::sock_accept(&mut guest.vfs, 3, 0, 0x2000);
    assert_eq!(code, i32::from(Errno::IO.0));
}

/// As hosts do that unwind the program with Asyncify.
#[test]
fn a_repeated_open_finds_the_number_of_the_first() {
    let mut guest = guest();
    guest.vfs.host.forced.insert("path_open", 0);
    assert_eq!(guest.open(3, "on-the-host"), Err(Errno::IO));
    guest.put(0x2000, &9_u32.to_le_bytes());
    assert_eq!(guest.open(3, "on-the-host"), Ok(6));
    guest.host.take();
    Preview1::fd_sync(&mut guest.vfs, 6);
    assert_eq!(guest.host.take(), [("fd_sync", vec![9])]);
    assert_eq!(
        guest.open(3, "on-the-host"),
        Err(Errno::IO),
        "no number this time"
    );
}

#[test]
fn a_failed_open_leaves_memory_as_it_was() {
    let mut guest = guest();
    guest.vfs.host.forced.insert("path_open", 44);
    guest.put(0x2000, b"kept");
    assert_eq!(guest.open(3, "missing"), Err(Errno::NOENT));
    assert_eq!(guest.bytes(0x2000, 4), b"kept");
}

#[test]
fn a_number_may_take_the_place_of_its_path() {
    let mut guest = guest();
    let (path, len) = guest.put_path("on-the-host");
    let vfs = &mut guest.vfs;
    let code = Preview1::path_open(vfs, 3, 0, path, len, 0, 2, 0, 0, path);
    assert_eq!((code, guest.u32_at(path)), (0, 6));
    guest.vfs.host.forced.insert("path_open", 44);
    let (path, len) = guest.put_path("on-the-host");
    let vfs = &mut guest.vfs;
    Preview1::path_open(vfs, 3, 0, path, len, 0, 2, 0, 0, path);
    assert_eq!(guest.bytes(path, 4), b"on-t", "the host read its path");
}

#[test]
fn a_code_beyond_16_bits_opens_nothing() {
    let mut guest = guest();
    guest.vfs.host.forced.insert("path_open", 0x10000);
    assert_eq!(guest.open(3, "on-the-host"), Err(Errno::IO));
}

#[test]
fn a_number_whose_close_failed_is_not_the_next_files() {
    let mut guest = guest();
    let stale = guest.open(3, "on-the-host").unwrap();
    // The host closes it and reports an error.
    guest.vfs.host.forced.insert("fd_close", 29);
    assert_eq!(guest.close(stale), Err(Errno::IO));
    guest.vfs.host.open.remove(&4);
    guest.vfs.host.forced.clear();
    let fresh = guest.open(3, "another").unwrap();
    assert_ne!(fresh, stale);
    guest.host.take();
    let code = Preview1::fd_sync(&mut guest.vfs, stale);
    assert_ne!(code, 0, "the guest would write to another file");
    assert_eq!(Preview1::fd_sync(&mut guest.vfs, fresh), 0);
}

#[test]
fn a_host_that_lacks_close_leaves_a_number_open() {
    let mut guest = guest();
    let fd = guest.open(3, "on-the-host").unwrap();
    guest.vfs.host.forced.insert("fd_close", 52);
    assert_eq!(guest.close(fd), Err(Errno::NOSYS));
    let other = guest.open(3, "another").unwrap();
    assert_ne!(fd, other);
    for fd in [fd, other] {
        assert_eq!(Preview1::fd_sync(&mut guest.vfs, fd), 0);
    }
}

#[test]
fn a_poll_without_events_has_none() {
    let mut guest = guest();
    let fd = guest.open(3, "on-the-host").unwrap();
    guest.vfs.host.forced.insert("poll_oneoff", 0);
    guest.put(0x6000, &[0; 48]);
    guest.put(0x6008, &[1]);
    guest.put(0x6010, &fd.to_le_bytes());
    guest.put(0x2000, &[1, 0, 0, 0]);
    let vfs = &mut guest.vfs;
    let code = Preview1::poll_oneoff(vfs, 0x6000, 0x4000, 1, 0x2000);
    assert_eq!((code, guest.u32_at(0x2000)), (0, 0));
}
