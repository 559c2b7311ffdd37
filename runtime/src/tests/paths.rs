//! Opening paths, links and ways out.

use super::guest;
use super::guest::{Guest, PATH};
use crate::{Errno, Preview1};
use wasi_vfs_format::limits::MAX_PATH_LEN;
use wasi_vfs_format::testing::{directory, directory_node, file, link, mount, tree};
use wasi_vfs_format::tree::Tree;

#[test]
fn components_may_be_repeated_empty_or_dots() {
    let mut guest = guest();
    for path in [
        "lib/a/deep",
        "lib//a/./deep",
        "./lib/../lib/a/deep",
        "vacant/../lib/a/deep",
    ] {
        let fd = guest.open(3, path).unwrap();
        assert_eq!(guest.read(fd, &[9]).unwrap(), b"deep down", "{path}");
    }
}

#[test]
fn senseless_flags_are_found_before_a_bad_address() {
    let mut guest = guest();
    let (path, len) = guest.put_path("hello");
    for oflags in [0b0011, 0b0110, 0b1010] {
        let code = Preview1::path_open(&mut guest.vfs, 3, 1, path, len, oflags, 0, 0, 0, u32::MAX);
        assert_eq!(code, i32::from(Errno::INVAL.0), "{oflags:#b}");
    }
}

#[test]
fn what_is_not_there_says_so() {
    let mut guest = guest();
    for (path, errno) in [
        ("missing", Errno::NOENT),
        ("missing/deeper", Errno::NOENT),
        ("hello/deeper", Errno::NOTDIR),
        ("hello/", Errno::NOTDIR),
        ("hello/.", Errno::NOTDIR),
        ("hello/..", Errno::NOTDIR),
        ("", Errno::NOENT),
        ("a\0b", Errno::INVAL),
        ("dangling", Errno::NOENT),
    ] {
        assert_eq!(guest.open(3, path), Err(errno), "{path:?}");
    }
}

#[test]
fn no_path_leads_out_of_its_preopen() {
    let mut guest = guest();
    for path in ["..", "../hello", "a/../../hello", "/hello", "up"] {
        assert_eq!(guest.open(4, path), Err(Errno::PERM), "{path}");
    }
}

#[test]
fn dots_climb_from_a_directory_to_its_preopen_and_no_further() {
    let mut guest = guest();
    let fd = guest.open(4, "a").unwrap();
    assert!(guest.open(fd, "../big").is_ok());
    assert_eq!(guest.open(fd, "../../hello"), Err(Errno::PERM));
}

#[test]
fn links_are_followed_in_the_middle_always_and_at_the_end_if_asked() {
    let mut guest = guest();
    let fd = guest.open(3, "link-to-directory/deep").unwrap();
    assert_eq!(guest.read(fd, &[4]).unwrap(), b"deep");
    assert!(guest.open(3, "link").is_ok());
    assert_eq!(guest.open_with(3, "link", 0, 0, 2), Err(Errno::LOOP));
    let directory = 2;
    let link = "link-to-directory";
    assert_eq!(
        guest.open_with(3, link, 0, directory, 2),
        Err(Errno::LOOP),
        "rather than NOTDIR"
    );
    assert!(guest.open_with(3, "link-to-directory/", 0, 0, 2).is_ok());
    assert_eq!(guest.open_with(3, "link", 1 << 1, 0, 2), Err(Errno::INVAL));
}

#[test]
fn an_absolute_link_starts_at_the_root_of_the_image() {
    let mut guest = guest();
    let fd = guest.open(4, "absolute").unwrap();
    assert_eq!(guest.read(fd, &[5]).unwrap(), b"hello");
}

#[test]
fn forty_links_are_followed_and_no_more() {
    let mut nodes = directory_node([("0", file("end"))]);
    for i in 1..=41 {
        let target = (i - 1).to_string();
        nodes.children.insert(i.to_string(), link(&target));
    }
    let tree = Tree {
        root: nodes,
        mounts: vec![mount("/", &[])],
    };
    let mut guest = Guest::new(&tree, None);
    assert!(guest.open(3, "40").is_ok());
    assert_eq!(guest.open(3, "41"), Err(Errno::LOOP));
}

#[test]
fn a_slash_in_a_link_on_the_way_does_not_follow_the_link_at_the_end() {
    let tree = tree([
        ("directory", directory([("link", link("loop"))])),
        ("slash", link("directory/")),
        ("loop", link("loop")),
    ]);
    let mut guest = Guest::new(&tree, None);
    assert_eq!(guest.readlink(3, "slash/link", 10).unwrap(), b"loop");
    assert_eq!(guest.readlink(3, "slash", 10).unwrap(), b"directory/");
}

#[test]
fn a_link_to_itself_is_a_loop() {
    assert_eq!(guest().open(3, "loop"), Err(Errno::LOOP));
}

#[test]
fn long_names_and_paths_are_refused() {
    let mut guest = guest();
    assert_eq!(guest.open(3, &"x".repeat(255)), Err(Errno::NOENT));
    assert_eq!(guest.open(3, &"x".repeat(256)), Err(Errno::NAMETOOLONG));
    assert_eq!(guest.open(3, &"./".repeat(2048)), Err(Errno::NAMETOOLONG));
    assert!(guest.open(3, &"./".repeat(2047)).is_ok());
}

#[test]
fn the_longest_path_of_an_image_is_opened_in_one_call() {
    let way = "d".repeat(199) + "/";
    let way = way.repeat(MAX_PATH_LEN / 200);
    let path = way.clone() + &"n".repeat(MAX_PATH_LEN - way.len());
    let (first, rest) = path.split_once('/').unwrap();
    let names = rest.rsplit('/');
    let node = names.fold(file("deep down"), |node, name| directory([(name, node)]));
    let tree = tree([(first, node)]);
    let mut guest = Guest::new(&tree, None);
    let fd = guest.open(3, &path).unwrap();
    assert_eq!(guest.read(fd, &[100]).unwrap(), b"deep down");
    let longer = format!("./{path}");
    assert_eq!(guest.open(3, &longer), Err(Errno::NAMETOOLONG));
}

#[test]
fn a_path_that_is_not_utf8_is_refused() {
    let mut guest = guest();
    guest.put(PATH, b"\xff\xfe");
    let vfs = &mut guest.vfs;
    let code = Preview1::path_open(vfs, 3, 1, PATH, 2, 0, 2, 0, 0, 0x2000);
    assert_eq!(code, Errno::ILSEQ.0.into());
    guest.put(PATH, b"\0\xff");
    let vfs = &mut guest.vfs;
    let code = Preview1::path_open(vfs, 3, 1, PATH, 2, 0, 2, 0, 0, 0x2000);
    assert_eq!(
        code,
        Errno::ILSEQ.0.into(),
        "before what is wrong with a text"
    );
    let file = guest.open(3, "hello").unwrap();
    guest.put(PATH, b"\0\xff");
    let vfs = &mut guest.vfs;
    let code = Preview1::path_open(vfs, file, 1, PATH, 2, 0, 2, 0, 0, 0x2000);
    assert_eq!(code, Errno::ILSEQ.0.into(), "before the descriptor");
    let code = Preview1::path_rename(vfs, 3, PATH, 0, 3, PATH, 2);
    assert_eq!(
        code,
        Errno::ILSEQ.0.into(),
        "the new path before the old is resolved"
    );
}

#[test]
fn open_flags_are_heeded() {
    const CREAT: u32 = 1;
    const DIRECTORY: u32 = 2;
    const EXCL: u32 = 4;
    const TRUNC: u32 = 8;
    const READ: u64 = 1 << 1;
    const WRITE: u64 = 1 << 6;
    let mut guest = guest();
    for (path, oflags, rights, expected) in [
        ("hello", DIRECTORY, READ, Err(Errno::NOTDIR)),
        ("lib", DIRECTORY | CREAT, READ, Err(Errno::INVAL)),
        ("lib", DIRECTORY | EXCL, READ, Err(Errno::INVAL)),
        ("hello", DIRECTORY | TRUNC, READ, Err(Errno::INVAL)),
        ("hello", 1 << 4, READ, Err(Errno::INVAL)),
        ("lib", DIRECTORY, READ, Ok(())),
        ("hello", CREAT, READ, Ok(())),
        ("hello", CREAT | EXCL, READ, Err(Errno::EXIST)),
        ("dangling", CREAT | EXCL, READ, Err(Errno::EXIST)),
        ("new", CREAT, READ, Err(Errno::ROFS)),
        ("hello", TRUNC, READ, Err(Errno::ROFS)),
        ("hello", 0, READ | WRITE, Err(Errno::ROFS)),
        ("lib", 0, READ | WRITE, Err(Errno::ISDIR)),
        ("lib", CREAT, READ, Err(Errno::ISDIR)),
    ] {
        let opened = guest.open_with(3, path, 1, oflags, rights).map(|_| ());
        assert_eq!(opened, expected, "{path} with {oflags:#x} and {rights:#x}");
    }
}

#[test]
fn readlink_gives_what_the_link_says_and_no_more_than_fits() {
    let mut guest = guest();
    assert_eq!(guest.readlink(3, "link", 100).unwrap(), b"lib/a/deep");
    assert_eq!(guest.readlink(3, "link", 3).unwrap(), b"lib");
    assert_eq!(guest.readlink(3, "hello", 3), Err(Errno::INVAL));
}

#[test]
fn a_file_is_no_place_to_start_from() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    assert_eq!(guest.open(fd, "x"), Err(Errno::NOTDIR));
}
