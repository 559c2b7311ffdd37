//! Descriptors that the program got from another import than preview 1's.

use super::fake_host::Described;
use super::guest::Guest;
use super::{guest, sample_tree};
use crate::preview1::{Result, from_host};
use crate::{Errno, Preview1};

/// A number that the host has opened on another import's behalf.
const FOREIGN: u32 = 7;

/// The preopens of the guest are 3 and 4.
fn guest_with_foreign() -> Guest {
    let mut guest = guest();
    guest.vfs.host.open.insert(FOREIGN);
    guest
}

fn sync(guest: &mut Guest, fd: u32) -> Result {
    from_host(Preview1::fd_sync(&mut guest.vfs, fd))
}

fn renumber(guest: &mut Guest, from: u32, to: u32) -> Result {
    from_host(Preview1::fd_renumber(&mut guest.vfs, from, to))
}

fn open_files(guest: &mut Guest, count: u32) -> Vec<u32> {
    let open = |_| guest.open(3, "hello").unwrap();
    (0..count).map(open).collect()
}

#[test]
fn a_foreign_number_reaches_the_host() {
    let mut guest = guest_with_foreign();
    assert_eq!(sync(&mut guest, FOREIGN), Ok(()));
    assert_eq!(guest.host.take(), [("fd_sync", vec![7])]);
    assert_eq!(sync(&mut guest, 99), Err(Errno::BADF));
    assert_eq!(guest.host.take(), [("fd_sync", vec![99])]);
}

#[test]
fn no_file_gets_a_foreign_number_in_use() {
    let mut guest = guest_with_foreign();
    sync(&mut guest, FOREIGN).unwrap();
    assert_eq!(open_files(&mut guest, 4), [5, 6, 8, 9]);
    guest.host.take();
    sync(&mut guest, FOREIGN).unwrap();
    assert_eq!(guest.host.take(), [("fd_sync", vec![7])]);
}

#[test]
fn a_host_that_cannot_tell_keeps_its_number() {
    for fdstat in [Described::Always(0, &[]), Described::Always(52, &[])] {
        let mut guest = guest_with_foreign();
        sync(&mut guest, FOREIGN).unwrap();
        guest.vfs.host.fdstat = fdstat;
        assert_eq!(open_files(&mut guest, 3), [5, 6, 8]);
    }
}

#[test]
fn a_number_that_the_host_never_had_is_given_out() {
    let mut guest = guest();
    for fd in [5, 6] {
        assert_eq!(sync(&mut guest, fd), Err(Errno::BADF));
    }
    assert_eq!(open_files(&mut guest, 2), [5, 6]);
}

#[test]
fn a_closed_foreign_number_is_free() {
    for first_used in [true, false] {
        let mut guest = guest_with_foreign();
        if first_used {
            sync(&mut guest, FOREIGN).unwrap();
        }
        guest.close(FOREIGN).unwrap();
        assert_eq!(open_files(&mut guest, 3), [5, 6, 7]);
    }
}

#[test]
fn a_number_that_the_host_has_for_another_is_bad() {
    let mut guest = Guest::with_host(&sample_tree(), None, 1);
    assert_eq!(guest.open(3, "on-the-host"), Ok(6));
    // Ours is closed, and 4 is the host's number behind 6.
    guest.close(4).unwrap();
    guest.host.take();
    assert_eq!(sync(&mut guest, 4), Err(Errno::BADF));
    assert!(guest.host.take().is_empty());
}

#[test]
fn a_file_takes_the_place_of_a_foreign_descriptor() {
    let mut guest = guest_with_foreign();
    let [fd] = open_files(&mut guest, 1)[..] else {
        panic!()
    };
    renumber(&mut guest, fd, FOREIGN).unwrap();
    assert_eq!(guest.read(FOREIGN, &[5]).unwrap(), b"hello");
    assert!(!guest.vfs.host.open.contains(&FOREIGN));
    assert_eq!(guest.open(3, "hello"), Ok(fd));
}

#[test]
fn a_foreign_descriptor_takes_the_place_of_a_file() {
    let mut guest = guest_with_foreign();
    let fd = guest.open(3, "hello").unwrap();
    renumber(&mut guest, FOREIGN, fd).unwrap();
    guest.host.take();
    sync(&mut guest, fd).unwrap();
    assert_eq!(guest.host.take(), [("fd_sync", vec![7])]);
    assert_eq!(sync(&mut guest, FOREIGN), Err(Errno::BADF));
}

#[test]
fn a_renumbered_foreign_descriptor_stays_the_hosts() {
    let mut guest = guest_with_foreign();
    guest.vfs.host.open.insert(8);
    renumber(&mut guest, FOREIGN, 8).unwrap();
    assert_eq!(guest.host.take(), [("fd_renumber", vec![7, 8])]);
    assert_eq!(open_files(&mut guest, 4), [5, 6, 7, 9]);
}

#[test]
fn an_open_below_a_foreign_directory_is_translated() {
    let mut guest = guest_with_foreign();
    let fd = guest.open(FOREIGN, "on-the-host").unwrap();
    assert_eq!(fd, 5, "the lowest number of ours, for the host's 3");
    guest.host.take();
    sync(&mut guest, fd).unwrap();
    assert_eq!(guest.host.take(), [("fd_sync", vec![3])]);
}

#[test]
fn a_host_that_has_every_number_open_takes_little_memory() {
    let mut guest = guest();
    guest.vfs.host.forced.insert("fd_sync", 0);
    for fd in [1 << 20, u32::MAX - 1, u32::MAX] {
        sync(&mut guest, fd).unwrap();
    }
    assert_eq!(open_files(&mut guest, 2), [5, 6]);
}
