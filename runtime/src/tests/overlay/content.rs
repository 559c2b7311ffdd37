//! Written bytes and packed bytes of one file.

use super::*;
use crate::tests::big;

#[test]
fn one_byte_of_a_long_file_costs_a_page() {
    let mut guest = guest();
    let fd = open_to_write(&mut guest, "lib/big");
    guest.pwrite(fd, b"!", 300_000).unwrap();
    assert!(used_len(&guest) < 5000, "{} bytes", used_len(&guest));
    let mut expected = big();
    expected[300_000] = b'!';
    for (offset, len) in [(0, 400_000), (299_990, 20), (290_000, 20_000), (399_999, 9)] {
        let end = expected.len().min(offset + len);
        let read = guest.pread(fd, len as u32, offset as u64).unwrap();
        assert_eq!(read, expected[offset..end], "{offset}");
    }
}

#[test]
fn the_inode_number_stays_at_the_first_change() {
    let mut guest = guest();
    let before = stat(&mut guest, "hello");
    let fd = open_to_write(&mut guest, "hello");
    guest.write(fd, b"HELLO").unwrap();
    assert_eq!(stat(&mut guest, "hello"), before);
    guest.rename(3, "hello", 3, "lib/moved").unwrap();
    assert_eq!(stat(&mut guest, "lib/moved"), before);
    assert_eq!(content(&mut guest, "lib/moved"), b"HELLO, world");
}

#[test]
fn an_older_handle_sees_the_first_change() {
    let mut guest = guest();
    let reader = guest.open(3, "hello").unwrap();
    let fd = open_to_write(&mut guest, "hello");
    guest.write(fd, b"HELLO").unwrap();
    assert_eq!(guest.pread(reader, 20, 0).unwrap(), b"HELLO, world");
}

#[test]
fn packed_bytes_behind_a_cut_never_come_back() {
    let mut guest = guest();
    let fd = open_to_write(&mut guest, "lib/big");
    set_len(&mut guest, fd, 5).unwrap();
    set_len(&mut guest, fd, 9000).unwrap();
    let mut expected = big()[..5].to_vec();
    expected.resize(9000, 0);
    assert_eq!(guest.pread(fd, 10_000, 0).unwrap(), expected);
    guest.pwrite(fd, b"x", 8999).unwrap();
    guest.pwrite(fd, b"y", 2).unwrap();
    (expected[8999], expected[2]) = (b'x', b'y');
    assert_eq!(guest.pread(fd, 10_000, 0).unwrap(), expected);
}

#[test]
fn written_bytes_behind_a_cut_never_come_back() {
    let mut guest = guest();
    let fd = create(&mut guest, "new");
    guest.write(fd, &[7; 10_000]).unwrap();
    set_len(&mut guest, fd, 4100).unwrap();
    guest.pwrite(fd, b"end", 20_000).unwrap();
    let mut expected = vec![7; 4100];
    expected.resize(20_000, 0);
    expected.extend(b"end");
    assert_eq!(guest.pread(fd, 30_000, 0).unwrap(), expected);
}

#[test]
fn a_hole_costs_nothing() {
    let mut guest = guest();
    let fd = create(&mut guest, "new");
    guest.pwrite(fd, b"end", 1 << 40).unwrap();
    assert!(used_len(&guest) < 2000, "{} bytes", used_len(&guest));
    assert_eq!(stat(&mut guest, "new")[2], (1 << 40) + 3);
    assert_eq!(guest.pread(fd, 10, (1 << 40) - 2).unwrap(), b"\0\0end");
    set_len(&mut guest, fd, 0).unwrap();
    assert!(guest.pread(fd, 10, 0).unwrap().is_empty());
}

#[test]
fn appending_a_byte_at_a_time_costs_little_more_than_the_bytes() {
    let mut guest = guest();
    let fd = create(&mut guest, "log");
    for byte in 0..20_000_u32 {
        guest.write(fd, &[byte as u8]).unwrap();
    }
    let expected: Vec<_> = (0..20_000_u32).map(|byte| byte as u8).collect();
    assert_eq!(guest.pread(fd, 30_000, 0).unwrap(), expected);
    assert!(used_len(&guest) < 22_000, "{} bytes", used_len(&guest));
}

#[test]
fn reserved_space_is_there_when_the_layer_is_full() {
    let mut guest = Guest::with_fs(layer(60_000), 0);
    let fd = create(&mut guest, "new");
    let allocate = |guest: &mut LayerGuest, offset, len| {
        let code = Preview1::fd_allocate(&mut guest.vfs, fd, offset, len);
        crate::preview1::from_host(code)
    };
    assert_eq!(allocate(&mut guest, 0, 1 << 40), Err(Errno::NOSPC));
    assert_eq!(allocate(&mut guest, 0, 58_000), Err(Errno::NOSPC));
    assert_eq!(stat(&mut guest, "new")[2], 0);
    assert_eq!(allocate(&mut guest, 0, 0), Err(Errno::INVAL));
    assert_eq!(allocate(&mut guest, 1000, 39_000), Ok(()));
    assert_eq!(stat(&mut guest, "new")[2], 40_000);
    let other = create(&mut guest, "other");
    while guest.write(other, &[1; 1000]).is_ok() {}
    assert_eq!(guest.pwrite(fd, &[2; 40_000], 0), Ok(40_000));
    assert_eq!(guest.pread(fd, 50_000, 0).unwrap(), [2; 40_000]);
}
