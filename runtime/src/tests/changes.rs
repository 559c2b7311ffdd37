//! Changes of a writable file system by preview 1.

use super::guest::{BUFFER, Guest, Vfs};
use crate::fuzz::memory_fs::MemoryFs;
use crate::preview1::{oflags, rights};
use crate::{Errno, Filesystem, Preview1};

pub(super) type MemoryGuest = Guest<MemoryFs>;

pub(super) fn guest() -> MemoryGuest {
    Guest::with_fs(MemoryFs::new(), 0)
}

/// The rights of a file that is open for reading and writing.
pub(super) const READ_WRITE: u64 = rights::FD_READ | rights::FD_WRITE;

pub(super) fn create<F: Filesystem>(guest: &mut Guest<F>, path: &str) -> u32 {
    guest
        .open_with(3, path, 1, oflags::CREAT, READ_WRITE)
        .unwrap()
}

/// The bytes that a path of the root holds.
pub(super) fn content<F: Filesystem>(guest: &mut Guest<F>, path: &str) -> Vec<u8> {
    let fd = guest.open(3, path).unwrap();
    let bytes = guest.read(fd, &[200]).unwrap();
    guest.close(fd).unwrap();
    bytes
}

/// A call on one path of the root.
pub(super) fn on_path<F: Filesystem>(
    guest: &mut Guest<F>,
    path: &str,
    call: fn(&mut Vfs<F>, u32, u32, u32) -> i32,
) -> Result<(), Errno> {
    let (address, len) = guest.put_path(path);
    crate::preview1::from_host(call(&mut guest.vfs, 3, address, len))
}

#[test]
fn written_bytes_are_read_back() {
    let mut guest = guest();
    let fd = create(&mut guest, "new");
    assert_eq!(guest.write(fd, b"hello"), Ok(5));
    assert_eq!(guest.write(fd, b", world"), Ok(7));
    assert_eq!(guest.tell(fd), Ok(12));
    assert_eq!(content(&mut guest, "new"), b"hello, world");
    assert_eq!(guest.pwrite(fd, b"HELL", 0), Ok(4));
    assert_eq!(content(&mut guest, "new"), b"HELLo, world");
}

#[test]
fn appending_ignores_the_position() {
    let mut guest = guest();
    let fd = create(&mut guest, "log");
    guest.write(fd, b"one ").unwrap();
    guest.seek(fd, 0, 0).unwrap();
    let set_flags = Preview1::fd_fdstat_set_flags(&mut guest.vfs, fd, 1);
    assert_eq!(set_flags, 0);
    guest.write(fd, b"two").unwrap();
    assert_eq!(content(&mut guest, "log"), b"one two");
}

#[test]
fn a_long_write_is_copied_in_pieces() {
    let mut guest = guest();
    let fd = create(&mut guest, "long");
    let bytes: Vec<u8> = (0..200_000_u32).map(|i| i as u8).collect();
    assert_eq!(guest.write(fd, &bytes), Ok(200_000));
    assert_eq!(guest.pread(fd, 200_000, 0).unwrap(), bytes);
}

#[test]
fn a_handle_without_the_right_cannot_write() {
    let mut guest = guest();
    create(&mut guest, "file");
    let fd = guest.open(3, "file").unwrap();
    assert_eq!(guest.write(fd, b"x"), Err(Errno::BADF));
    let set_size = Preview1::fd_filestat_set_size(&mut guest.vfs, fd, 1);
    assert_eq!(set_size, i32::from(Errno::INVAL.0));
}

#[test]
fn a_handle_without_the_right_cannot_read() {
    let mut guest = guest();
    let fd = create(&mut guest, "file");
    guest.write(fd, b"secret").unwrap();
    let fd = guest.open_with(3, "file", 1, 0, rights::FD_WRITE).unwrap();
    assert_eq!(guest.read(fd, &[6]), Err(Errno::BADF));
    assert_eq!(guest.read(fd, &[]), Err(Errno::BADF));
    assert_eq!(guest.pread(fd, 6, 0), Err(Errno::BADF));
    assert_eq!(guest.write(fd, b"S"), Ok(1));
    assert_eq!(content(&mut guest, "file"), b"Secret");
    // By these rights libraries know how a file was opened.
    assert_eq!(Preview1::fd_fdstat_get(&mut guest.vfs, fd, BUFFER), 0);
    let rights: [u8; 8] = guest.bytes(BUFFER + 8, 8).try_into().unwrap();
    assert_eq!(u64::from_le_bytes(rights) & READ_WRITE, rights::FD_WRITE);
}

#[test]
fn open_flags_create_and_truncate() {
    let mut guest = guest();
    let fd = create(&mut guest, "file");
    guest.write(fd, b"old").unwrap();
    let exclusive = oflags::CREAT | oflags::EXCL;
    let again = guest.open_with(3, "file", 1, exclusive, READ_WRITE);
    assert_eq!(again, Err(Errno::EXIST));
    guest
        .open_with(3, "file", 1, oflags::TRUNC, READ_WRITE)
        .unwrap();
    assert_eq!(content(&mut guest, "file"), b"");
    assert_eq!(guest.open(3, "other"), Err(Errno::NOENT));
}

#[test]
fn a_slash_behind_a_link_changes_no_target() {
    let mut guest = guest();
    let mkdir = Preview1::path_create_directory;
    let rmdir = Preview1::path_remove_directory;
    let unlink = Preview1::path_unlink_file;
    for path in ["d", "empty"] {
        assert_eq!(on_path(&mut guest, path, mkdir), Ok(()));
    }
    guest.symlink("empty", 3, "link").unwrap();
    guest.symlink("missing", 3, "dangling").unwrap();
    assert_eq!(guest.rename(3, "link/", 3, "moved"), Err(Errno::NOTDIR));
    assert_eq!(guest.rename(3, "d", 3, "link/"), Err(Errno::NOTDIR));
    assert_eq!(guest.rename(3, "d", 3, "dangling/"), Err(Errno::NOTDIR));
    assert_eq!(on_path(&mut guest, "link/", rmdir), Err(Errno::NOTDIR));
    assert_eq!(on_path(&mut guest, "link/", unlink), Err(Errno::NOTDIR));
    assert_eq!(on_path(&mut guest, "dangling/", mkdir), Err(Errno::EXIST));
    // Before its last component a link is followed.
    assert_eq!(guest.rename(3, "d", 3, "link/moved"), Ok(()));
}

#[test]
fn a_file_is_created_behind_a_dangling_link() {
    let mut guest = guest();
    guest.symlink("target", 3, "link").unwrap();
    let fd = create(&mut guest, "link");
    guest.write(fd, b"through").unwrap();
    assert_eq!(content(&mut guest, "target"), b"through");
}

#[test]
fn names_are_made_moved_and_removed() {
    let mut guest = guest();
    let mkdir = Preview1::path_create_directory;
    let rmdir = Preview1::path_remove_directory;
    let unlink = Preview1::path_unlink_file;
    assert_eq!(on_path(&mut guest, "d", mkdir), Ok(()));
    assert_eq!(on_path(&mut guest, "d", mkdir), Err(Errno::EXIST));
    let fd = create(&mut guest, "d/file");
    guest.write(fd, b"bytes").unwrap();
    assert_eq!(on_path(&mut guest, "d", rmdir), Err(Errno::NOTEMPTY));
    assert_eq!(on_path(&mut guest, "d", unlink), Err(Errno::ISDIR));
    assert_eq!(guest.rename(3, "d/file", 3, "moved"), Ok(()));
    assert_eq!(guest.rename(3, "d/file", 3, "x"), Err(Errno::NOENT));
    assert_eq!(content(&mut guest, "moved"), b"bytes");
    assert_eq!(on_path(&mut guest, "d", rmdir), Ok(()));
    assert_eq!(on_path(&mut guest, "d", rmdir), Err(Errno::NOENT));
    let names = guest.list(3, 200).unwrap();
    let names: Vec<_> = names.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, [".", "..", "moved"]);
}

#[test]
fn the_error_of_the_old_path_comes_first() {
    const LONG: u32 = 5000;
    let mut guest = guest();
    let (new, _) = guest.put_path("x");
    guest.put(BUFFER, b"\xff");
    let vfs = &mut guest.vfs;
    let renamed = Preview1::path_rename(vfs, 3, BUFFER, 1, 3, new, LONG);
    assert_eq!(renamed, Errno::ILSEQ.0.into());
    let linked = Preview1::path_link(vfs, 3, 0, BUFFER, 1, 3, new, LONG);
    assert_eq!(linked, Errno::ILSEQ.0.into());
}

#[test]
fn an_open_file_outlives_its_name() {
    let mut guest = guest();
    let fd = create(&mut guest, "file");
    guest.write(fd, b"kept").unwrap();
    let unlink = Preview1::path_unlink_file;
    assert_eq!(on_path(&mut guest, "file", unlink), Ok(()));
    assert_eq!(guest.pread(fd, 10, 0).unwrap(), b"kept");
    assert_eq!(guest.vfs.fs.node_count(), 2);
    guest.close(fd).unwrap();
    assert_eq!(guest.vfs.fs.node_count(), 1);
}

#[test]
fn a_renumbered_handle_is_released_once() {
    let mut guest = guest();
    let one = create(&mut guest, "one");
    let two = create(&mut guest, "two");
    let unlink = Preview1::path_unlink_file;
    on_path(&mut guest, "one", unlink).unwrap();
    on_path(&mut guest, "two", unlink).unwrap();
    assert_eq!(Preview1::fd_renumber(&mut guest.vfs, one, two), 0);
    assert_eq!(guest.vfs.fs.node_count(), 2);
    guest.close(two).unwrap();
    assert_eq!(guest.vfs.fs.node_count(), 1);
}

#[test]
fn a_hard_link_is_counted() {
    let mut guest = guest();
    create(&mut guest, "file");
    assert_eq!(guest.link(3, "file", 3, "again"), Ok(()));
    assert_eq!(guest.link(3, "file", 3, "again"), Err(Errno::EXIST));
    let stat = guest.stat(3, "again", true).unwrap();
    assert_eq!(stat[24..32], 2_u64.to_le_bytes());
}

#[test]
fn times_are_set_through_both_calls() {
    const MTIM: u32 = 1 << 2;
    let mut guest = guest();
    let fd = create(&mut guest, "file");
    let code = Preview1::fd_filestat_set_times(&mut guest.vfs, fd, 0, 7, MTIM);
    assert_eq!(code, 0);
    assert_eq!(guest.fd_stat(fd).unwrap()[48..56], 7_u64.to_le_bytes());
    let (path, len) = guest.put_path("file");
    let vfs = &mut guest.vfs;
    let code = Preview1::path_filestat_set_times(vfs, 3, 1, path, len, 0, 8, MTIM);
    assert_eq!(code, 0);
    assert_eq!(guest.fd_stat(fd).unwrap()[48..56], 8_u64.to_le_bytes());
}

#[test]
fn bytes_before_a_bad_buffer_count() {
    let mut guest = guest();
    let fd = create(&mut guest, "file");
    guest.put(BUFFER + 64, b"good");
    for (at, value) in [BUFFER + 64, 4, u32::MAX, 4].into_iter().enumerate() {
        guest.put(BUFFER + 4 * at as u32, &value.to_le_bytes());
    }
    let code = Preview1::fd_write(&mut guest.vfs, fd, BUFFER, 2, BUFFER + 32);
    assert_eq!((code, guest.u32_at(BUFFER + 32)), (0, 4));
    assert_eq!(guest.tell(fd), Ok(4));
    assert_eq!(content(&mut guest, "file"), b"good");
}

#[test]
fn a_slash_behind_a_new_name_asks_for_a_directory() {
    let mut guest = guest();
    create(&mut guest, "file");
    let open = guest.open_with(3, "new/", 1, oflags::CREAT, READ_WRITE);
    assert_eq!(open, Err(Errno::ISDIR));
    assert_eq!(guest.symlink("x", 3, "new/"), Err(Errno::NOENT));
    assert_eq!(guest.link(3, "file", 3, "new/"), Err(Errno::NOENT));
    assert_eq!(guest.rename(3, "file", 3, "new/"), Err(Errno::NOTDIR));
    let mkdir = Preview1::path_create_directory;
    assert_eq!(on_path(&mut guest, "new/", mkdir), Ok(()));
    assert_eq!(guest.rename(3, "new", 3, "moved/"), Ok(()));
}

#[test]
fn a_link_to_the_root_is_not_removed_behind_a_slash() {
    let mut guest = guest();
    guest.symlink("/", 3, "up").unwrap();
    let unlink = Preview1::path_unlink_file;
    assert!(on_path(&mut guest, "up/", unlink).is_err());
    assert_eq!(guest.readlink(3, "up", 9).unwrap(), b"/");
}

#[test]
fn lengths_and_times_past_63_bits_are_rejected() {
    let mut guest = guest();
    let fd = create(&mut guest, "file");
    let set_size = Preview1::fd_filestat_set_size(&mut guest.vfs, fd, 1 << 63);
    assert_eq!(set_size, i32::from(Errno::FBIG.0));
    assert_eq!(guest.pwrite(fd, b"xy", (1 << 63) - 2), Err(Errno::FBIG));
    let set_times = Preview1::fd_filestat_set_times(&mut guest.vfs, fd, 0, 1 << 63, 4);
    assert_eq!(set_times, i32::from(Errno::INVAL.0));
}

#[test]
fn a_buffer_outside_memory_is_not_written_from() {
    let mut guest = guest();
    let fd = create(&mut guest, "file");
    guest.put(BUFFER, &u32::MAX.to_le_bytes());
    guest.put(BUFFER + 4, &4_u32.to_le_bytes());
    let code = Preview1::fd_write(&mut guest.vfs, fd, BUFFER, 1, BUFFER + 8);
    assert_eq!(code, i32::from(Errno::FAULT.0));
    assert_eq!(content(&mut guest, "file"), b"");
}
