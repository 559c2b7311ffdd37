//! `fd_filestat_get` and `path_filestat_get`.

use super::guest;
use crate::Errno;
use wasi_vfs_format::testing::{DIRECTORY_MTIME_NS, FILE_MTIME_NS, LINK_MTIME_NS};

fn number(stat: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(stat[at..at + 8].try_into().unwrap())
}

#[test]
fn size_kind_links_and_times_are_those_of_the_tree() {
    let mut guest = guest();
    for (path, filetype, size, mtime_ns) in [
        ("hello", 4, 12, FILE_MTIME_NS),
        ("lib", 3, 0, DIRECTORY_MTIME_NS),
        // A WASI time cannot be before 1970.
        ("link", 7, 10, LINK_MTIME_NS.max(0)),
    ] {
        let stat = guest.stat(3, path, false).unwrap();
        assert_eq!(stat[16], filetype, "{path}");
        assert_eq!(number(&stat, 24), 1, "{path}");
        assert_eq!(number(&stat, 32), size, "{path}");
        for time in [40, 48, 56] {
            assert_eq!(number(&stat, time), mtime_ns as u64, "{path}");
        }
    }
}

#[test]
fn a_descriptor_and_its_path_have_one_stat() {
    let mut guest = guest();
    for path in ["hello", "lib"] {
        let fd = guest.open(3, path).unwrap();
        assert_eq!(guest.fd_stat(fd), guest.stat(3, path, true));
    }
}

#[test]
fn files_of_one_content_are_different_files() {
    let mut guest = guest();
    let paths = [
        "hello",
        "empty",
        "lib",
        "lib/big",
        "lib/a/deep",
        "link",
        "vacant",
    ];
    let mut inodes: Vec<_> = paths
        .iter()
        .map(|path| number(&guest.stat(3, path, false).unwrap(), 8))
        .collect();
    inodes.sort_unstable();
    inodes.dedup();
    assert_eq!(inodes.len(), paths.len());
    assert!(!inodes.contains(&0));
}

#[test]
fn links_are_followed_if_asked() {
    let mut guest = guest();
    assert_eq!(
        guest.stat(3, "link", true),
        guest.stat(3, "lib/a/deep", true)
    );
    assert_eq!(guest.stat(3, "dangling", true), Err(Errno::NOENT));
    assert!(guest.stat(3, "dangling", false).is_ok());
}
