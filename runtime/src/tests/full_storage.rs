//! Writes to a storage that becomes full: the written bytes count.

use super::changes::{MemoryGuest, content, create, guest};
use crate::{Errno, Preview1};

/// A file with four bytes in a storage that accepts five more.
fn nearly_full() -> (MemoryGuest, u32) {
    let mut guest = guest();
    let fd = create(&mut guest, "log");
    guest.write(fd, b"old ").unwrap();
    guest.vfs.fs.space = 5;
    (guest, fd)
}

#[test]
fn a_short_append_counts_its_bytes() {
    let (mut guest, fd) = nearly_full();
    assert_eq!(Preview1::fd_fdstat_set_flags(&mut guest.vfs, fd, 1), 0);
    assert_eq!(guest.write(fd, b"new bytes"), Ok(5));
    assert_eq!(guest.write(fd, b"ytes"), Err(Errno::NOSPC));
    assert_eq!(guest.tell(fd), Ok(9));
    assert_eq!(content(&mut guest, "log"), b"old new b");
}

#[test]
fn a_short_write_counts_its_bytes() {
    let (mut guest, fd) = nearly_full();
    assert_eq!(guest.write(fd, b"new bytes"), Ok(5));
    assert_eq!(guest.tell(fd), Ok(9));
    assert_eq!(guest.pwrite(fd, b"x", 0), Err(Errno::NOSPC));
    assert_eq!(content(&mut guest, "log"), b"old new b");
}
