//! Budgets of the bytes that packing adds to a component beside its image.

use super::text::{lowered, program};
use super::wasm;
use crate::Packer;
use crate::module::tests::added::{added, tree};

/// A component that opens files and reads them as streams.
fn reader() -> Vec<u8> {
    let lowerings = [
        ("stat", "types", "[method]descriptor.read-via-stream"),
        ("read", "streams", "[method]input-stream.read"),
    ];
    let lowerings =
        lowerings.map(|(name, instance, function)| lowered(name, instance, function, ""));
    wasm(&program(&lowerings.concat()))
}

#[test]
fn what_packing_adds_to_a_component_fits_its_budget() {
    let component = reader();
    let packer = |is_large| {
        let tree = tree(is_large);
        let packer = Packer::new(component.clone()).map_dir(tree.path(), "/t");
        (tree, packer)
    };
    let (small, stored) = packer(false);
    let (large, compressed) = packer(true);
    let cases = [
        ("stored", stored, 24_000),
        ("compressed", compressed.compress(19), 41_000),
    ];
    let mut found = Vec::new();
    for (name, packer, budget) in cases {
        found.push((name, added(&component, &packer), budget));
    }
    drop((small, large));
    println!("{found:?}");
    assert!(
        found.iter().all(|(_, added, budget)| added <= budget),
        "{found:#?}"
    );
}
