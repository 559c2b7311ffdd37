//! The images that programs of the fuzzers have.

use std::sync::LazyLock;
use std::vec::Vec;
use std::{format, vec};
use wasi_vfs_format::testing::{directory, directory_node, file, link, mount, seal};
use wasi_vfs_format::tree::{DirectoryNode, Node, Tree};
use wasi_vfs_format::writer::{Options, write};

/// Index and payload.
pub(super) type Image = (Vec<u8>, Vec<u8>);

/// Images with an index that was changed, beside the whole ones: an index must
/// live as long as the program, so there are as many as there are bytes.
const CHANGED_COUNT: u8 = 200;

/// Two whole images with the same files, then changed ones.
pub(super) static IMAGES: LazyLock<Vec<Image>> = LazyLock::new(|| {
    let whole = [None, Some(3)].map(whole_image);
    let changed = (0..CHANGED_COUNT).map(|seed| change(&whole[usize::from(seed) % 2], seed));
    let changed: Vec<_> = changed.collect();
    whole.into_iter().chain(changed).collect()
});

fn whole_image(compression: Option<i32>) -> Image {
    let options = Options {
        compression,
        block_shift: 12,
        ..Options::default()
    };
    let image = write(&tree(), &options, &()).expect("a tree by the rules");
    (image.index, image.payload)
}

fn tree() -> Tree {
    let text: Vec<u8> = (0..3000_u32).flat_map(u32::to_le_bytes).collect();
    let many = (0..30).map(|number| (format!("{number}"), file(vec![number; 9])));
    let many = DirectoryNode {
        mtime_ns: 2,
        children: many.collect(),
    };
    Tree {
        root: directory_node([
            ("big", file([text.clone(), text.clone()].concat())),
            ("d", directory([("f", file(text))])),
            ("empty", file("")),
            ("l", link("d/f")),
            ("loop", link("loop")),
            ("many", Node::Directory(many)),
            ("up", link("../d")),
        ]),
        mounts: vec![mount("/", &[]), mount("/d", &["d"])],
    }
}

/// Some bytes of the index changed under a checksum that is right.
fn change(image: &Image, seed: u8) -> Image {
    let (mut index, payload) = image.clone();
    let mut state = u64::from(seed) + 1;
    for _ in 0..=seed % 5 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(9);
        // Not the superblock, without which there is no image at all.
        let at = 136 + (state >> 33) as usize % (index.len() - 136);
        index[at] = [0, 1, 0x7f, 0x80, 0xff, (state >> 24) as u8][(state >> 56) as usize % 6];
    }
    seal(&mut index);
    (index, payload)
}

/// Paths in the images, and others.
pub(super) const PATHS: [&[u8]; 12] = [
    b"big", b"d/f", b"l", b"loop", b"up", b".", b"many", b"many/7", b"d/..", b"empty", b"none",
    b"\xff/\0",
];
