//! Reading and seeking.

use super::guest::{BUFFER, Guest};
use super::{big, guest, sample_tree};
use crate::{Errno, Preview1};
use wasi_vfs_format::testing::{file, tree};

#[test]
fn a_small_file_reads_back() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    assert_eq!(guest.read(fd, &[100]).unwrap(), b"hello, world");
    assert_eq!(guest.read(fd, &[100]).unwrap(), b"");
}

#[test]
fn an_empty_file_is_at_its_end() {
    let mut guest = guest();
    let fd = guest.open(3, "empty").unwrap();
    assert_eq!(guest.read(fd, &[100]).unwrap(), b"");
}

#[test]
fn a_large_file_reads_back_in_pieces_of_any_length() {
    for compression in [None, Some(3)] {
        let mut guest = Guest::new(&sample_tree(), compression);
        let fd = guest.open(4, "big").unwrap();
        let mut read = Vec::new();
        for len in (1..).step_by(7919) {
            let piece = guest.read(fd, &[len]).unwrap();
            if piece.is_empty() {
                break;
            }
            read.extend(piece);
        }
        assert_eq!(read, big());
    }
}

#[test]
fn buffers_are_filled_in_turn_and_empty_ones_skipped() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    assert_eq!(guest.read(fd, &[0, 3, 0, 4]).unwrap(), b"hello, ");
    assert_eq!(guest.read(fd, &[2, 0]).unwrap(), b"wo");
    assert_eq!(guest.read(fd, &[]).unwrap(), b"");
    assert_eq!(guest.tell(fd), Ok(9));
}

#[test]
fn pread_leaves_the_position() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    assert_eq!(guest.pread(fd, 5, 7).unwrap(), b"world");
    assert_eq!(guest.pread(fd, 5, 12).unwrap(), b"");
    assert_eq!(guest.pread(fd, 5, u64::MAX >> 1).unwrap(), b"");
    assert_eq!(guest.pread(fd, 5, u64::MAX), Err(Errno::INVAL));
    assert_eq!(guest.tell(fd), Ok(0));
}

#[test]
fn seek_moves_within_and_past_the_file() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    assert_eq!(guest.seek(fd, -5, 2), Ok(7));
    assert_eq!(guest.read(fd, &[5]).unwrap(), b"world");
    assert_eq!(guest.seek(fd, -12, 1), Ok(0));
    assert_eq!(guest.seek(fd, 1000, 0), Ok(1000));
    assert_eq!(guest.read(fd, &[5]).unwrap(), b"");
}

#[test]
fn seek_refuses_what_is_no_position() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    for (offset, whence) in [(-1, 0), (-1, 1), (-13, 2), (i64::MAX, 2), (0, 3)] {
        assert_eq!(guest.seek(fd, offset, whence), Err(Errno::INVAL));
    }
    assert_eq!(guest.tell(fd), Ok(0));
}

#[test]
fn a_buffer_outside_memory_is_a_fault() {
    let mut guest = guest();
    let fd = guest.open(3, "hello").unwrap();
    guest.put(0x3000, &u32::MAX.to_le_bytes());
    guest.put(0x3004, &8_u32.to_le_bytes());
    let code = crate::Preview1::fd_read(&mut guest.vfs, fd, 0x3000, 1, 0x2000);
    assert_eq!(code, Errno::FAULT.0.into());
    let code = crate::Preview1::fd_read(&mut guest.vfs, fd, u32::MAX - 3, 1, 0x2000);
    assert_eq!(code, Errno::FAULT.0.into());
}

#[test]
fn a_directory_cannot_be_read() {
    let mut guest = guest();
    assert_eq!(guest.read(3, &[1]), Err(Errno::BADF));
    assert_eq!(guest.seek(3, 0, 0), Err(Errno::BADF));
}

#[test]
fn the_cache_stays_within_its_bound() {
    use crate::blocks::MEMORY_LIMIT;
    let lines = (0..4 * MEMORY_LIMIT as u32 / 8).map(|i| format!("{i:7}\n"));
    let tree = tree([("long", file(lines.collect::<String>()))]);
    let mut guest = Guest::new(&tree, Some(3));
    let fd = guest.open(3, "long").unwrap();
    while !guest.read(fd, &[50_000]).unwrap().is_empty() {}
    let held = guest.vfs.fs.blocks().cached_len();
    // A page is left to the allocator, and less than a block is left over.
    let least = MEMORY_LIMIT - (64 << 10) - (16 << 10);
    assert!(held > least, "{held} bytes: the cache was never full");
    assert!(held <= MEMORY_LIMIT, "{held} bytes");
}

#[test]
fn any_number_of_buffers_is_filled() {
    const IOVECS: u32 = 0x8000;
    let mut guest = guest();
    let fd = guest.open(4, "big").unwrap();
    let count = 3000;
    for number in 0..count {
        // Every other one is empty.
        let (address, len) = (BUFFER + number / 2, number % 2);
        guest.put(IOVECS + 8 * number, &address.to_le_bytes());
        guest.put(IOVECS + 8 * number + 4, &len.to_le_bytes());
    }
    assert_eq!(
        Preview1::fd_read(&mut guest.vfs, fd, IOVECS, count, 0x2000),
        0
    );
    assert_eq!(guest.u32_at(0x2000), 1500);
    assert_eq!(guest.bytes(BUFFER, 1500), big()[..1500]);
}

#[test]
fn what_was_read_before_a_bad_vector_counts() {
    const IOVECS: u32 = 0x8000;
    let mut guest = guest();
    for len in [5, 12] {
        let fd = guest.open(3, "hello").unwrap();
        for (at, number) in [BUFFER, len, u32::MAX, 100].into_iter().enumerate() {
            guest.put(IOVECS + 4 * at as u32, &number.to_le_bytes());
        }
        let code = Preview1::fd_read(&mut guest.vfs, fd, IOVECS, 2, 0x2000);
        assert_eq!((code, guest.u32_at(0x2000)), (0, len));
        // By itself it is an error.
        let code = Preview1::fd_read(&mut guest.vfs, fd, IOVECS + 8, 1, 0x2000);
        assert_eq!(code, Errno::FAULT.0.into());
    }
}
