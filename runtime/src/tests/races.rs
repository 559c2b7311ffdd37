//! Names that another process makes or removes while a program opens them.

use super::changes::{READ_WRITE, content, guest};
use crate::Errno;
use crate::fs::{Filesystem, Intent, Result};
use crate::fuzz::memory_fs::MemoryFs;
use crate::preview1::oflags;

const INTENT: Intent = Intent {
    read: true,
    write: true,
};

/// Makes `file` with content.
fn make(fs: &mut MemoryFs) -> Result {
    let rivals = core::mem::take(&mut fs.rivals);
    let file = fs.create_file(0, b"file", INTENT, true)?;
    fs.rivals = rivals;
    fs.write_at(file.0, 0, b"theirs").map(|_| ())
}

fn remove(fs: &mut MemoryFs) -> Result {
    fs.unlink(0, b"file")
}

#[test]
fn a_name_that_appears_is_opened() {
    let mut guest = guest();
    guest.vfs.fs.rivals = [make as _].into();
    let open = guest.open_with(3, "file", 1, oflags::CREAT, READ_WRITE);
    assert_eq!(open, Ok(4));
    assert_eq!(content(&mut guest, "file"), b"theirs");
}

#[test]
fn a_name_that_appears_is_truncated_on_request() {
    let mut guest = guest();
    guest.vfs.fs.rivals = [make as _].into();
    let flags = oflags::CREAT | oflags::TRUNC;
    assert_eq!(guest.open_with(3, "file", 1, flags, READ_WRITE), Ok(4));
    assert_eq!(content(&mut guest, "file"), b"");
}

#[test]
fn a_name_that_appears_fails_an_exclusive_open() {
    let mut guest = guest();
    guest.vfs.fs.rivals = [make as _].into();
    let flags = oflags::CREAT | oflags::EXCL;
    let open = guest.open_with(3, "file", 1, flags, READ_WRITE);
    assert_eq!(open, Err(Errno::EXIST));
}

#[test]
fn a_name_that_disappears_is_created() {
    let mut guest = guest();
    make(&mut guest.vfs.fs).unwrap();
    guest.vfs.fs.rivals = [remove as _].into();
    let open = guest.open_with(3, "file", 1, oflags::CREAT, READ_WRITE);
    assert_eq!(open, Ok(4));
    assert_eq!(content(&mut guest, "file"), b"");
}

#[test]
fn a_name_that_disappears_is_missed_without_create() {
    let mut guest = guest();
    make(&mut guest.vfs.fs).unwrap();
    guest.vfs.fs.rivals = [remove as _].into();
    assert_eq!(guest.open(3, "file"), Err(Errno::NOENT));
}

#[test]
fn a_name_that_always_changes_is_an_error() {
    let mut guest = guest();
    guest.vfs.fs.rivals = [remove as _, make as _].repeat(1000);
    let open = guest.open_with(3, "file", 1, oflags::CREAT, READ_WRITE);
    assert_eq!(open, Err(Errno::EXIST));
    assert!(guest.vfs.fs.rivals.len() > 1900);
}
