//! A tree becomes an image and the image becomes the tree again.

#![cfg(feature = "std")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

mod common;

use common::{listing, lookup, options, random_tree, read, sample, write};
use std::io::{Read, Seek, SeekFrom};
use wasi_vfs_format::testing::{Random, directory, file, link, tree};
use wasi_vfs_format::{Content, ImageReader, check, writer};

fn assert_whole(reader: &ImageReader<'_>) {
    assert_eq!(check::check(reader.index()), []);
    assert_eq!(check::check_blocks(reader), []);
    assert_eq!(check::verify(reader), Some(vec![]));
}

#[test]
fn the_sample_tree_survives() {
    for (compression, shift) in [(None, 12), (None, 20), (Some(1), 12), (Some(19), 17)] {
        let image = writer::write(&sample(), &options(compression, shift), &()).unwrap();
        let bytes = image.to_bytes();
        let reader = ImageReader::from_bytes(&bytes).unwrap();
        assert_whole(&reader);
        assert_eq!(listing(&reader.to_tree().unwrap()), listing(&sample()));
    }
}

#[test]
fn random_trees_survive() {
    for seed in 0..60 {
        let tree = random_tree(seed);
        let compression = (seed % 2 == 0).then_some(1);
        let options = options(compression, 12 + (seed % 9) as u32);
        let image = writer::write(&tree, &options, &()).unwrap();
        let reader = ImageReader::new(&image.index, &image.payload, Some(&image.metadata)).unwrap();
        assert_whole(&reader);
        assert_eq!(
            listing(&reader.to_tree().unwrap()),
            listing(&tree),
            "seed {seed}"
        );
    }
}

#[test]
fn repacking_an_image_returns_it() {
    let image = write(&sample());
    let reader = ImageReader::new(&image.index, &image.payload, None).unwrap();
    assert_eq!(write(&reader.to_tree().unwrap()), image);
}

#[test]
fn an_empty_tree_survives() {
    let image = write(&tree([]));
    assert_eq!(image.payload.len(), 0);
    let reader = ImageReader::new(&image.index, &[], Some(&image.metadata)).unwrap();
    assert_whole(&reader);
}

#[test]
fn the_deepest_tree_survives() {
    let mut node = file("deep");
    for _ in 0..2047 {
        node = directory([("d", node)]);
    }
    let tree = tree([("d", node)]);
    let image = write(&tree);
    let reader = ImageReader::new(&image.index, &image.payload, Some(&image.metadata)).unwrap();
    assert_whole(&reader);
    assert_eq!(write(&reader.to_tree().unwrap()), image);
}

#[test]
fn images_without_metadata_section_are_readable() {
    let image = write(&sample());
    let bytes = [&*image.index, &image.payload].concat();
    let reader = ImageReader::from_bytes(&bytes).unwrap();
    assert_eq!(check::verify(&reader), None);
    assert_eq!(read(&reader, "/lib/naïve name.txt"), "é".as_bytes());
}

#[test]
fn files_are_read_from_any_offset() {
    let image = write(&sample());
    let reader = ImageReader::new(&image.index, &image.payload, None).unwrap();
    let whole = read(&reader, "/lib/large");
    let inode = lookup(&reader, "/lib/large");
    let mut file = reader.open(&inode).unwrap();
    let mut random = Random::new(1);
    for _ in 0..200 {
        let (offset, len) = (random.below(210_000) as u64, random.below(50_000));
        file.seek(SeekFrom::Start(offset)).unwrap();
        let mut bytes = Vec::new();
        file.by_ref()
            .take(len as u64)
            .read_to_end(&mut bytes)
            .unwrap();
        let expected = whole.iter().skip(offset as usize).take(len);
        assert!(bytes.iter().eq(expected), "{len} bytes at {offset}");
    }
    assert!(file.seek(SeekFrom::End(-200_001)).is_err());
}

#[test]
fn equal_files_share_bytes_but_no_inode() {
    let text = Random::new(3).bytes(10_000);
    let tree = tree([("a", file(text.clone())), ("b", file(text))]);
    let image = writer::write(&tree, &options(None, 12), &()).unwrap();
    let statistics = image.manifest.statistics;
    assert_eq!((statistics.file_len, statistics.raw_len), (20_000, 10_000));
    assert_eq!(statistics.duplicate_file_count, 1);
    assert_eq!(image.payload.len(), 10_000);
    let reader = ImageReader::new(&image.index, &image.payload, None).unwrap();
    assert_eq!(reader.index().inode_count(), 3);
}

#[test]
fn an_insertion_leaves_most_chunks_shared() {
    let old = Random::new(3).bytes(1_000_000);
    let mut new = old.clone();
    new.splice(400_000..400_000, *b"inserted");
    let image = write(&tree([("new", file(new)), ("old", file(old))]));
    assert!(image.manifest.statistics.raw_len < 1_150_000);
}

#[test]
fn each_distinct_name_is_stored_once() {
    let node = || directory([("__init__.py", file("")), ("link", link("__init__.py"))]);
    let image = write(&tree([("a", node()), ("b", node())]));
    let reader = ImageReader::new(&image.index, &image.payload, None).unwrap();
    let names_len = reader.index().superblock().names.count.get() as usize;
    assert_eq!(names_len, "/ab__init__.pylink".len());
}

#[test]
fn compression_does_not_change_the_root_digest() {
    let digest = |compression, shift| {
        let options = options(compression, shift);
        writer::write(&sample(), &options, &()).unwrap().digest
    };
    assert_eq!(digest(None, 12), digest(Some(19), 20));
}

#[test]
fn executable_files_stay_executable() {
    let image = write(&sample());
    let reader = ImageReader::new(&image.index, &image.payload, None).unwrap();
    let Content::File(file) = lookup(&reader, "/bin/tool").content else {
        panic!("not a file");
    };
    assert!(file.executable);
}
