//! Numbers, preopens, and what goes to the host.

use super::guest::Guest;
use super::{guest, sample_tree};
use crate::{Errno, Preview1};

fn preopen_name(guest: &mut Guest, fd: u32) -> Result<String, Errno> {
    let code = Preview1::fd_prestat_get(&mut guest.vfs, fd, 0x2000);
    crate::preview1::from_host(code)?;
    assert_eq!(guest.u32_at(0x2000), 0, "a directory");
    let len = guest.u32_at(0x2004);
    let code = Preview1::fd_prestat_dir_name(&mut guest.vfs, fd, 0x3000, len);
    crate::preview1::from_host(code)?;
    Ok(String::from_utf8(guest.bytes(0x3000, len as usize)).unwrap())
}

#[test]
fn our_preopens_follow_the_hosts_without_a_gap() {
    let mut guest = Guest::with_host(&sample_tree(), None, 2);
    assert_eq!(preopen_name(&mut guest, 5).unwrap(), "/");
    assert_eq!(preopen_name(&mut guest, 6).unwrap(), "/lib");
    assert_eq!(preopen_name(&mut guest, 7), Err(Errno::BADF));
}

#[test]
fn without_host_directories_ours_begin_at_three() {
    let mut guest = guest();
    assert_eq!(preopen_name(&mut guest, 3).unwrap(), "/");
    assert!(guest.open(3, "hello").is_ok());
}

#[test]
fn only_a_preopen_has_a_name() {
    let mut guest = guest();
    let fd = guest.open(3, "lib").unwrap();
    assert_eq!(preopen_name(&mut guest, fd), Err(Errno::BADF));
    let code = Preview1::fd_prestat_dir_name(&mut guest.vfs, fd, 0x3000, 100);
    assert_eq!(code, Errno::NOTDIR.0.into());
    let code = Preview1::fd_prestat_dir_name(&mut guest.vfs, 4, 0x3000, 3);
    assert_eq!(code, Errno::NAMETOOLONG.0.into());
}

#[test]
fn looking_for_the_hosts_preopens_leaves_memory_as_it_was() {
    let mut guest = Guest::with_host(&sample_tree(), None, 2);
    let before: Vec<u8> = (0..255).collect();
    guest.put(1000, &before);
    assert_eq!(guest.close(99), Err(Errno::BADF));
    assert_eq!(guest.bytes(1000, before.len()), before);
}

#[test]
fn the_lowest_free_number_is_given_and_used_again() {
    let mut guest = guest();
    assert_eq!(guest.open(3, "hello"), Ok(5));
    assert_eq!(guest.open(3, "empty"), Ok(6));
    guest.close(5).unwrap();
    assert_eq!(guest.open(3, "lib"), Ok(5));
    assert_eq!(guest.close(7), Err(Errno::BADF));
    guest.close(6).unwrap();
    assert_eq!(guest.close(6), Err(Errno::BADF));
}

#[test]
fn host_numbers_are_translated_both_ways() {
    let mut guest = Guest::with_host(&sample_tree(), None, 1);
    // The host has 0 to 3 open and gives 4, which is our first preopen.
    let fd = guest.open(3, "on-the-host").unwrap();
    assert_eq!(fd, 6);
    guest.host.take();
    Preview1::fd_sync(&mut guest.vfs, fd);
    assert_eq!(guest.host.take(), [("fd_sync", vec![4])]);
    guest.close(fd).unwrap();
    assert_eq!(guest.host.take(), [("fd_close", vec![4])]);
}

#[test]
fn standard_output_goes_to_the_host_untouched() {
    let mut guest = guest();
    assert_eq!(Preview1::fd_write(&mut guest.vfs, 1, 11, 22, 33), 0);
    assert_eq!(guest.host.take(), [("fd_write", vec![1, 11, 22, 33])]);
}

#[test]
fn renumber_replaces_across_the_sides() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    assert_eq!(Preview1::fd_renumber(&mut guest.vfs, fd, 0), 0);
    assert_eq!(guest.host.take(), [("fd_close", vec![0])]);
    assert_eq!(guest.read(0, &[5]).unwrap(), b"hello");
    assert_eq!(guest.read(fd, &[5]), Err(Errno::BADF));
}

#[test]
fn renumber_between_files_of_the_image_does_not_ask_the_host() {
    let mut guest = guest();
    let a = guest.open(3, "hello").unwrap();
    let b = guest.open(3, "empty").unwrap();
    guest.read(a, &[7]).unwrap();
    assert_eq!(Preview1::fd_renumber(&mut guest.vfs, a, b), 0);
    assert_eq!(guest.read(b, &[5]).unwrap(), b"world");
    assert!(guest.host.take().is_empty());
    assert_eq!(guest.open(3, "hello"), Ok(a));
}

#[test]
fn renumber_needs_both_numbers_open() {
    let mut guest = guest();
    for (from, to) in [(3, 99), (99, 3)] {
        let code = Preview1::fd_renumber(&mut guest.vfs, from, to);
        assert_eq!(code, Errno::BADF.0.into());
    }
    assert_eq!(Preview1::fd_renumber(&mut guest.vfs, 3, 3), 0);
}

#[test]
fn a_directory_advertises_the_rights_of_directories() {
    let mut guest = guest();
    assert_eq!(Preview1::fd_fdstat_get(&mut guest.vfs, 3, 0x2000), 0);
    let path_open = 1 << 13;
    let readdir = 1 << 14;
    let fd_write = 1 << 6;
    assert_eq!(guest.bytes(0x2000, 1), [3]);
    assert_eq!(
        guest.u64_at(0x2008) & (path_open | readdir),
        path_open | readdir
    );
    assert_eq!(guest.u64_at(0x2010) & fd_write, fd_write);
}

#[test]
fn flags_set_later_are_kept() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    assert_eq!(Preview1::fd_fdstat_set_flags(&mut guest.vfs, fd, 1), 0);
    Preview1::fd_fdstat_get(&mut guest.vfs, fd, 0x2000);
    assert_eq!(guest.bytes(0x2000, 4), [4, 0, 1, 0]);
    let sync = 1 << 4;
    for flags in [1 << 5, sync] {
        let code = Preview1::fd_fdstat_set_flags(&mut guest.vfs, fd, flags);
        assert_eq!(code, Errno::INVAL.0.into());
    }
    let code = Preview1::fd_fdstat_set_flags(&mut guest.vfs, 3, 1);
    assert_eq!(code, Errno::BADF.0.into(), "a directory has no flags");
    let code = Preview1::fd_fdstat_set_rights(&mut guest.vfs, fd, 0, 0);
    assert_eq!(code, Errno::NOTSUP.0.into());
}

#[test]
fn flags_that_cannot_change_stay() {
    const NONBLOCK: u32 = 1 << 2;
    const SYNC: u32 = 1 << 4;
    let mut guest = guest();
    let (path, len) = guest.put_path("hello");
    let vfs = &mut guest.vfs;
    let code = Preview1::path_open(vfs, 3, 0, path, len, 0, 1 << 1, 0, SYNC, 0x2000);
    assert_eq!(code, 0);
    let fd = guest.u32_at(0x2000);
    // As `fcntl` asks that reads the flags before it sets them, and as one that
    // does not.
    for flags in [NONBLOCK | SYNC, NONBLOCK] {
        assert_eq!(Preview1::fd_fdstat_set_flags(&mut guest.vfs, fd, flags), 0);
        Preview1::fd_fdstat_get(&mut guest.vfs, fd, 0x2000);
        assert_eq!(guest.u32_at(0x2002) & 0xffff, NONBLOCK | SYNC);
    }
}

#[test]
fn the_host_opens_nothing_whose_number_has_no_place() {
    let mut guest = Guest::with_host(&sample_tree(), None, 1);
    assert_eq!(guest.close(99), Err(Errno::BADF));
    guest.host.take();
    let (path, len) = guest.put_path("on-the-host");
    let outside = 1 << 20;
    let vfs = &mut guest.vfs;
    let code = Preview1::path_open(vfs, 3, 0, path, len, 0, 1 << 1, 0, 0, outside);
    assert_eq!(code, Errno::FAULT.0.into());
    let code = Preview1::sock_accept(&mut guest.vfs, 3, 0, outside);
    assert_eq!(code, Errno::FAULT.0.into());
    assert_eq!(guest.host.take(), []);
}

#[test]
fn a_memory_that_has_no_page_yet_hides_no_preopen_of_the_host() {
    let mut guest = Guest::with_host(&sample_tree(), None, 1);
    let pages = guest.memory.take();
    assert_eq!(guest.close(99), Err(Errno::BADF));
    guest.memory.set(pages);
    assert_eq!(preopen_name(&mut guest, 4).unwrap(), "/");
}
