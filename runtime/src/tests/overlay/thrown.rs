//! A host that throws when it is asked for the time.

use super::image;
use crate::fs::{Filesystem, Intent, Tree};
use crate::overlay::{Clock, Found, Id, Overlay};
use crate::tests::guest::Image;
use crate::tests::sample_image;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use wasi_vfs_format::InodeNumber;

const ROOT: Id<InodeNumber> = Id::Packed(InodeNumber::ROOT);

/// Throws while the switch is on.
struct Throwing(Rc<Cell<bool>>);

impl Clock for Throwing {
    fn now_ns(&mut self) -> i64 {
        assert!(!self.0.get(), "thrown by the host");
        1
    }
}

type Layer = Overlay<Image, Throwing>;

/// Inode and number of names of a name of the root.
fn found(layer: &Layer, name: &[u8]) -> Option<(u64, u64)> {
    let root = layer.node(ROOT).unwrap();
    let found = layer.lookup(&root, name).unwrap()?;
    let stat = layer.stat(&found).unwrap();
    Some((stat.serial, stat.link_count))
}

/// The state of the names that the changes of the test use.
fn state(layer: &Layer) -> [Option<(u64, u64)>; 4] {
    [&b"made"[..], b"other", b"hello", b"lib"].map(|name| found(layer, name))
}

#[test]
fn a_change_without_time_changes_no_name() {
    let is_on = Rc::new(Cell::new(false));
    let (index, payload) = sample_image();
    let lower = image(index, payload);
    let root = lower.root();
    let mut layer = Overlay::new(lower, Throwing(is_on.clone()), 1 << 20);
    layer.add_root(root).unwrap();
    let intent = Intent {
        read: true,
        write: true,
    };
    let made = layer.create_file(ROOT, b"made", intent, true).unwrap();
    let Found::Made(number, _) = made else {
        panic!("a made file");
    };
    let before = state(&layer);
    type Change = fn(&mut Layer, Id<InodeNumber>) -> crate::fs::Result;
    let changes: [Change; 6] = [
        |layer, _| layer.rename((ROOT, b"made"), (ROOT, b"other")),
        |layer, _| layer.rename((ROOT, b"made"), (ROOT, b"hello")),
        |layer, made| layer.link(made, ROOT, b"other"),
        |layer, _| layer.unlink(ROOT, b"made"),
        |layer, _| layer.unlink(ROOT, b"hello"),
        |layer, _| layer.create_directory(ROOT, b"other"),
    ];
    is_on.set(true);
    for change in changes {
        let changed = catch_unwind(AssertUnwindSafe(|| change(&mut layer, Id::Made(number))));
        assert!(changed.is_err());
        assert_eq!(state(&layer), before);
    }
    is_on.set(false);
    layer.rename((ROOT, b"made"), (ROOT, b"other")).unwrap();
    assert_eq!(found(&layer, b"made"), None);
}
