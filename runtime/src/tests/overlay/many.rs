//! As many files as would take minutes if a call were slower in a larger directory.

use super::{Layer, layer};
use crate::fs::{Filesystem, FsError, Intent, Tree};
use crate::overlay::Id;
use wasi_vfs_format::InodeNumber;

const COUNT: u32 = 100_000;
const ROOT: Id<InodeNumber> = Id::Packed(InodeNumber::ROOT);
const INTENT: Intent = Intent {
    read: true,
    write: true,
};

/// A directory of its own with many files.
fn filled() -> (Layer, Id<InodeNumber>) {
    let mut layer = layer(1 << 26);
    layer.create_directory(ROOT, b"many").unwrap();
    let root = layer.node(ROOT).unwrap();
    let directory = Layer::id(&layer.lookup(&root, b"many").unwrap().unwrap());
    for number in 0..COUNT {
        let name = number.to_string();
        layer
            .create_file(directory, name.as_bytes(), INTENT, true)
            .unwrap();
    }
    (layer, directory)
}

/// Removes the first listed file again and again.
fn remove_from_front(layer: &mut Layer, directory: Id<InodeNumber>) -> u32 {
    let mut count = 0;
    loop {
        let found = layer.node(directory).unwrap();
        let Some(entry) = layer.entry(&found, 0).unwrap() else {
            return count;
        };
        let name = entry.name.to_vec();
        layer.unlink(directory, &name).unwrap();
        count += 1;
    }
}

#[test]
fn many_files_are_made_listed_and_removed() {
    let (mut layer, directory) = filled();
    let found = layer.node(directory).unwrap();
    let (mut count, mut cookie) = (0, 0);
    while let Some(entry) = layer.entry(&found, cookie).unwrap() {
        cookie = entry.next;
        count += 1;
    }
    assert_eq!(count, COUNT);
    let used = layer.used_len();
    assert!(used < u64::from(COUNT) * 350, "{used} bytes");
    assert_eq!(remove_from_front(&mut layer, directory), COUNT);
    assert!(layer.used_len() < 3000, "{} bytes", layer.used_len());
    assert_eq!(layer.remove_directory(ROOT, b"many"), Ok(()));
}

#[test]
fn many_moves_of_one_name_take_no_more_memory() {
    let (mut layer, directory) = filled();
    let used = layer.used_len();
    let mut old = "7".to_owned();
    for round in 0..10_000 {
        let new = format!("moved {round}");
        let (from, to) = (old.as_bytes(), new.as_bytes());
        layer.rename((directory, from), (directory, to)).unwrap();
        old = new;
    }
    assert!(layer.used_len() < used + used / 4);
    let missing = layer.unlink(directory, b"7");
    assert_eq!(missing, Err(FsError::NotFound));
    assert_eq!(layer.unlink(directory, old.as_bytes()), Ok(()));
}
