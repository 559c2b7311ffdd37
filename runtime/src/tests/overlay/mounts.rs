//! Mounts inside a directory that moves.

use super::START_NS;
use crate::fs::{Filesystem, FsError, Tree};
use crate::overlay::{Id, Overlay, Ticks};
use crate::tests::guest::{image, write_image};
use wasi_vfs_format::InodeNumber;
use wasi_vfs_format::testing::{directory, file, mount, tree};

const ROOT: Id<InodeNumber> = Id::Packed(InodeNumber::ROOT);

#[test]
fn a_directory_above_a_mount_does_not_move() {
    let mut tree = tree([(
        "above",
        directory([("mounted", directory([("file", file("text"))]))]),
    )]);
    tree.mounts
        .push(mount("/above/mounted", &["above", "mounted"]));
    let (index, payload) = write_image(&tree, None);
    let lower = image(index, payload);
    let root = lower.root();
    let mut layer = Overlay::new(lower, Ticks::from_ns(START_NS), 1 << 20);
    layer.add_root(root).unwrap();
    let moved = layer.rename((ROOT, b"above"), (ROOT, b"moved"));
    assert_eq!(moved, Err(FsError::Busy));
    let found = layer.lookup(&layer.node(ROOT).unwrap(), b"above").unwrap();
    assert!(found.is_some());
}
