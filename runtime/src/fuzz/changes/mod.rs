//! The layer for changes against a model: a file system in memory that shares no code with
//! the layer.
//!
//! A [`Step`] is one call of a program, such as `rename("a", "d/b")`. A [`Driver`] performs
//! steps on any file system. Both file systems get the same steps, and their answers must be
//! the same, and so must the trees at the end. A third file system, a layer with little space,
//! may answer [`FsError::NoSpace`]. Its tree must then be as before the step. At the end, the
//! changes are saved and applied to another layer, which must have the same tree.

mod applied;
mod driver;
mod saved;
mod step;
mod tree;

pub use applied::applied;
pub use driver::{Answer, Driver};
pub use saved::save;
pub use step::Step;
pub use tree::{Listed, clear, copy, list};

use super::memory::{NoBudget, StoredBlocks};
use super::memory_fs::MemoryFs;
use crate::fs::{FsError, Origin, Tree};
use crate::overlay::{Overlay, Ticks};
use crate::{Blocks, ImageFs};
use std::sync::LazyLock;
use std::vec::Vec;
use std::{format, vec};
use wasi_vfs_format::fuzz::Input;
use wasi_vfs_format::testing::{directory, directory_node, file, link, mount};
use wasi_vfs_format::tree::{DirectoryNode, Node, Tree as PackedTree};
use wasi_vfs_format::writer::{Options, write};
use wasi_vfs_format::{Index, InodeNumber};

/// As many steps are made.
const STEP_COUNT: usize = 200;

/// As many steps are made with little space. The tree is listed after each.
const FULL_STEP_COUNT: usize = 60;

/// Index and payload of the image.
static IMAGE: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let options = Options {
        compression: Some(3),
        block_shift: 12,
        ..Options::default()
    };
    let image = write(&packed_tree(), &options, &()).expect("a tree by the rules");
    (image.index, image.payload)
});

fn packed_tree() -> PackedTree {
    let text: Vec<u8> = (0..3000_u32).flat_map(u32::to_le_bytes).collect();
    let many = (0..30).map(|number| (format!("{number}"), file(vec![number; 9])));
    let many = DirectoryNode {
        mtime_ns: 2,
        children: many.collect(),
    };
    PackedTree {
        root: directory_node([
            ("big", file([text.clone(), text.clone()].concat())),
            ("d", directory([("f", file(text))])),
            ("empty", file("")),
            ("l", link("d/f")),
            ("many", Node::Directory(many)),
            ("up", link("../d")),
        ]),
        mounts: vec![mount("/", &[])],
    }
}

/// A layer above an image of a few files, all of which may change.
///
/// # Panics
///
/// Never: the image is whole.
pub fn layer(limit_len: u64) -> Overlay<impl Origin<Id = InodeNumber>, Ticks> {
    let (index, payload) = &*IMAGE;
    let blocks = Blocks::new(StoredBlocks(payload), NoBudget);
    let image = ImageFs::new(Index::parse(index).ok(), blocks);
    let root = image.root();
    let mut layer = Overlay::new(image, Ticks::from_ns(0), limit_len);
    layer.add_root(root).expect("memory");
    layer
}

/// The removed names of the image take less.
const CLEARED_LEN_MAX: u64 = 8000;

/// Performs the steps that `data` describes.
///
/// # Panics
///
/// If the layer answers otherwise than the model, exceeds its space, or changes anything when
/// it has no space.
pub fn changes(data: &[u8]) {
    let mut input = Input(data);
    let limit_len = u64::from(input.byte()) * 128;
    let steps: Vec<_> = core::iter::from_fn(|| {
        let more = !input.is_empty();
        more.then(|| Step::read(&mut input))
    })
    .take(STEP_COUNT)
    .collect();
    compare(&steps);
    exhaust(&steps, limit_len);
}

/// Performs steps on a layer and on the model.
fn compare(steps: &[Step]) {
    let mut layer = layer(1 << 30);
    let mut model = MemoryFs::new();
    copy(&mut layer, &mut model);
    let (mut one, mut other) = (Driver::new(&layer), Driver::new(&model));
    for step in steps {
        let answer = one.step(&mut layer, step);
        assert_eq!(answer, other.step(&mut model, step), "{step:?}");
    }
    assert_eq!(list(&mut layer), list(&mut model));
    saved::check_save(&mut layer);
    one.close(&mut layer);
    other.close(&mut model);
    clear(&mut layer);
    clear(&mut model);
    assert_eq!(model.node_count(), 1);
    assert!(layer.used_len() < CLEARED_LEN_MAX, "{}", layer.used_len());
}

/// Performs steps on a layer with little space.
fn exhaust(steps: &[Step], limit_len: u64) {
    let mut layer = layer(limit_len);
    let mut driver = Driver::new(&layer);
    for step in steps.iter().take(FULL_STEP_COUNT) {
        let before = step.needs_space().then(|| list(&mut layer));
        let answer = driver.step(&mut layer, step);
        assert!(layer.used_len() <= limit_len, "{step:?}");
        if let (Err(FsError::NoSpace), Some(before)) = (answer, before) {
            assert_eq!(list(&mut layer), before, "{step:?}");
        }
    }
    driver.close(&mut layer);
}
