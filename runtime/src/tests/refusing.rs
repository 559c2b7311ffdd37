//! Everything that would change the image.

use super::guest::{Guest, PATH, Vfs};
use super::{guest, sample_tree};
use crate::{Errno, Preview1};

fn on_path(guest: &mut Guest, path: &str, call: fn(&mut Vfs, u32, u32, u32) -> i32) -> Errno {
    let (address, len) = guest.put_path(path);
    Errno(call(&mut guest.vfs, 3, address, len) as u16)
}

#[test]
fn creating_says_exist_before_read_only() {
    let mut guest = guest();
    let mkdir = Preview1::path_create_directory;
    assert_eq!(on_path(&mut guest, "new", mkdir), Errno::ROFS);
    assert_eq!(on_path(&mut guest, "lib", mkdir), Errno::EXIST);
    assert_eq!(on_path(&mut guest, "missing/new", mkdir), Errno::NOENT);
    assert_eq!(on_path(&mut guest, "../new", mkdir), Errno::PERM);
}

#[test]
fn removing_says_missing_before_read_only() {
    let mut guest = guest();
    for call in [Preview1::path_unlink_file, Preview1::path_remove_directory] {
        assert_eq!(on_path(&mut guest, "hello", call), Errno::ROFS);
        assert_eq!(on_path(&mut guest, "missing", call), Errno::NOENT);
    }
}

#[test]
fn writing_to_an_open_file_is_refused() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    let vfs = &mut guest.vfs;
    assert_eq!(Preview1::fd_write(vfs, fd, 0, 0, 0), Errno::BADF.0.into());
    assert_eq!(
        Preview1::fd_pwrite(vfs, fd, 0, 0, 0, 0),
        Errno::BADF.0.into()
    );
    assert_eq!(
        Preview1::fd_filestat_set_size(vfs, fd, 0),
        Errno::ROFS.0.into()
    );
    assert_eq!(
        Preview1::fd_filestat_set_times(vfs, fd, 0, 0, 0),
        Errno::ROFS.0.into()
    );
    assert_eq!(
        Preview1::fd_allocate(vfs, fd, 0, 10),
        Errno::NOTSUP.0.into()
    );
    assert_eq!(Preview1::fd_sync(vfs, fd), 0);
    assert!(guest.host.take().is_empty());
}

#[test]
fn nothing_moves_between_host_and_image() {
    let mut guest = Guest::with_host(&sample_tree(), None, 1);
    guest.put_path("hello");
    let vfs = &mut guest.vfs;
    let (host, image) = (3, 4);
    for (from, to) in [(host, image), (image, host)] {
        let code = Preview1::path_rename(vfs, from, PATH, 5, to, PATH, 5);
        assert_eq!(code, Errno::XDEV.0.into());
        let code = Preview1::path_link(vfs, from, 0, PATH, 5, to, PATH, 5);
        assert_eq!(code, Errno::XDEV.0.into());
    }
    let code = Preview1::path_rename(vfs, image, PATH, 5, image, PATH, 5);
    assert_eq!(code, Errno::ROFS.0.into());
    let code = Preview1::path_rename(vfs, image, PATH, 4, image, PATH, 5);
    assert_eq!(code, Errno::NOENT.0.into(), "there is no `hell`");
}

#[test]
fn a_file_of_the_image_is_no_socket() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    let vfs = &mut guest.vfs;
    assert_eq!(Preview1::sock_shutdown(vfs, fd, 0), Errno::NOTSOCK.0.into());
    assert_eq!(Preview1::sock_shutdown(vfs, 1, 0), 0);
    assert_eq!(Preview1::sock_accept(vfs, 77, 0, 0), Errno::BADF.0.into());
}

#[test]
fn a_time_cannot_be_set_to_a_value_and_to_now() {
    let mut guest = guest();
    let (path, len) = guest.put_path("hello");
    let vfs = &mut guest.vfs;
    for (flags, errno) in [
        (0b0011, Errno::INVAL),
        (0b1100, Errno::INVAL),
        (0b1_0000, Errno::INVAL),
        (0b1001, Errno::ROFS),
    ] {
        let errno = i32::from(errno.0);
        let code = Preview1::fd_filestat_set_times(vfs, 3, 0, 0, flags);
        assert_eq!(code, errno, "{flags:#b}");
        let code = Preview1::path_filestat_set_times(vfs, 3, 0, path, len, 0, 0, flags);
        assert_eq!(code, errno, "{flags:#b}");
    }
}
