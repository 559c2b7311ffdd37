//! Which descriptors count as the host's, whatever the host answers.

use super::fake_host::{Described, FakeHost};
use super::guest::Guest;
use super::sample_tree;
use crate::Errno;
use crate::preview1::Preview1;
use crate::preview1::from_host;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Success, and nothing written.
const DUMMY: Described = Described::Always(0, &[]);

/// A guest on a host that is `changed`, and the calls that the host got at the start.
fn start(preopens: u32, change: impl FnOnce(&mut FakeHost)) -> (Guest, Vec<(&'static str, u32)>) {
    let mut guest = Guest::with_host(&sample_tree(), None, preopens);
    change(&mut guest.vfs.host);
    let _ = guest.close(u32::MAX);
    let calls = guest.host.take_all().into_iter();
    let probes = calls.filter(|(call, _)| *call != "fd_close");
    let probes = probes.map(|(call, arguments)| (call, arguments[0] as u32));
    let probes = probes.collect();
    (guest, probes)
}

fn first_preopen(guest: &mut Guest) -> u32 {
    let is_ours = |fd: &u32| {
        let code = Preview1::fd_prestat_dir_name(&mut guest.vfs, *fd, 0x3000, 1);
        code == 0 && guest.bytes(0x3000, 1) == b"/"
    };
    (3..2000).find(is_ours).unwrap()
}

#[track_caller]
fn assert_first_preopen(expected: u32, preopens: u32, change: impl FnOnce(&mut FakeHost)) {
    let (mut guest, probes) = start(preopens, change);
    assert!(probes.len() <= 12, "{probes:?}");
    assert_eq!(first_preopen(&mut guest), expected);
}

#[test]
fn a_success_without_a_record_hides_no_preopen() {
    assert_first_preopen(3, 0, |host| host.fdstat = DUMMY);
    assert_first_preopen(3, 0, |host| host.prestat = DUMMY);
    assert_first_preopen(3, 0, |host| {
        host.prestat = DUMMY;
        host.fdstat = DUMMY;
    });
    assert_first_preopen(5, 2, |host| host.fdstat = DUMMY);
}

#[test]
fn a_part_of_a_record_hides_no_preopen() {
    for record in [&[0][..], &[0, 0, 0, 0], &[9, 0, 0, 0, 1, 0, 0, 0]] {
        assert_first_preopen(3, 0, |host| host.prestat = Described::Always(0, record));
    }
    for record in [&[8][..], &[0xff; 24]] {
        assert_first_preopen(3, 0, |host| host.fdstat = Described::Always(0, record));
    }
}

#[test]
fn one_description_of_every_number_hides_no_preopen() {
    for record in [&[0; 24], &[2; 24], &[3; 24], &[4; 24]] {
        assert_first_preopen(3, 0, |host| host.fdstat = Described::Always(0, record));
        assert_first_preopen(4, 1, |host| host.fdstat = Described::Always(0, record));
    }
}

#[test]
fn a_host_that_lacks_a_call_hides_no_preopen() {
    for code in [52, 8, 58, -1, 0x10000, i32::MIN] {
        let lacking = Described::Always(code, &[]);
        assert_first_preopen(4, 1, |host| host.fdstat = lacking);
        assert_first_preopen(3, 0, |host| host.prestat = lacking);
    }
}

#[test]
fn a_preopen_under_every_number_ends_the_search() {
    let every = Described::Always(0, &[0, 0, 0, 0, 1, 0, 0, 0]);
    let (mut guest, probes) = start(0, |host| host.prestat = every);
    assert_eq!(probes.len(), 1021);
    assert_eq!(first_preopen(&mut guest), 1024);
}

#[test]
fn an_inherited_descriptor_keeps_its_number() {
    for other in [Errno::BADF, Errno::INVAL, Errno::NOTDIR] {
        assert_first_preopen(5, 0, |host| {
            host.open.extend([3, 4]);
            host.prestat = Described::Honestly(other);
        });
    }
}

#[test]
fn a_number_after_a_gap_is_not_looked_for() {
    assert_first_preopen(4, 1, |host| {
        host.open.insert(5);
    });
}

#[test]
fn few_probes_find_the_preopens() {
    let (_, probes) = start(2, |_| {});
    let expected = [
        ("fd_prestat_get", 3),
        ("fd_prestat_get", 4),
        ("fd_prestat_get", 5),
        ("fd_prestat_get", 1),
        ("fd_fdstat_get", 5),
    ];
    assert_eq!(probes, expected);
}

/// `@tybys/wasm-util` prints an error for an `fd_fdstat_get` that fails.
#[test]
fn a_host_that_tells_closed_from_other_is_not_asked_twice() {
    let tells = Described::Honestly(Errno::INVAL);
    let (_, probes) = start(1, |host| host.prestat = tells);
    assert!(probes.iter().all(|(call, _)| *call == "fd_prestat_get"));
}

/// Calls while the host throws; whether it did.
fn throws(guest: &mut Guest) -> bool {
    catch_unwind(AssertUnwindSafe(|| guest.close(9))).is_err()
}

#[test]
fn a_host_that_throws_leaves_the_bytes_of_the_guest() {
    let rodata: Vec<u8> = (0..255).collect();
    let mut guest = Guest::with_host(&sample_tree(), None, 0);
    guest.put(1000, &rodata);
    guest.vfs.host.prestat = Described::Throwing;
    assert!(throws(&mut guest) && throws(&mut guest));
    guest.vfs.host.prestat = Described::Honestly(Errno::BADF);
    assert_eq!(guest.close(9), Err(Errno::BADF));
    assert_eq!(guest.bytes(1000, rodata.len()), rodata);
}

#[test]
fn bytes_written_after_a_host_threw_stay() {
    let mut guest = Guest::with_host(&sample_tree(), None, 0);
    guest.vfs.host.prestat = Described::Throwing;
    assert!(throws(&mut guest));
    guest.put(1020, b"written since");
    guest.vfs.host.prestat = Described::Honestly(Errno::BADF);
    assert_eq!(guest.close(9), Err(Errno::BADF));
    assert_eq!(guest.bytes(1020, 13), b"written since");
}

#[test]
fn wasi_libc_finds_no_preopen_behind_an_inherited_descriptor() {
    let (mut guest, _) = start(0, |host| {
        host.open.insert(3);
    });
    // wasi-libc asks from 3 on, and stops at the first `BADF`.
    let code = Preview1::fd_prestat_get(&mut guest.vfs, 3, 0x2000);
    assert_eq!(from_host(code), Err(Errno::BADF));
    assert_eq!(first_preopen(&mut guest), 4);
    let documented = include_str!("../../../docs/RUNTIME.md");
    let sentence = "wasi-libc stops at the first number without a preopen";
    assert!(documented.contains(sentence));
}
