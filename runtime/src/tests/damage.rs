//! Damaged images: an error where the damage is, never other bytes.

use super::guest::Guest;
use super::{big, sample_tree};
use crate::preview1::Result;
use crate::{Errno, Preview1};
use wasi_vfs_format::Index;
use wasi_vfs_format::block::BlockRecord;
use wasi_vfs_format::testing::{file, seal, seal_all, tree};
use wasi_vfs_format::writer::{Options, write};

fn parts(compression: Option<i32>) -> (Vec<u8>, Vec<u8>) {
    let options = Options {
        compression,
        block_shift: 14,
        ..Options::default()
    };
    let image = write(&sample_tree(), &options, &()).unwrap();
    (image.index, image.payload)
}

fn read_all(guest: &mut Guest, fd: u32) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let piece = guest.read(fd, &[60_000])?;
        if piece.is_empty() {
            return Ok(bytes);
        }
        bytes.extend(piece);
    }
}

#[test]
fn any_flipped_byte_of_the_payload_is_noticed() {
    for compression in [None, Some(3)] {
        let (index, payload) = parts(compression);
        let mut errors = 0;
        for position in (0..payload.len()).step_by(payload.len() / 200 + 1) {
            let mut damaged = payload.clone();
            damaged[position] ^= 0x10;
            let mut guest = Guest::with_parts(index.clone(), damaged, 0);
            for (path, content) in [("hello", &b"hello, world"[..]), ("lib/big", &big())] {
                let fd = guest.open(3, path).unwrap();
                match read_all(&mut guest, fd) {
                    Ok(read) => assert_eq!(read, content, "{path} at {position}"),
                    Err(errno) => {
                        assert_eq!(errno, Errno::IO);
                        errors += 1;
                    }
                }
            }
        }
        assert!(errors >= 100, "{errors} errors");
    }
}

#[test]
fn any_flipped_byte_of_the_index_is_noticed() {
    let (index, payload) = parts(Some(3));
    for position in 0..index.len() {
        let mut damaged = index.clone();
        damaged[position] ^= 0x04;
        let mut guest = Guest::with_parts(damaged, payload.clone(), 0);
        assert_eq!(guest.open(3, "hello"), Err(Errno::IO), "{position}");
        assert_eq!(guest.list(3, 4096), Err(Errno::IO), "{position}");
    }
}

#[test]
fn a_damaged_index_shows_when_a_program_looks_for_its_preopens() {
    let (mut index, payload) = parts(None);
    index[40] ^= 1;
    let mut guest = Guest::with_parts(index, payload, 0);
    let code = Preview1::fd_prestat_get(&mut guest.vfs, 3, 0x2000);
    assert_eq!(code, Errno::IO.0.into());
    assert_eq!(
        Preview1::fd_write(&mut guest.vfs, 1, 0, 0, 0),
        0,
        "the host still serves"
    );
}

#[test]
fn a_payload_that_was_cut_off_is_an_error() {
    for compression in [None, Some(3)] {
        let (index, payload) = parts(compression);
        let mut guest = Guest::with_parts(index, payload[..10].to_vec(), 0);
        let fd = guest.open(3, "lib/big").unwrap();
        assert!(guest.read(fd, &[100]).is_err());
    }
}

#[test]
fn what_was_read_before_the_damage_counts() {
    const BLOCK_LEN: usize = 16 << 10;
    for compression in [None, Some(3)] {
        let (index, mut payload) = parts(compression);
        let block = Index::parse(&index).unwrap().block(2).unwrap();
        payload[block.stored_offset as usize + 9] ^= 1;
        for lens in [&[60_000][..], &[40_000, 20_000], &[1, 59_999]] {
            let mut guest = Guest::with_parts(index.clone(), payload.clone(), 0);
            let fd = guest.open(3, "lib/big").unwrap();
            let read = guest.read(fd, lens).unwrap();
            assert!((BLOCK_LEN..60_000).contains(&read.len()), "{}", read.len());
            assert_eq!(read, big()[..read.len()]);
            assert_eq!(guest.tell(fd).unwrap(), read.len() as u64);
            assert_eq!(guest.read(fd, lens), Err(Errno::IO));
        }
    }
}

/// The checksum of the index says that it is as it was written.
#[test]
fn an_impossible_record_of_a_block_concerns_that_block_alone() {
    let (mut index, payload) = parts(Some(3));
    let superblock = *Index::parse(&index).unwrap().superblock();
    let (start, count) = (superblock.blocks.offset, superblock.blocks.count);
    let record = start.get() as usize + (count.get() as usize - 1) * size_of::<BlockRecord>();
    index[record..record + size_of::<BlockRecord>()].fill(0xff);
    seal(&mut index);
    let mut guest = Guest::with_parts(index, payload, 0);
    let fd = guest.open(3, "lib/big").unwrap();
    assert_eq!(guest.pread(fd, 100, 0).unwrap(), big()[..100]);
    assert_eq!(guest.pread(fd, 1, 399_999), Err(Errno::IO));
}

/// An image of eight blocks, of which the cache holds the base and two.
fn parts_of_large_blocks() -> (Vec<u8>, Vec<u8>) {
    const SHIFT: u32 = 19;
    let lines = (0..(8 << SHIFT) / 8).map(|line| format!("{line:7}\n"));
    let tree = tree([("long", file(lines.collect::<String>()))]);
    let options = Options {
        compression: Some(1),
        block_shift: SHIFT,
        ..Options::default()
    };
    let image = write(&tree, &options, &()).unwrap();
    (image.index, image.payload)
}

/// The checksums of the index and of the block are right.
#[test]
fn a_forged_frame_evicts_one_block_once() {
    let (mut index, mut payload) = parts_of_large_blocks();
    let forged = Index::parse(&index).unwrap().block(3).unwrap();
    payload[forged.stored_offset as usize] ^= 1;
    seal_all(&mut index, &payload, None);
    let mut guest = Guest::with_parts(index, payload, 0);
    let fd = guest.open(3, "long").unwrap();
    let read = |guest: &mut Guest, block: u64| guest.pread(fd, 8, block << 19);
    for round in 0..3 {
        for block in [1, 2] {
            assert!(read(&mut guest, block).is_ok());
        }
        assert_eq!(read(&mut guest, 3), Err(Errno::IO));
        let cached = [1, 2].map(|block| guest.vfs.fs.blocks().has_cached(block));
        assert_eq!(cached, [round > 0, true], "round {round}");
    }
}

#[test]
fn a_range_outside_the_payload_is_an_input_error() {
    for compression in [None, Some(3)] {
        let (index, _) = parts(compression);
        let mut guest = Guest::with_parts(index, Vec::new(), 0);
        let fd = guest.open(3, "lib/big").unwrap();
        assert_eq!(guest.read(fd, &[100]), Err(Errno::IO));
    }
}
