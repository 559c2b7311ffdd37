//! The reader of the index: lookups, positions, runs.

#![cfg(feature = "std")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

mod common;

use common::{lookup, options, read, sample, write};
use std::io::{Read, Seek, SeekFrom};
use wasi_vfs_format::chunk::Chunks;
use wasi_vfs_format::testing::{Random, directory, file, tree};
use wasi_vfs_format::{Content, ImageReader, Index, InodeNumber, writer};

#[test]
fn lookup_finds_each_child_and_nothing_else() {
    let names: Vec<_> = (0..100).map(|n| format!("name {n}")).collect();
    let mut tree = sample();
    let children = names.iter().map(|name| (name.clone(), directory([])));
    tree.root.children.extend(children);
    let image = write(&tree);
    let index = Index::parse(&image.index).unwrap();
    let Content::Directory(root) = index.inode(InodeNumber::ROOT).unwrap().content else {
        panic!("the root is no directory");
    };
    for (position, number) in (0..).zip(root.children()) {
        let name = index.name(number).unwrap();
        let found = index.lookup(&root, name).unwrap().unwrap();
        assert_eq!(found.number, number);
        assert_eq!(root.child(position), Some(number));
    }
    assert_eq!(root.child(root.child_count()), None);
    for absent in ["", ".", "..", "name", "name 1000", "a", "\u{10ffff}"] {
        assert_eq!(index.lookup(&root, absent.as_bytes()).unwrap(), None);
    }
}

#[test]
fn files_that_repeat_themselves_use_extents() {
    let part = Random::new(2).bytes(100_000);
    let whole = [&*part, b"between", &part, &part].concat();
    let tree = tree([("f", file(whole.clone()))]);
    let image = writer::write(&tree, &options(None, 12), &()).unwrap();
    let reader = ImageReader::new(&image.index, &image.payload, None).unwrap();
    assert!(reader.index().extent_count() >= 3);
    assert!(image.payload.len() < 150_000);
    assert!(read(&reader, "/f") == whole);
    let inode = lookup(&reader, "/f");
    let mut file = reader.open(&inode).unwrap();
    for start in (0..whole.len()).step_by(777) {
        let mut bytes = [0; 100];
        file.seek(SeekFrom::Start(start as u64)).unwrap();
        let len = file.read(&mut bytes).unwrap();
        assert!(len > 0 && bytes[..len] == whole[start..start + len]);
    }
}

#[test]
fn the_extents_of_a_file_are_its_runs_in_order() {
    let part = Random::new(2).bytes(100_000);
    let image = write(&tree([("f", file([&*part, &part].concat()))]));
    let reader = ImageReader::new(&image.index, &image.payload, Some(&image.metadata)).unwrap();
    let (index, chunks) = (
        reader.index(),
        reader.metadata().unwrap().chunks().collect::<Chunks>(),
    );
    let inode = index.inode(InodeNumber(1)).unwrap();
    let Content::File(file) = inode.content else {
        panic!("not a file");
    };
    let mut end = 0;
    for extent in index.extents(inode.number, &file).unwrap() {
        let extent = extent.unwrap();
        assert_eq!(extent.file_offset, end);
        let of_extent = chunks.of(inode.number, &extent).unwrap();
        let of_extent = &chunks.as_slice()[of_extent];
        let len: u64 = of_extent.iter().map(|chunk| u64::from(chunk.len)).sum();
        assert_eq!(len, extent.len);
        let run = index.run(inode.number, &file, end).unwrap().unwrap();
        assert_eq!((run.raw_offset, run.len), (extent.raw_offset, extent.len));
        end += extent.len;
    }
    assert_eq!(end, file.len);
}

#[test]
fn an_empty_file_has_no_extents_and_no_bytes() {
    let image = write(&tree([("f", file(""))]));
    let index = Index::parse(&image.index).unwrap();
    let inode = index.inode(InodeNumber(1)).unwrap();
    let Content::File(file) = inode.content else {
        panic!("not a file");
    };
    assert_eq!(index.extents(inode.number, &file).unwrap().len(), 0);
    assert_eq!(index.run(inode.number, &file, 0).unwrap(), None);
}
