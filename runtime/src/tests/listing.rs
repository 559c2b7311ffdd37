//! `fd_readdir`.

use super::guest;
use super::guest::Guest;
use crate::Errno;
use wasi_vfs_format::testing::{directory_node, file, mount};
use wasi_vfs_format::tree::Tree;

#[test]
fn dots_come_first_then_names_in_order() {
    let mut guest = guest();
    let names: Vec<_> = guest
        .list(4, 4096)
        .unwrap()
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(names, [".", "..", "a", "absolute", "big", "up"]);
}

#[test]
fn kinds_and_inodes_are_those_of_stat() {
    let mut guest = guest();
    for entry in guest.list(3, 4096).unwrap() {
        if entry.name != ".." {
            let stat = guest.stat(3, &entry.name, false).unwrap();
            assert_eq!(stat[8..16], entry.inode.to_le_bytes(), "{}", entry.name);
            assert_eq!(stat[16], entry.filetype, "{}", entry.name);
        }
    }
}

#[test]
fn any_buffer_that_holds_an_entry_lists_everything() {
    let mut guest = guest();
    let whole = guest.list(3, 4096).unwrap();
    for len in [24 + 17, 50, 100, 333] {
        assert_eq!(guest.list(3, len).unwrap(), whole, "{len} bytes");
    }
}

#[test]
fn an_entry_that_does_not_fit_is_cut_off() {
    let mut guest = guest();
    let whole = guest.readdir(3, 4096, 0).unwrap();
    for len in [0, 1, 24, 30] {
        assert_eq!(guest.readdir(3, len, 0).unwrap(), whole[..len as usize]);
    }
}

#[test]
fn every_cookie_restarts_where_it_was_given() {
    let mut guest = guest();
    let whole = guest.list(3, 4096).unwrap();
    for (i, entry) in whole.iter().enumerate() {
        let rest = guest.readdir(3, 4096, entry.next).unwrap();
        let mut listed = Vec::new();
        super::guest::parse_entries(&rest, &mut listed);
        assert_eq!(listed, whole[i + 1..]);
    }
    assert!(guest.readdir(3, 4096, u64::MAX).unwrap().is_empty());
}

#[test]
fn a_file_cannot_be_listed() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    assert_eq!(guest.readdir(fd, 100, 0), Err(Errno::NOTDIR));
}

#[test]
fn a_large_directory_lists_and_finds_every_entry() {
    let mut root = directory_node([]);
    for i in 0..10_000 {
        root.children.insert(format!("entry-{i:05}"), file("x"));
    }
    let mounts = vec![mount("/", &[])];
    let mut guest = Guest::new(&Tree { root, mounts }, None);
    assert_eq!(guest.list(3, 4096).unwrap().len(), 10_002);
    assert!(guest.open(3, "entry-07777").is_ok());
}
