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
