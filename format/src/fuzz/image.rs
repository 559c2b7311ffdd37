//! The fuzz target of the reader: any bytes as an image.

use crate::check::{check, check_blocks, verify};
use crate::error::Corrupt;
use crate::image::Parts;
use crate::index::Index;
use crate::inode::{Content, Inode, InodeNumber};
use crate::reader::ImageReader;
use crate::testing::{seal, seal_all};
use std::io::{self, Read};
use std::string::String;

/// Most bytes that are read of a file: a few bytes of index may describe terabytes.
const READ_LEN: u64 = 1 << 16;

/// Largest content that is decoded completely: a few bytes may store a block of 1 MiB,
/// so some inputs describe gigabytes.
const VERIFIED_LEN: u64 = 1 << 22;

/// Most inodes that are read one by one.
const INODE_COUNT: u32 = 1 << 10;

/// Reads `data` as an image: unchanged, with a right checksum of the index, and with
/// all checksums right.
///
/// # Panics
///
/// If a valid index cannot be walked, or if `verify` accepts an image with a damaged
/// block.
pub fn image(data: &[u8]) {
    if let Ok(reader) = ImageReader::from_bytes(data) {
        examine(&reader);
    }
    let Ok(parts) = Parts::split(data) else {
        return;
    };
    let mut index = parts.index.to_vec();
    seal(&mut index);
    if let Ok(reader) = ImageReader::new(&index, parts.payload, parts.metadata) {
        examine(&reader);
    }
    if let Ok(reader) = ImageReader::new(&index, parts.payload, None) {
        examine(&reader);
    }
    let mut metadata = parts.metadata.map(<[u8]>::to_vec);
    seal_all(&mut index, parts.payload, metadata.as_deref_mut());
    if let Ok(reader) = ImageReader::new(&index, parts.payload, metadata.as_deref()) {
        examine(&reader);
        let _ = reader.metadata().map(|metadata| metadata.manifest());
    }
}

fn examine(reader: &ImageReader<'_>) {
    let index = reader.index();
    let is_whole = check(index).is_empty();
    let is_short = index.superblock().raw_len.get() <= VERIFIED_LEN;
    let is_readable = is_whole && is_short && check_blocks(reader).is_empty();
    for mount in 0..index.mount_count().min(INODE_COUNT) {
        assert!(index.mount(mount).is_ok() || !is_whole);
    }
    for number in (0..index.inode_count().min(INODE_COUNT)).map(InodeNumber) {
        match index.inode(number) {
            Ok(inode) => {
                visit(reader, &inode, is_whole);
                read(reader, &inode, is_readable);
            }
            Err(corrupt) => assert!(!is_whole, "{corrupt}"),
        }
    }
    let tree = reader.to_tree();
    assert!(tree.is_ok() || !is_whole);
    if is_short {
        let found = verify(reader);
        assert!(is_readable || found.is_none_or(|found| !found.is_empty()));
    }
}

/// If no rule is broken and every block is whole, every file is readable.
fn read(reader: &ImageReader<'_>, inode: &Inode, is_readable: bool) {
    let Content::File(file) = inode.content else {
        return;
    };
    let opened = reader.open(inode).expect("a file can be opened");
    let read = io::copy(&mut opened.take(READ_LEN), &mut io::sink());
    match read {
        Ok(len) => assert_eq!(len, file.len.min(READ_LEN)),
        Err(error) => assert!(!is_readable, "{error}"),
    }
}

fn visit(reader: &ImageReader<'_>, inode: &Inode, is_whole: bool) {
    match inode.content {
        Content::Directory(directory) => {
            let listed = directory.children().take(INODE_COUNT as usize).count();
            assert!(listed <= reader.index().inode_count() as usize);
        }
        Content::Symlink(link) => {
            let target = reader.index().target(&link);
            assert!(target.is_ok() || !is_whole);
        }
        Content::File(_) => {}
    }
    match reader.path(inode.number) {
        Ok(path) => follow(reader, inode, &path, is_whole),
        Err(corrupt) => assert!(!is_whole, "{corrupt}"),
    }
}

/// In a whole index, the path of an inode leads to it.
fn follow(reader: &ImageReader<'_>, inode: &Inode, path: &str, is_whole: bool) {
    let found = walk(reader.index(), path);
    if is_whole {
        let found = found.map(|inode| inode.map(|inode| inode.number));
        assert_eq!(found, Ok(Some(inode.number)), "{}", String::from(path));
    }
}

/// Looks up one name after the other.
fn walk(index: &Index<'_>, path: &str) -> Result<Option<Inode>, Corrupt> {
    let mut inode = index.inode(InodeNumber::ROOT)?;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let Content::Directory(directory) = inode.content else {
            return Ok(None);
        };
        match index.lookup(&directory, name.as_bytes())? {
            Some(child) => inode = child,
            None => return Ok(None),
        }
    }
    Ok(Some(inode))
}
