//! Modules with writable directories.

use super::fake::{keeping_changes, linked_text, runtime_text};
use super::merged::program;
use super::{INDEX, KINDS, PARTS, Parts, VERSION, embed, found, runtime, text, wasm};
use crate::module::locate::anchor::locate;
use crate::module::parse::shape::Shape;
use crate::module::{Form, MemoryKind, ModuleError, Writable, find, find_in, without_image};
use std::sync::Arc;
use wasi_vfs_embedding::{ANCHOR_MAGIC, Anchor};
use wasi_vfs_format::ReadAt;

fn writable() -> Writable {
    Writable {
        directories: vec![1, 2, 700],
        limit_len: 100 << 20,
    }
}

fn parts() -> Parts<'static> {
    Parts {
        writable: Some(writable()),
        ..PARTS
    }
}

/// A runtime for merging that can keep changes.
fn keeping() -> Vec<u8> {
    wasm(&keeping_changes(&runtime_text(VERSION)))
}

/// A program that was linked with such a runtime.
fn linked() -> Vec<u8> {
    wasm(&keeping_changes(&linked_text(VERSION, "")))
}

fn merged(kind: MemoryKind, parts: &Parts<'_>) -> Vec<u8> {
    let packed = embed(&wasm(&program("")), parts, &keeping(), VERSION, Some(kind));
    packed.expect("can be packed").module
}

pub(super) fn packed() -> Vec<u8> {
    merged(MemoryKind::Separate, &parts())
}

/// The packed modules of all three forms.
fn modules() -> [Vec<u8>; 3] {
    let [separate, single] = KINDS.map(|kind| merged(kind, &parts()));
    let linked = embed(&linked(), &parts(), &[], VERSION, None);
    [separate, single, linked.expect("can be packed").module]
}

#[test]
fn writable_directories_are_found_as_packed() {
    for module in modules() {
        let image = found(&module);
        assert_eq!(image.writable, Some(writable()));
        assert_eq!((&*image.index, &*image.payload), (INDEX, &*PARTS.payload));
        let source: Arc<dyn ReadAt> = Arc::new(module.clone());
        let filed = find_in(&source).expect("readable").expect("packed");
        assert_eq!(filed.writable, image.writable);
    }
}

#[test]
fn compressed_index_keeps_the_writable_directories() {
    let index = [INDEX, &[0; 4000]].concat();
    let parts = Parts {
        index: &index,
        index_level: Some(3),
        ..parts()
    };
    for kind in KINDS {
        let module = merged(kind, &parts);
        let image = found(&module);
        assert!(image.index_stored_len < 1000);
        assert_eq!((image.writable, &*image.index), (Some(writable()), &*index));
    }
}

#[test]
fn runtime_that_keeps_changes_may_serve_a_read_only_image() {
    for kind in KINDS {
        assert_eq!(found(&merged(kind, &PARTS)).writable, None);
    }
    let module = embed(&linked(), &PARTS, &[], VERSION, None).expect("can be packed");
    assert_eq!(found(&module.module).writable, None);
}

#[test]
fn writable_module_unmerges_to_the_original() {
    let original = wasm(&program(""));
    for kind in KINDS {
        let packed = merged(kind, &parts());
        let restored = without_image(&packed).expect("restorable");
        assert!(*restored == *original, "{kind:?}");
    }
}

#[test]
fn packing_again_replaces_the_writable_directories() {
    let other = Parts {
        writable: Some(Writable {
            directories: vec![5],
            limit_len: 1,
        }),
        ..PARTS
    };
    for kind in KINDS {
        let first = merged(kind, &parts());
        let again = |parts, runtime: &[u8]| {
            let packed = embed(&first, parts, runtime, VERSION, None);
            packed.expect("can be packed").module
        };
        assert!(again(&other, &keeping()) == merged(kind, &other));
        let plain = embed(&wasm(&program("")), &PARTS, &runtime(), VERSION, Some(kind));
        assert!(again(&PARTS, &runtime()) == plain.expect("can be packed").module);
    }
    let [.., first] = modules();
    for parts in [&other, &PARTS] {
        let again = embed(&first, parts, &[], VERSION, None).expect("can be packed");
        assert_eq!(again.form, Form::Linked);
        assert_eq!(found(&again.module).writable, parts.writable);
    }
}

#[test]
fn read_only_runtime_is_rejected() {
    let merged = embed(&wasm(&program("")), &parts(), &runtime(), VERSION, None);
    let merged = merged.expect_err("it keeps no changes");
    assert!(matches!(merged, ModuleError::Runtime(_)), "{merged}");
    let linked = wasm(&linked_text(VERSION, ""));
    let linked = embed(&linked, &parts(), &[], VERSION, None);
    let linked = linked.expect_err("it keeps no changes").to_string();
    assert!(linked.contains("wasi-vfs lib --writable"), "{linked}");
}

#[test]
fn declared_maximum_leaves_room_for_the_changes() {
    let program = program("").replace(
        r#"(memory (export "memory") 2)"#,
        r#"(memory (export "memory") 2 3)"#,
    );
    let maximum = |parts: &Parts<'_>, runtime: &[u8]| {
        let kind = Some(MemoryKind::Single);
        let packed = embed(&wasm(&program), parts, runtime, VERSION, kind);
        let text = text(&packed.expect("can be packed").module);
        let (_, memory) = text.split_once("(memory (;0;) ").expect("a memory");
        let words: Vec<_> = memory.split([' ', ')']).take(2).collect();
        words[1].parse::<u64>().expect("a maximum")
    };
    let pages = (100 << 20) / 65_536;
    let added = maximum(&parts(), &keeping()) - maximum(&PARTS, &runtime());
    assert_eq!(added, pages);
}

/// The module with another byte at an offset of the anchor.
fn with_anchor_byte(module: &[u8], at: usize, flip: u8) -> Vec<u8> {
    let mut places = module.windows(ANCHOR_MAGIC.len());
    let anchor = places.position(|bytes| bytes == ANCHOR_MAGIC);
    let mut damaged = module.to_vec();
    damaged[anchor.expect("packed") + at] ^= flip;
    damaged
}

#[test]
fn newer_layer_is_rejected_by_name() {
    let offset = std::mem::offset_of!(Anchor, layers);
    for module in KINDS.map(|kind| merged(kind, &parts())) {
        let error = |damaged: &[u8]| find(damaged).expect_err("rejected").to_string();
        let several = error(&with_anchor_byte(&module, offset + 4, 2));
        assert!(several.contains("packed by a newer wasi-vfs"), "{several}");
        let outside = error(&with_anchor_byte(&module, offset + 3, 0x40));
        assert!(
            outside.contains("list of writable directories"),
            "{outside}"
        );
    }
}

/// The record, whose kind is 1 and whose limit tells it apart.
fn record_of(module: &[u8]) -> usize {
    let limit = writable().limit_len.to_le_bytes();
    let record = [&1_u32.to_le_bytes()[..], &[0; 4], &limit].concat();
    let mut places = module.windows(record.len());
    places.position(|bytes| bytes == record).expect("a record")
}

#[test]
fn damaged_record_is_rejected() {
    for module in KINDS.map(|kind| merged(kind, &parts())) {
        let record = record_of(&module);
        let damaged = |at: usize, flip: u8| {
            let mut damaged = module.clone();
            damaged[record + at] ^= flip;
            find(&damaged).expect_err("rejected").to_string()
        };
        for (at, flip, expected) in [
            (0, 2, "a layer of the unknown kind 3"),
            (4, 1, "a layer with the unknown flags 0x1"),
            (24, 1, "a layer with a record of changes"),
            (19, 0x40, "list of writable directories"),
            (23, 0x40, "list of writable directories"),
            // The first number is 1.
            (32, 8, "their numbers do not ascend"),
        ] {
            let error = damaged(at, flip);
            assert!(error.contains(expected), "byte {at}: {error}");
        }
    }
}

#[test]
fn record_has_the_documented_place() {
    for module in modules() {
        let shape = Shape::parse(&module).expect("a module");
        let anchor = locate(&shape).expect("readable").expect("packed").anchor;
        let behind = anchor.index_address.get() + anchor.index_stored_len.get();
        assert_eq!(anchor.layers.address.get(), behind.next_multiple_of(16));
        assert!(anchor.keeps_changes() && anchor.has_layer());
    }
}
