//! Mounts inside a directory that moves.

use super::START_NS;
use crate::fs::{Filesystem, FsError, Tree};
use crate::overlay::{Id, Overlay, Ticks, count_comparisons};
use crate::tests::guest::{Image, image, write_image};
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

#[test]
fn many_mounts_and_roots_make_no_call_slower() {
    const COUNT: u32 = 1000;
    let name = |number: u32| format!("{number:04}");
    let directories = (0..COUNT).map(|number| (name(number), directory([("d", directory([]))])));
    let mut tree = tree([]);
    tree.root.children.extend(directories);
    for number in 0..COUNT {
        let name = name(number);
        tree.mounts.push(mount(&format!("/{name}"), &[&name]));
    }
    let (index, payload) = write_image(&tree, None);
    let mut layer = Overlay::new(image(index, payload), Ticks::from_ns(START_NS), 1 << 20);
    let root = layer.node(ROOT).unwrap();
    let found = (0..COUNT).map(|number| layer.lookup(&root, name(number).as_bytes()));
    let ids: Vec<_> = found.map(|found| found.unwrap().unwrap()).collect();
    let ids: Vec<_> = ids.iter().map(Overlay::<Image, Ticks>::id).collect();
    // Not in the order of their numbers.
    for &id in ids.iter().rev() {
        let Id::Packed(id) = id else { unreachable!() };
        layer.add_root(id).unwrap();
    }
    // The first call finds all mounts.
    layer.rename((ids[0], b"d"), (ids[0], b"e")).unwrap();
    let (_, count) = count_comparisons(|| {
        for pair in ids[1..].windows(2) {
            layer.rename((pair[0], b"d"), (pair[1], b"e")).unwrap();
            layer.remove_directory(pair[1], b"e").unwrap();
        }
    });
    assert!(count < u64::from(COUNT) * 500, "{count} comparisons");
    let removed = layer.remove_directory(ROOT, name(7).as_bytes());
    assert_eq!(removed, Err(FsError::Busy));
}
