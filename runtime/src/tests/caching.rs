//! Which block gives way to another. How much memory the cache takes is in
//! `reading.rs`.

use super::guest::write_image;
use crate::blocks::{BlockCache, BlockError};
use wasi_vfs_format::testing::{Random, file, tree};
use wasi_vfs_format::tree::Tree;
use wasi_vfs_format::{Block, Codec, Index};

const BLOCK_LEN: u32 = 16 << 10;

fn six_blocks() -> Tree {
    let bytes = Random::new(1).bytes(6 * BLOCK_LEN as usize);
    tree([("f", file(bytes))])
}

/// A cache of two blocks beside the base, with the blocks 1 and 2 in it, and the
/// numbers of those that are there after block 3 has come.
fn left_after(reads: &[(u32, u32)]) -> Vec<u32> {
    let (index, payload) = write_image(&six_blocks(), None);
    let index = Index::parse(&index).unwrap();
    let mut cache = BlockCache::new(BLOCK_LEN, index.block_count()).unwrap();
    let insert = |cache: &mut BlockCache, number| {
        let block: Block = index.block(number).unwrap();
        let stored = &payload[block.stored_offset as usize..][..block.stored_len as usize];
        cache.insert(&block, stored).unwrap();
        assert_eq!(cache.read(number, 0), Some(stored));
    };
    insert(&mut cache, 1);
    insert(&mut cache, 2);
    for &(number, len) in reads {
        assert!(cache.read(number, len).is_some());
    }
    insert(&mut cache, 3);
    (1..=3).filter(|number| cache.contains(*number)).collect()
}

#[test]
fn the_block_that_was_not_used_for_longest_gives_way() {
    assert_eq!(left_after(&[]), [2, 3]);
    assert_eq!(left_after(&[(2, 10), (1, 10)]), [1, 3]);
}

#[test]
fn one_that_was_read_through_gives_way_before_it() {
    assert_eq!(left_after(&[(1, 10), (2, BLOCK_LEN)]), [1, 3]);
    let in_parts = [(1, 10), (2, 10), (2, BLOCK_LEN - 10)];
    assert_eq!(left_after(&in_parts), [1, 3]);
}

#[test]
fn one_that_was_read_again_does_not() {
    assert_eq!(left_after(&[(1, 10), (2, BLOCK_LEN), (2, 1)]), [2, 3]);
}

#[test]
fn a_block_that_cannot_be_decoded_leaves_its_slot() {
    let (index, payload) = write_image(&six_blocks(), None);
    let index = Index::parse(&index).unwrap();
    let mut cache = BlockCache::new(BLOCK_LEN, index.block_count()).unwrap();
    for number in [1, 2] {
        let block = index.block(number).unwrap();
        let stored = &payload[block.stored_offset as usize..][..block.stored_len as usize];
        cache.insert(&block, stored).unwrap();
    }
    let mut bad = index.block(3).unwrap();
    bad.codec = Codec::Zstd;
    for _ in 0..3 {
        assert_eq!(cache.insert(&bad, b"no frame"), Err(BlockError::Corrupt));
        assert!(!cache.contains(3));
        let left = [1, 2].map(|number| cache.contains(number));
        assert_eq!(
            left,
            [false, true],
            "it takes one block's place, and then its own"
        );
    }
}

/// An image of three kinds of blocks with a base each, and reads of all files.
mod several_bases {
    use super::super::guest::Guest;
    use crate::Errno;
    use crate::blocks::MEMORY_LIMIT;
    use wasi_vfs_format::Index;
    use wasi_vfs_format::testing::{relative, relatives, seal};
    use wasi_vfs_format::writer::{Options, write};

    const LEN: usize = 16 << 10;

    fn parts(kinds: u8, copies: u8) -> (Vec<u8>, Vec<u8>) {
        let options = Options {
            compression: Some(3),
            block_shift: 14,
            ..Options::default()
        };
        let image = write(&relatives(kinds, copies, LEN), &options, &()).unwrap();
        assert!(Index::parse(&image.index).unwrap().superblock().has_bases());
        (image.index, image.payload)
    }

    fn read(guest: &mut Guest, kind: u8, copy: u8) -> crate::preview1::Result<Vec<u8>> {
        let fd = guest.open(3, &format!("{kind:02}-{copy:02}"))?;
        let bytes = guest.read(fd, &[LEN as u32])?;
        guest.close(fd)?;
        Ok(bytes)
    }

    #[test]
    fn a_first_read_decodes_two_blocks() {
        let (index, payload) = parts(3, 4);
        for (kind, copy) in [(0, 0), (1, 3), (2, 1)] {
            let mut guest = Guest::with_parts(index.clone(), payload.clone(), 0);
            let bytes = read(&mut guest, kind, copy).unwrap();
            assert!(bytes == relative(kind, copy, LEN));
            let decoded = (0..12).filter(|block| guest.vfs.fs.blocks().has_cached(*block));
            assert!(decoded.count() <= 2, "{kind} {copy}");
        }
    }

    #[test]
    fn files_of_all_kinds_are_read_in_any_order_within_the_bound() {
        let (index, payload) = parts(8, 40);
        let mut guest = Guest::with_parts(index, payload, 0);
        for round in 0..2 {
            for (copy, kind) in (0..40).flat_map(|copy| (0..8).map(move |kind| (copy, kind))) {
                let (kind, copy) = if round == 0 {
                    (kind, copy)
                } else {
                    (7 - kind, 39 - copy)
                };
                let bytes = read(&mut guest, kind, copy).unwrap();
                assert!(bytes == relative(kind, copy, LEN), "{kind} {copy}");
            }
        }
        let held = guest.vfs.fs.blocks().cached_len();
        assert!(held <= MEMORY_LIMIT, "{held} bytes");
        assert!(held > MEMORY_LIMIT - (100 << 10), "{held} bytes");
    }

    /// The numbers of the bases of the index, and the place of their table.
    fn table(index: &[u8]) -> (usize, Vec<u32>) {
        let index = Index::parse(index).unwrap();
        let table = index.superblock().bases();
        let bases = (0..table.count.get() as u8).map(|position| index.base(position).unwrap().0);
        (table.offset.get() as usize, bases.collect())
    }

    #[test]
    fn forged_bases_answer_io_or_right_bytes() {
        let (index, payload) = parts(3, 4);
        let (place, bases) = table(&index);
        let based = (0..12).find(|number| !bases.contains(number)).unwrap();
        for (position, number) in [(0, 99), (1, based), (2, u32::MAX), (1, bases[2])] {
            let mut forged = index.clone();
            forged[place + 4 * position..][..4].copy_from_slice(&u32::to_le_bytes(number));
            seal(&mut forged);
            let mut guest = Guest::with_parts(forged, payload.clone(), 0);
            let mut errors = 0;
            for (kind, copy) in (0..3).flat_map(|kind| (0..4).map(move |copy| (kind, copy))) {
                match read(&mut guest, kind, copy) {
                    // Another base may decode to other bytes: only a digest finds that.
                    Ok(bytes) => assert_eq!(bytes.len(), LEN),
                    Err(errno) => {
                        assert_eq!(errno, Errno::IO);
                        errors += 1;
                    }
                }
            }
            assert!(errors > 0 || number == bases[2], "{position} {number}");
        }
    }

    #[test]
    fn bases_that_name_each_other_answer_io() {
        let (mut index, payload) = parts(3, 4);
        let (_, bases) = table(&index);
        let blocks = Index::parse(&index).unwrap().superblock().blocks;
        for (position, &base) in bases.iter().enumerate() {
            let codec = blocks.offset.get() as usize + 16 * base as usize + 15;
            index[codec] = 2 + (position as u8 + 1) % 3;
        }
        seal(&mut index);
        let mut guest = Guest::with_parts(index, payload, 0);
        for (kind, copy) in (0..3).flat_map(|kind| (0..4).map(move |copy| (kind, copy))) {
            assert_eq!(read(&mut guest, kind, copy), Err(Errno::IO));
        }
    }

    #[test]
    fn damaged_base_concerns_only_its_blocks() {
        let (index, mut payload) = parts(3, 4);
        let (_, bases) = table(&index);
        let block = Index::parse(&index).unwrap().block(bases[1]).unwrap();
        payload[block.stored_offset as usize + 9] ^= 1;
        let mut guest = Guest::with_parts(index, payload, 0);
        let all = (0..3).flat_map(|kind| (0..4).map(move |copy| (kind, copy)));
        let damaged = all.filter(|&(kind, copy)| match read(&mut guest, kind, copy) {
            Ok(bytes) => {
                assert!(bytes == relative(kind, copy, LEN));
                false
            }
            Err(errno) => errno == Errno::IO,
        });
        assert_eq!(damaged.count(), 4);
    }
}
