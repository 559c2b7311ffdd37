//! Images with several bases: written, read, damaged and forged.

#![cfg(feature = "std")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

mod common;

use common::{lookup, options};
use std::io::Read;
use wasi_vfs_format::testing::{relative, relatives, seal};
use wasi_vfs_format::{BlockNumber, Codec, Corrupt, Image, ImageReader, Index, check, writer};

const BLOCK_LEN: usize = 4096;

/// An image with three bases.
fn image() -> Image {
    let tree = relatives(3, 4, BLOCK_LEN);
    writer::write(&tree, &options(Some(3), 12), &()).unwrap()
}

fn reader(image: &Image) -> ImageReader<'_> {
    ImageReader::new(&image.index, &image.payload, Some(&image.metadata)).unwrap()
}

fn bases(index: &Index<'_>) -> Vec<u32> {
    let bases = (0..index.base_count() as u8).map(|position| index.base(position).unwrap());
    bases.map(|base| base.0).collect()
}

fn assert_has_all_files(reader: &ImageReader<'_>, kinds: u8) {
    for (kind, copy) in (0..kinds).flat_map(|kind| (0..4).map(move |copy| (kind, copy))) {
        let inode = lookup(reader, &format!("{kind:02}-{copy:02}"));
        let mut found = Vec::new();
        let mut file = reader.open(&inode).unwrap();
        file.read_to_end(&mut found).unwrap();
        assert!(found == relative(kind, copy, BLOCK_LEN), "{kind} {copy}");
    }
}

#[test]
fn each_block_names_a_related_base() {
    let image = image();
    let reader = reader(&image);
    let index = reader.index();
    assert!(index.superblock().has_bases());
    assert_eq!(bases(index).len(), 3);
    for number in 0..index.block_count() {
        let block = index.block(number).unwrap();
        let is_base = bases(index).contains(&number);
        assert_eq!(block.base.is_none(), is_base, "block {number}");
        let most = if is_base { BLOCK_LEN } else { BLOCK_LEN / 4 };
        assert!(block.stored_len < most as u32, "block {number}");
    }
    assert_eq!(check::verify(&reader), Some(vec![]));
    assert_has_all_files(&reader, 3);
}

#[test]
fn one_base_needs_no_table() {
    let tree = relatives(1, 4, BLOCK_LEN);
    let image = writer::write(&tree, &options(Some(3), 12), &()).unwrap();
    let reader = reader(&image);
    let superblock = reader.index().superblock();
    assert_eq!(superblock.incompatible_features.get(), 0);
    assert_eq!(superblock.base_count.get(), 0);
    assert_eq!(bases(reader.index()), [0]);
    assert_eq!(reader.index().block(3).unwrap().base, Some(BlockNumber(0)));
}

/// Version 0.1.0 wrote this image when all images had one base.
#[test]
fn image_with_one_base_reads_as_before() {
    let bytes = include_bytes!("images/one-base.wvfs");
    let reader = ImageReader::from_bytes(bytes).unwrap();
    assert!(!reader.index().superblock().has_bases());
    let based = (0..reader.index().block_count()).map(|number| reader.index().block(number));
    let based = based.filter(|block| block.unwrap().base == Some(BlockNumber(0)));
    assert_eq!(based.count(), 7);
    assert_eq!(check::verify(&reader), Some(vec![]));
    assert_has_all_files(&reader, 2);
}

#[test]
fn damage_to_each_base_is_reported_once() {
    let image = image();
    for base in bases(reader(&image).index()) {
        let mut payload = image.payload.clone();
        let block = reader(&image).index().block(base).unwrap();
        payload[block.stored_offset as usize] ^= 1;
        let damaged = ImageReader::new(&image.index, &payload, Some(&image.metadata)).unwrap();
        let broken = check::check_blocks(&damaged);
        assert_eq!(broken, [Corrupt::BlockChecksum { block: base }]);
    }
}

/// The index with `bytes` at `at`, under a right checksum.
fn forged(image: &Image, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut index = image.index.clone();
    index[at..at + bytes.len()].copy_from_slice(bytes);
    seal(&mut index);
    index
}

/// Where the table of bases and the block records start.
fn tables(image: &Image) -> (usize, usize) {
    let superblock = *reader(image).index().superblock();
    let start = |table: wasi_vfs_format::superblock::Table| table.offset.get() as usize;
    (start(superblock.bases()), start(superblock.blocks))
}

#[test]
fn forged_numbers_of_bases_break_a_rule() {
    let image = image();
    let numbers = bases(reader(&image).index());
    let based = (0..12).find(|number| !numbers.contains(number)).unwrap();
    let (table, _) = tables(&image);
    // A number beyond the blocks, a based block, the base before, the largest number.
    for number in [12, based, numbers[0], u32::MAX] {
        let index = forged(&image, table + 4, &number.to_le_bytes());
        let index = Index::parse(&index).unwrap();
        let expected = Corrupt::Base { position: 1 };
        assert!(check::check(&index).contains(&expected), "{number}");
        for block in 0..index.block_count() {
            // Decoding ends: the base of a block never has a base.
            let base = index.block(block).ok().and_then(|block| block.base);
            assert!(base.is_none_or(|base| index.block(base.0).unwrap().base.is_none()));
        }
    }
}

#[test]
fn forged_base_with_a_base_is_no_base() {
    let image = image();
    let numbers = bases(reader(&image).index());
    let (_, blocks) = tables(&image);
    // The codec is the last byte of a block record. The bases 1 and 2 name each other, and
    // base 0 itself.
    for (position, codec) in [(0, 2), (1, 4), (2, 3)] {
        let base = numbers[position];
        let index = forged(&image, blocks + 16 * base as usize + 15, &[codec]);
        let reader = ImageReader::new(&index, &image.payload, None).unwrap();
        assert_eq!(reader.index().base(position as u8), None);
        let position = position as u8;
        assert!(check::check(reader.index()).contains(&Corrupt::Base { position }));
        assert!(!check::check_blocks(&reader).is_empty());
    }
}

#[test]
fn block_that_names_no_base_is_rejected() {
    let image = image();
    let numbers = bases(reader(&image).index());
    let based = (0..12).find(|number| !numbers.contains(number)).unwrap();
    let (_, blocks) = tables(&image);
    // The fourth base of three, and codecs beyond the most bases.
    for codec in [5, 65, 66, 255] {
        let index = forged(&image, blocks + 16 * based as usize + 15, &[codec]);
        let index = Index::parse(&index).unwrap();
        assert_eq!(index.block(based), Err(Corrupt::Block { block: based }));
    }
}

#[test]
fn number_of_bases_must_fit_the_feature() {
    let image = image();
    // The feature without its table, and the table without its feature.
    for (count, min, max, at, bytes) in [
        (1, 2, 64, 76, &1_u32.to_le_bytes()[..]),
        (3, 0, 0, 24, &[0]),
    ] {
        let index = forged(&image, at, bytes);
        let broken = check::check(&Index::parse(&index).unwrap());
        let found = count;
        let expected = Corrupt::BaseCount { min, max, found };
        assert!(broken.contains(&expected), "{broken:?}");
    }
    let index = forged(&image, 76, &u32::MAX.to_le_bytes());
    let refused = Index::parse(&index).map(|_| ());
    assert_eq!(refused, Err(Corrupt::TableBounds { table: "bases" }.into()));
}

#[test]
fn bases_of_a_stored_tree_are_none() {
    let tree = relatives(3, 4, BLOCK_LEN);
    let image = writer::write(&tree, &options(None, 12), &()).unwrap();
    let reader = reader(&image);
    assert!(!reader.index().superblock().has_bases());
    let codecs = (0..12).map(|number| reader.index().block(number).unwrap().codec);
    assert!(codecs.into_iter().all(|codec| codec == Codec::Stored));
}
