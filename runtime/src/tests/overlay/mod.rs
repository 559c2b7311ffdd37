//! The layer for changes under test, above the sample image.

mod content;
mod many;
mod mounts;
mod names;
mod refused;
mod removal;
mod saving;
mod space;
mod thrown;

use super::changes::{content, create, on_path};
use super::guest::{Guest, Image, image};
use super::sample_image;
use crate::fs::Tree;
use crate::overlay::{ApplyError, Overlay, Ticks};
use crate::{Errno, Preview1};
use wasi_vfs_format::testing::{Change, changed, changes};

/// Later than all times of the sample tree.
const START_NS: i64 = 2_000_000_000_000_000_000;

type Layer = Overlay<Image, Ticks>;
type LayerGuest = Guest<Layer>;

/// The sample image below changes of at most `limit_len` bytes. All of it may change.
fn layer(limit_len: u64) -> Layer {
    let (index, payload) = sample_image();
    let lower = image(index, payload);
    let root = lower.root();
    let mut layer = Overlay::new(lower, Ticks::from_ns(START_NS), limit_len);
    layer.add_root(root).unwrap();
    layer
}

fn guest() -> LayerGuest {
    Guest::with_fs(layer(1 << 24), 0)
}

fn mkdir(guest: &mut LayerGuest, path: &str) -> Result<(), Errno> {
    on_path(guest, path, Preview1::path_create_directory)
}

fn rmdir(guest: &mut LayerGuest, path: &str) -> Result<(), Errno> {
    on_path(guest, path, Preview1::path_remove_directory)
}

fn unlink(guest: &mut LayerGuest, path: &str) -> Result<(), Errno> {
    on_path(guest, path, Preview1::path_unlink_file)
}

fn set_len(guest: &mut LayerGuest, fd: u32, len: u64) -> Result<(), Errno> {
    let code = Preview1::fd_filestat_set_size(&mut guest.vfs, fd, len);
    crate::preview1::from_host(code)
}

/// The names in a directory, without `.` and `..`.
fn names(guest: &mut LayerGuest, path: &str) -> Vec<String> {
    let fd = guest.open(3, path).unwrap();
    let listed = guest.list(fd, 100).unwrap();
    guest.close(fd).unwrap();
    let names = listed.into_iter().map(|entry| entry.name);
    names.skip(2).collect()
}

/// Inode number, number of names and length of a path.
fn stat(guest: &mut LayerGuest, path: &str) -> [u64; 3] {
    let stat = guest.stat(3, path, false).unwrap();
    let number = |at: usize| u64::from_le_bytes(stat[at..at + 8].try_into().unwrap());
    [number(8), number(24), number(32)]
}

/// Bytes that the changes take.
fn used_len(guest: &LayerGuest) -> u64 {
    guest.vfs.filesystem().used_len()
}

/// Opens a file for reading and writing.
fn open_to_write(guest: &mut LayerGuest, path: &str) -> u32 {
    guest
        .open_with(3, path, 1, 0, super::changes::READ_WRITE)
        .unwrap()
}

/// The sample image, of which only `lib` may change.
fn layer_below_lib() -> Layer {
    let (index, payload) = sample_image();
    let lower = image(index, payload);
    let root = lower.node(lower.root()).unwrap();
    let lib = lower.lookup(&root, b"lib").unwrap().unwrap();
    let mut layer = Overlay::new(lower, Ticks::from_ns(START_NS), 1 << 20);
    layer.add_root(lib.number).unwrap();
    layer
}

#[test]
fn only_what_is_below_a_root_may_change() {
    let mut guest = Guest::with_fs(layer_below_lib(), 0);
    assert_eq!(mkdir(&mut guest, "new"), Err(Errno::ROFS));
    assert_eq!(mkdir(&mut guest, "lib/a/new"), Ok(()));
    assert_eq!(guest.rename(3, "lib/big", 3, "big"), Err(Errno::ROFS));
    assert_eq!(guest.rename(3, "hello", 3, "lib/hello"), Err(Errno::ROFS));
    assert_eq!(guest.link(3, "hello", 3, "lib/hello"), Err(Errno::ROFS));
    assert_eq!(unlink(&mut guest, "lib/big"), Ok(()));
    assert_eq!(unlink(&mut guest, "hello"), Err(Errno::ROFS));
}

#[test]
fn preopened_directories_stay() {
    let mut guest = guest();
    for name in ["lib/a/deep", "lib/absolute", "lib/big", "lib/up"] {
        unlink(&mut guest, name).unwrap();
    }
    rmdir(&mut guest, "lib/a").unwrap();
    assert_eq!(rmdir(&mut guest, "lib"), Err(Errno::BUSY));
    assert_eq!(guest.rename(3, "lib", 3, "other"), Err(Errno::BUSY));
    assert_eq!(guest.rename(3, "vacant", 3, "lib"), Err(Errno::BUSY));
}

#[test]
fn times_follow_changes() {
    let mut guest = guest();
    let times = |guest: &mut LayerGuest, path| guest.stat(3, path, false).unwrap()[40..].to_vec();
    let before = times(&mut guest, "lib");
    let fd = open_to_write(&mut guest, "hello");
    guest.write(fd, b"H").unwrap();
    let file = times(&mut guest, "hello");
    // Accessed stays; modified and changed move.
    let packed = guest.stat(3, "empty", false).unwrap()[40..48].to_vec();
    assert_eq!(file[..8], packed);
    let time = |bytes: &[u8]| i64::from_le_bytes(bytes.try_into().unwrap());
    assert!(time(&file[8..16]) > START_NS && time(&file[16..]) > START_NS);
    assert_eq!(times(&mut guest, "lib"), before);
    create(&mut guest, "lib/new");
    assert!(time(&times(&mut guest, "lib")[8..16]) > time(&file[8..16]));
}

#[test]
fn changes_outside_the_roots_are_not_applied() {
    let mut layer = layer_below_lib();
    let inside = changed([("a", changed([("deep", Change::Removed)]))]);
    for outside in [
        ("new", changed([])),
        ("hello", Change::Removed),
        ("vacant", changed([("new", Change::File(Vec::new()))])),
        // A preopened directory, and one above.
        ("lib", Change::Removed),
    ] {
        let applied = layer.apply(&changes([outside]));
        assert_eq!(applied, Err(ApplyError::ReadOnly));
        assert_eq!(layer.used_len(), 0);
    }
    assert_eq!(layer.apply(&changes([("lib", inside)])), Ok(()));
}
