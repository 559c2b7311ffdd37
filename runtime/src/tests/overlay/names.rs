//! Changed names.

use super::*;

#[test]
fn packed_names_are_removed_and_made_again() {
    let mut guest = guest();
    unlink(&mut guest, "hello").unwrap();
    assert_eq!(guest.open(3, "hello"), Err(Errno::NOENT));
    assert!(!names(&mut guest, ".").contains(&"hello".to_owned()));
    let fd = create(&mut guest, "hello");
    guest.write(fd, b"new").unwrap();
    assert_eq!(content(&mut guest, "hello"), b"new");
    unlink(&mut guest, "hello").unwrap();
    assert_eq!(guest.open(3, "hello"), Err(Errno::NOENT));
}

#[test]
fn a_directory_made_again_is_empty() {
    let mut guest = guest();
    unlink(&mut guest, "lib/a/deep").unwrap();
    rmdir(&mut guest, "lib/a").unwrap();
    mkdir(&mut guest, "lib/a").unwrap();
    assert!(names(&mut guest, "lib/a").is_empty());
    assert_eq!(guest.open(3, "lib/a/deep"), Err(Errno::NOENT));
}

#[test]
fn a_moved_packed_directory_keeps_what_is_below() {
    let mut guest = guest();
    mkdir(&mut guest, "new").unwrap();
    let inode = stat(&mut guest, "lib/a")[0];
    guest.rename(3, "lib/a", 3, "new/b").unwrap();
    assert_eq!(content(&mut guest, "new/b/deep"), b"deep down");
    assert_eq!(content(&mut guest, "new/b/../../hello"), b"hello, world");
    assert_eq!(stat(&mut guest, "new/b")[0], inode);
    assert_eq!(guest.open(3, "lib/a/deep"), Err(Errno::NOENT));
    assert_eq!(names(&mut guest, "new"), ["b"]);
}

#[test]
fn a_directory_does_not_move_into_itself() {
    let mut guest = guest();
    mkdir(&mut guest, "new").unwrap();
    mkdir(&mut guest, "new/in").unwrap();
    assert_eq!(guest.rename(3, "new", 3, "new/in/x"), Err(Errno::INVAL));
    assert_eq!(guest.rename(3, "new", 3, "new/x"), Err(Errno::INVAL));
    assert_eq!(guest.rename(3, "new/in", 3, "new"), Err(Errno::NOTEMPTY));
    assert_eq!(guest.rename(3, "new", 3, "new"), Ok(()));
}

#[test]
fn a_move_replaces_only_a_node_of_its_kind() {
    let mut guest = guest();
    assert_eq!(guest.rename(3, "hello", 3, "vacant"), Err(Errno::ISDIR));
    assert_eq!(guest.rename(3, "vacant", 3, "hello"), Err(Errno::NOTDIR));
    assert_eq!(guest.rename(3, "vacant", 3, "lib/a"), Err(Errno::NOTEMPTY));
    unlink(&mut guest, "lib/a/deep").unwrap();
    assert_eq!(guest.rename(3, "vacant", 3, "lib/a"), Ok(()));
    assert_eq!(guest.rename(3, "hello", 3, "empty"), Ok(()));
    assert_eq!(content(&mut guest, "empty"), b"hello, world");
}

#[test]
fn open_files_outlive_their_names() {
    let mut guest = guest();
    let packed = open_to_write(&mut guest, "hello");
    let made = create(&mut guest, "made");
    guest.write(made, b"made").unwrap();
    unlink(&mut guest, "hello").unwrap();
    guest.rename(3, "empty", 3, "made").unwrap();
    assert_eq!(guest.pwrite(packed, b"H", 0), Ok(1));
    assert_eq!(guest.pread(packed, 20, 0).unwrap(), b"Hello, world");
    assert_eq!(guest.pread(made, 20, 0).unwrap(), b"made");
    for fd in [packed, made] {
        assert_eq!(guest.fd_stat(fd).unwrap()[24..32], 0_u64.to_le_bytes());
    }
    guest.close(packed).unwrap();
    guest.close(made).unwrap();
    assert_eq!(content(&mut guest, "made"), b"");
}

#[test]
fn a_removed_directory_accepts_nothing() {
    let mut guest = guest();
    for path in ["vacant", "made"] {
        let _ = mkdir(&mut guest, path);
        let fd = guest.open(3, path).unwrap();
        rmdir(&mut guest, path).unwrap();
        let open = guest.open_with(fd, "x", 1, 1, 1 << 6);
        assert_eq!(open, Err(Errno::NOENT), "{path}");
        assert_eq!(guest.open(fd, "../hello"), Err(Errno::NOENT));
        assert_eq!(guest.list(fd, 100), Err(Errno::NOENT));
        guest.close(fd).unwrap();
    }
}

#[test]
fn links_share_a_file() {
    let mut guest = guest();
    guest.link(3, "hello", 3, "lib/again").unwrap();
    assert_eq!(stat(&mut guest, "hello"), stat(&mut guest, "lib/again"));
    assert_eq!(stat(&mut guest, "hello")[1], 2);
    let fd = open_to_write(&mut guest, "lib/again");
    guest.write(fd, b"J").unwrap();
    assert_eq!(content(&mut guest, "hello"), b"Jello, world");
    assert_eq!(guest.rename(3, "hello", 3, "lib/again"), Ok(()));
    unlink(&mut guest, "hello").unwrap();
    assert_eq!(stat(&mut guest, "lib/again")[1], 1);
    assert_eq!(content(&mut guest, "lib/again"), b"Jello, world");
    assert_eq!(guest.link(3, "lib", 3, "x"), Err(Errno::PERM));
}

#[test]
fn a_replaced_packed_name_is_listed_once() {
    let mut guest = guest();
    let all = names(&mut guest, ".");
    let fd = create(&mut guest, "temporary");
    guest.write(fd, b"new").unwrap();
    let listing = guest.open(3, ".").unwrap();
    let mut seen = Vec::new();
    let mut cookie = 0;
    loop {
        let bytes = guest.readdir(listing, 60, cookie).unwrap();
        let mut listed = Vec::new();
        super::super::guest::parse_entries(&bytes, &mut listed);
        let Some(entry) = listed.into_iter().next() else {
            break;
        };
        if entry.name == "hello" {
            guest.rename(3, "temporary", 3, "hello").unwrap();
            create(&mut guest, "later");
        }
        cookie = entry.next;
        seen.push(entry.name);
    }
    let expected = all.iter().map(String::as_str).chain(["later"]);
    assert_eq!(seen[2..], Vec::from_iter(expected));
    assert_eq!(content(&mut guest, "hello"), b"new");
}

#[test]
fn a_directory_emptied_from_the_front_is_listed_in_steps() {
    let mut guest = guest();
    for name in 0..500 {
        let fd = create(&mut guest, &format!("vacant/{name}"));
        guest.close(fd).unwrap();
    }
    let mut count = 0;
    while let Some(name) = names_at(&mut guest, "vacant") {
        unlink(&mut guest, &format!("vacant/{name}")).unwrap();
        count += 1;
    }
    assert_eq!(count, 500);
}

/// The first name in a directory.
fn names_at(guest: &mut LayerGuest, path: &str) -> Option<String> {
    names(guest, path).into_iter().next()
}

#[test]
fn made_links_lead_on() {
    let mut guest = guest();
    guest.symlink("lib/a", 3, "way").unwrap();
    assert_eq!(content(&mut guest, "way/deep"), b"deep down");
    guest.link(3, "way", 3, "second").unwrap();
    assert_eq!(guest.readlink(3, "second", 20).unwrap(), b"lib/a");
    guest.link(3, "link", 3, "third").unwrap();
    assert_eq!(guest.readlink(3, "third", 20).unwrap(), b"lib/a/deep");
    assert_eq!(guest.symlink("", 3, "none"), Err(Errno::NOENT));
}
