//! The removal of many packed names.

use super::{START_NS, image};
use crate::fs::{Filesystem, FsError, Intent, Tree};
use crate::overlay::{Found, Id, Overlay, Ticks, count_comparisons};
use crate::tests::guest::{Image, write_image};
use wasi_vfs_format::InodeNumber;
use wasi_vfs_format::testing::{file, mount};
use wasi_vfs_format::tree::{DirectoryNode, Tree as PackedTree};

type Layer = Overlay<Image, Ticks>;

const ROOT: Id<InodeNumber> = Id::Packed(InodeNumber::ROOT);

const INTENT: Intent = Intent {
    read: true,
    write: true,
};

/// A layer above an image of so many files.
fn layer(count: u32, limit_len: u64) -> Layer {
    let files = (0..count).map(|number| (name(number), file("")));
    let root = DirectoryNode {
        mtime_ns: 0,
        children: files.collect(),
    };
    let tree = PackedTree {
        root,
        mounts: vec![mount("/", &[])],
    };
    let (index, payload) = write_image(&tree, None);
    let lower = image(index, payload);
    let root = lower.root();
    let mut layer = Overlay::new(lower, Ticks::from_ns(START_NS), limit_len);
    layer.add_root(root).unwrap();
    layer
}

fn name(number: u32) -> String {
    format!("{number:06}")
}

/// Fills the layer with a file. Small writes use up the last bytes.
fn fill(layer: &mut Layer) {
    let made = layer.create_file(ROOT, b"full", INTENT, true).unwrap();
    let full = Layer::id(&made);
    for len in [100_000, 4096, 64, 1] {
        loop {
            let end = layer.stat(&layer.node(full).unwrap()).unwrap().len;
            if layer.write_at(full, end, &vec![1; len]).is_err() {
                break;
            }
        }
    }
}

/// Removes files until the layer has no space. Returns their number.
fn remove_all(layer: &mut Layer, numbers: std::ops::Range<u32>) -> u32 {
    let start = numbers.start;
    for number in numbers.clone() {
        match layer.unlink(ROOT, name(number).as_bytes()) {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(error, FsError::NoSpace);
                return number - start;
            }
        }
    }
    numbers.end - start
}

#[test]
fn the_reserve_lasts_for_500_names_of_any_directory() {
    // A table doubles at 7/8 of a power of two, and a vector at one.
    for removed in [0, 448, 512, 3584, 4096, 7000, 7168, 8192, 14_336] {
        let mut layer = layer(16_000, 8 << 20);
        assert_eq!(remove_all(&mut layer, 0..removed), removed);
        fill(&mut layer);
        let count = remove_all(&mut layer, removed..removed + 1000);
        assert!(count >= 500, "{count} after {removed}");
        assert!(layer.used_len() <= 8 << 20);
    }
}

#[test]
fn a_failed_removal_takes_no_space() {
    let mut failed_count = 0;
    for limit in (40_000..48_000).step_by(250) {
        let mut layer = layer(200, limit);
        for number in 0..200 {
            // An open file needs a node to lose its name.
            layer.retain(Layer::id(&found(&layer, number))).unwrap();
        }
        let first = remove_all(&mut layer, 0..200);
        let used = layer.used_len();
        for number in first..200 {
            let removed = layer.unlink(ROOT, name(number).as_bytes());
            assert_eq!(removed, Err(FsError::NoSpace));
            assert_eq!(layer.used_len(), used, "{limit}");
            failed_count += 1;
        }
    }
    assert!(failed_count > 100, "{failed_count}");
}

fn found(layer: &Layer, number: u32) -> Found<<Image as Tree>::Node> {
    let root = layer.node(ROOT).unwrap();
    let found = layer.lookup(&root, name(number).as_bytes()).unwrap();
    found.unwrap()
}

/// The first name at or behind a cookie, and the cookie behind it.
fn first(layer: &Layer, cookie: u64) -> Option<(Vec<u8>, u64)> {
    let root = layer.node(ROOT).unwrap();
    let entry = layer.entry(&root, cookie).unwrap()?;
    Some((entry.name.to_vec(), entry.next))
}

#[test]
fn a_listing_skips_removed_names_behind_a_kept_one() {
    const COUNT: u32 = 2000;
    let kept = [0, 700, 1400].map(name);
    let mut layer = layer(COUNT, 1 << 24);
    let (_, count) = count_comparisons(|| {
        for number in 0..COUNT {
            if kept.contains(&name(number)) {
                continue;
            }
            // From the start, as a program that opens the directory again.
            let mut cookie = 0;
            let name = loop {
                let (name, next) = first(&layer, cookie).unwrap();
                match kept.iter().any(|kept| kept.as_bytes() == name) {
                    true => cookie = next,
                    false => break name,
                }
            };
            layer.unlink(ROOT, &name).unwrap();
        }
    });
    assert!(count < u64::from(COUNT) * 500, "{count} comparisons");
    let mut cookie = 0;
    for kept in &kept {
        let (name, next) = first(&layer, cookie).unwrap();
        assert_eq!(name, kept.as_bytes());
        cookie = next;
    }
    assert_eq!(first(&layer, cookie), None);
}

#[test]
fn a_removed_name_made_again_costs_no_pass_over_others() {
    const COUNT: u32 = 2000;
    let mut layer = layer(COUNT, 1 << 24);
    for number in 0..COUNT {
        layer.unlink(ROOT, name(number).as_bytes()).unwrap();
    }
    assert_eq!(first(&layer, 0), None);
    let again = name(COUNT / 2);
    let (_, count) = count_comparisons(|| {
        for _ in 0..100 {
            layer
                .create_file(ROOT, again.as_bytes(), INTENT, true)
                .unwrap();
            assert_eq!(first(&layer, 0).unwrap().0, again.as_bytes());
            layer.unlink(ROOT, again.as_bytes()).unwrap();
            assert_eq!(first(&layer, 0), None);
        }
    });
    assert!(count < 100 * 300, "{count} comparisons");
}
