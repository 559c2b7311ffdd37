//! Written bytes and packed bytes of one file.

use super::*;
use crate::blocks::Sink;
use crate::fs::{Filesystem, FsError, Intent};
use crate::overlay::{Id, count_comparisons};
use crate::tests::big;
use crate::tests::no_memory::refuse;
use wasi_vfs_format::InodeNumber;
use wasi_vfs_format::limits::MAX_FILE_LEN;

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
    guest.pwrite(fd, b"end", 1 << 39).unwrap();
    assert!(used_len(&guest) < 2000, "{} bytes", used_len(&guest));
    assert_eq!(stat(&mut guest, "new")[2], (1 << 39) + 3);
    assert_eq!(guest.pread(fd, 10, (1 << 39) - 2).unwrap(), b"\0\0end");
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
    assert_eq!(allocate(&mut guest, 0, 1 << 39), Err(Errno::NOSPC));
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

/// A sink that only counts.
struct Counter(u32);

impl Sink for Counter {
    fn room(&self) -> u32 {
        self.0
    }

    fn put(&mut self, bytes: &[u8]) {
        self.0 -= bytes.len() as u32;
    }
}

/// An empty file of the layer.
fn made(layer: &mut Layer, name: &[u8]) -> Id<InodeNumber> {
    let intent = Intent {
        read: true,
        write: true,
    };
    let root = layer.root();
    Layer::id(&layer.create_file(root, name, intent, true).unwrap())
}

#[test]
fn a_read_looks_for_the_end_of_a_hole_once() {
    let mut layer = layer(1 << 20);
    let file = made(&mut layer, b"new");
    layer.write_at(file, 1 << 39, b"end").unwrap();
    let node = layer.node(file).unwrap();
    let mut sink = Counter(16 << 20);
    let (read, count) = count_comparisons(|| layer.read_at(&node, 5, &mut sink));
    assert_eq!((read, sink.0), (Ok(()), 0));
    let page_count = (16 << 20) / 4096;
    assert!(count < 3 * page_count, "{count} comparisons");
}

#[test]
fn a_failed_reservation_frees_its_pages() {
    let mut layer = layer(1 << 20);
    let file = made(&mut layer, b"new");
    layer.set_len(file, 1 << 20).unwrap();
    layer.write_at(file, 70_000, b"stays").unwrap();
    let used = layer.used_len();
    for len in [978_944, 1 << 20, 1 << 39] {
        assert_eq!(layer.allocate(file, 0, len), Err(FsError::NoSpace));
        // The table of pages may keep some room.
        let used_later = layer.used_len();
        assert!(
            used_later < used + 500,
            "{len}: {used_later}, before {used}"
        );
    }
    assert_eq!(layer.allocate(file, 0, 900_000), Ok(()));
}

#[test]
fn pages_outside_the_range_do_not_help_a_reservation() {
    let mut layer = layer(1 << 20);
    let file = made(&mut layer, b"new");
    layer.set_len(file, 1 << 31).unwrap();
    layer.write_at(file, 0, &[1; 500_000]).unwrap();
    let used = layer.used_len();
    let far = layer.allocate(file, 1 << 30, 600_000);
    assert_eq!((far, layer.used_len()), (Err(FsError::NoSpace), used));
    // The first 500,000 bytes have their pages.
    assert_eq!(layer.allocate(file, 0, 900_000), Ok(()));
    assert!(layer.used_len() < 930_000, "{} bytes", layer.used_len());
}

#[test]
fn a_reservation_refused_by_the_engine_frees_its_pages() {
    for count in 0.. {
        let mut layer = layer(1 << 20);
        let file = made(&mut layer, b"new");
        layer.set_len(file, 1 << 20).unwrap();
        layer.write_at(file, 70_000, b"stays").unwrap();
        let used = layer.used_len();
        let (allocated, is_refused) = refuse(count, || layer.allocate(file, 0, 200_000));
        if !is_refused {
            assert!(count > 49, "{count} allocations");
            assert_eq!(allocated, Ok(()));
            break;
        }
        // The table and the page at 70,000 may keep longer allocations.
        let kept = layer.used_len().saturating_sub(used);
        assert!(allocated.is_err() && kept < 8000, "{kept} bytes at {count}");
    }
}

#[test]
fn no_file_is_longer_than_an_image_holds() {
    const LONGEST: u64 = MAX_FILE_LEN;
    let mut layer = layer(1 << 20);
    let file = made(&mut layer, b"new");
    layer.set_len(file, LONGEST - 3).unwrap();
    let appended = layer.append(file, &[1; 10]).map(|appended| appended.end);
    assert_eq!(appended, Err(FsError::FileTooLarge));
    let appended = layer.append(file, &[1; 3]).map(|appended| appended.end);
    assert_eq!(appended, Ok(LONGEST));
    for (offset, len) in [(u64::MAX - 5, 5), (LONGEST, 1), (u64::MAX, 1)] {
        let allocated = layer.allocate(file, offset, len);
        assert_eq!(allocated, Err(FsError::FileTooLarge), "{offset}");
    }
    assert_eq!(layer.set_len(file, LONGEST + 1), Err(FsError::FileTooLarge));
    let far = layer.write_at(file, LONGEST, &[1]);
    assert_eq!(far, Err(FsError::FileTooLarge));
    assert_eq!(layer.write_at(file, LONGEST + 1, &[]), Ok(0));
    let node = layer.node(file).unwrap();
    assert_eq!(layer.stat(&node).unwrap().len, LONGEST);
}

#[test]
fn a_cut_costs_only_the_removed_pages() {
    let mut layer = layer(1 << 24);
    let file = made(&mut layer, b"new");
    layer.write_at(file, 0, &[1; 1000 * 4096]).unwrap();
    let (_, count) = count_comparisons(|| {
        for _ in 0..100 {
            layer.write_at(file, 1 << 39, b"far").unwrap();
            layer.set_len(file, 1 << 39).unwrap();
        }
    });
    assert!(count < 100 * 200, "{count} comparisons");
    let node = layer.node(file).unwrap();
    let mut sink = Counter(1 << 20);
    layer.read_at(&node, 1 << 39, &mut sink).unwrap();
    assert_eq!(sink.0, 1 << 20);
}
