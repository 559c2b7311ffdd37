//! The images that the targets pack: an uncompressed and a compressed one.

use crate::module::Parts;
use std::sync::LazyLock;
use wasi_vfs_format::Image;
use wasi_vfs_format::testing::{self, file, link};
use wasi_vfs_format::tree::{DirectoryNode, Node, Tree};
use wasi_vfs_format::writer::{Options, write};

const LEVELS: [Option<i32>; 2] = [None, Some(3)];

static IMAGES: LazyLock<[Image; 2]> = LazyLock::new(|| {
    LEVELS.map(|compression| {
        let options = Options {
            compression,
            block_shift: 12,
            ..Options::default()
        };
        write(&tree(), &options, &()).expect("a tree by the rules")
    })
});

/// The parts of image `number`, 0 or 1.
pub(super) fn parts(number: usize) -> Parts<'static> {
    let image = &IMAGES[number % IMAGES.len()];
    Parts {
        index: &image.index,
        index_level: LEVELS[number % IMAGES.len()],
        payload: image.payload.as_slice().into(),
        metadata: &image.metadata,
        writable: None,
    }
}

fn tree() -> Tree {
    let words = |number: usize| (format!("{number}"), file("words ".repeat(7 * number)));
    let words = DirectoryNode {
        mtime_ns: 7,
        children: (0..20).map(words).collect(),
    };
    testing::tree([
        ("d", Node::Directory(words)),
        ("large", file("a line of some length\n".repeat(900))),
        ("link", link("d/0")),
    ])
}
