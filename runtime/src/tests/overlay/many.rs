//! As many files as would take minutes if a call were slower in a larger directory.

use super::{Layer, layer};
use crate::fs::{Filesystem, FsError, Intent, Tree};
use crate::overlay::{Id, count_comparisons};
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

/// Names whose hashes are the same. Inserting many of them must not compare each with all others.
const COLLIDING_COUNT: usize = 100_000;

/// The multiplicative inverse of an odd number.
fn inverse(odd: u64) -> u64 {
    // Each step doubles the number of correct bits.
    (0..6).fold(odd, |inverse, _| {
        inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)))
    })
}

/// Names of 16 bytes with the hash of the first one. XXH64 adds the bits of the first half to the
/// state, and of the second half after that. Both steps can be undone, so each first half
/// has a second half that leads to the wanted state.
fn colliding_names() -> Vec<[u8; 16]> {
    const PRIME_1: u64 = 0x9E37_79B1_85EB_CA87;
    const PRIME_2: u64 = 0xC2B2_AE3D_27D4_EB4F;
    const PRIME_4: u64 = 0x85EB_CA77_C2B2_AE63;
    const PRIME_5: u64 = 0x27D4_EB2F_1656_67C5;
    let round = |lane: u64| {
        let product = lane.wrapping_mul(PRIME_2);
        product.rotate_left(31).wrapping_mul(PRIME_1)
    };
    let undo_round = |mixed: u64| {
        let product = mixed.wrapping_mul(inverse(PRIME_1)).rotate_right(31);
        product.wrapping_mul(inverse(PRIME_2))
    };
    let absorb = |state: u64, lane: u64| {
        let state = (state ^ round(lane)).rotate_left(27);
        state.wrapping_mul(PRIME_1).wrapping_add(PRIME_4)
    };
    let start = PRIME_5.wrapping_add(16);
    let wanted = absorb(start, 0) ^ round(0);
    let names = (0..).map(|first: u64| {
        let second = undo_round(absorb(start, first) ^ wanted);
        let mut name = [0; 16];
        name[..8].copy_from_slice(&first.to_le_bytes());
        name[8..].copy_from_slice(&second.to_le_bytes());
        name
    });
    names.take(COLLIDING_COUNT).collect()
}

#[test]
fn names_that_collide_on_purpose_cost_a_bounded_number_of_comparisons() {
    let names = colliding_names();
    let hash = wasi_vfs_format::checksum::checksum(&names[0]);
    for name in &names {
        assert_eq!(wasi_vfs_format::checksum::checksum(name), hash);
    }
    let mut layer = layer(1 << 27);
    let (_, count) = count_comparisons(|| {
        for name in &names {
            layer.create_file(ROOT, name, INTENT, true).unwrap();
        }
        for name in &names {
            layer.unlink(ROOT, name).unwrap();
        }
    });
    // A call looks up about 14 times. A look-up has at most 18 comparisons.
    let call_count = 2 * COLLIDING_COUNT as u64;
    assert!(count < call_count * 300, "{count} comparisons");
}
