//! At each limit that a tree can reach: what is at it passes, what is one above
//! is refused by name. That of the content is in `hostile.rs`, on a forged
//! superblock.

#![cfg(feature = "std")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

mod common;

use common::options;
use wasi_vfs_format::limits::*;
use wasi_vfs_format::testing::{directory, file, link, mount, tree};
use wasi_vfs_format::tree::{Node, Tree};
use wasi_vfs_format::writer::{self, WriteError};
use wasi_vfs_format::{Image, ImageReader, check};

/// Writes it, and finds nothing wrong with the result.
fn written(tree: &Tree) -> Result<Image, WriteError> {
    let image = writer::write(tree, &options(None, 12), &())?;
    let reader = ImageReader::new(&image.index, &image.payload, Some(&image.metadata)).unwrap();
    assert_eq!(check::check(reader.index()), []);
    Ok(image)
}

#[test]
fn names_have_a_longest_length() {
    let of_len = |len: usize| written(&tree([(&*"n".repeat(len), file("x"))])).map(|_| ());
    assert!(of_len(MAX_NAME_LEN).is_ok());
    let above = of_len(MAX_NAME_LEN + 1);
    assert!(matches!(above, Err(WriteError::NameLen { found: 256, .. })));
}

/// A file at a path of `len` bytes.
fn at_depth(len: usize) -> Tree {
    let mut node: Node = file("x");
    let mut rest = len;
    while rest > 200 {
        node = directory([(&*"d".repeat(99), node)]);
        rest -= 100;
    }
    tree([(&*"n".repeat(rest), node)])
}

#[test]
fn paths_have_a_longest_length() {
    assert!(written(&at_depth(MAX_PATH_LEN)).is_ok());
    let above = written(&at_depth(MAX_PATH_LEN + 1)).map(|_| ());
    assert!(
        matches!(above, Err(WriteError::PathLen { found: 4096, .. })),
        "{above:?}"
    );
}

#[test]
fn link_targets_have_a_longest_length() {
    let of_len = |len: usize| written(&tree([("l", link(&"t".repeat(len)))])).map(|_| ());
    assert!(of_len(MAX_SYMLINK_LEN).is_ok());
    let above = of_len(MAX_SYMLINK_LEN + 1);
    assert!(matches!(above, Err(WriteError::Target { .. })));
}

#[test]
fn mount_paths_have_a_longest_length() {
    let of_len = |len: usize| {
        let mut tree = tree([("f", file("x"))]);
        tree.mounts = vec![mount(&"m".repeat(len), &[])];
        written(&tree).map(|_| ())
    };
    assert!(of_len(MAX_PATH_LEN).is_ok());
    let above = of_len(MAX_PATH_LEN + 1);
    assert!(matches!(above, Err(WriteError::Mount { .. })), "{above:?}");
}

#[test]
fn the_number_of_mounts_is_bounded() {
    let of_count = |count: u32| {
        let mut tree = tree([("f", file("x"))]);
        tree.mounts = (0..count).map(|n| mount(&format!("/{n}"), &[])).collect();
        written(&tree).map(|_| ())
    };
    assert!(of_count(MAX_MOUNT_COUNT).is_ok());
    let above = of_count(MAX_MOUNT_COUNT + 1).unwrap_err().to_string();
    assert!(above.contains("1024 mounts"), "{above}");
}

#[test]
fn the_size_of_blocks_is_bounded() {
    let of_shift = |shift| writer::write(&tree([("f", file("x"))]), &options(None, shift), &());
    for shift in [MIN_BLOCK_SHIFT, MAX_BLOCK_SHIFT] {
        assert!(of_shift(shift).is_ok());
    }
    for shift in [MIN_BLOCK_SHIFT - 1, MAX_BLOCK_SHIFT + 1] {
        let refused = of_shift(shift);
        assert!(matches!(refused, Err(WriteError::BlockShift { .. })));
    }
}
