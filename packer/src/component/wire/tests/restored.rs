//! Wiring is undone to the byte, and done again.

use super::text::{of_two_versions, program, with_fixup};
use super::{VERSION, Wiring, layout, wasm, wire, wired, wired_runtime};
use crate::Packer;
use crate::component::wire_error::WireError;
use crate::component::{ComponentError, without_image};
use crate::module::Parts;

fn texts() -> [String; 4] {
    let nested = program("");
    [
        program(""),
        with_fixup(),
        of_two_versions(),
        format!(r#"(component (core module) {nested} (component))"#),
    ]
}

#[test]
fn the_component_without_its_image_is_the_original() {
    for text in texts() {
        let (original, wired) = (wasm(&text), wired(&text));
        assert_ne!(original, wired);
        assert!(*without_image(&wired).expect("restores") == *original);
        assert!(*without_image(&original).expect("not wired") == *original);
    }
}

#[test]
fn wiring_again_replaces_the_image() {
    let parts = Parts {
        index: b"another index that is longer than the first one",
        index_level: None,
        payload: b"other".as_slice().into(),
        metadata: b"",
        writable: None,
    };
    let wire_other = |wasm: &[u8]| {
        let wiring = Wiring::new(wasm, None, false).expect("can be wired");
        let embedded = wiring.embed(parts.clone(), &wired_runtime(), VERSION);
        embedded.expect("can be wired").module
    };
    for text in texts() {
        let original = wasm(&text);
        let first = wire_other(&original);
        assert!(wire(&first).expect("can be wired") == wired(&text));
        assert!(wire_other(&wired(&text)) == first);
    }
}

/// The count and the number of each outer alias of a core module.
fn outer_modules(wasm: &[u8]) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::ComponentAliasSection(aliases) = payload.expect("valid") {
            for alias in aliases {
                if let wasmparser::ComponentAlias::Outer {
                    kind: wasmparser::ComponentOuterAliasKind::CoreModule,
                    count,
                    index,
                } = alias.expect("valid")
                {
                    found.push((count, index));
                }
            }
        }
    }
    found
}

#[test]
fn numbers_of_an_enclosing_component_stay() {
    let outer = "(alias outer $root $m5 (core module $mine)) (core instance (instantiate $mine))";
    let modules: String = (0..8)
        .map(|number| format!("(core module $m{number})"))
        .collect();
    let text = format!("(component $root {modules} {})", program(outer));
    assert_eq!(outer_modules(&wasm(&text)), [(1, 5)]);
    assert_eq!(outer_modules(&wired(&text)), [(1, 5)]);
}

#[test]
fn outer_aliases_of_the_component_itself_shift() {
    let own = "(core module $late) (alias outer 0 $late (core module $again))";
    let text = program(own);
    let [(0, before)] = *outer_modules(&wasm(&text)) else {
        panic!("one alias of the component itself");
    };
    assert_eq!(outer_modules(&wired(&text)), [(0, before + 3)]);
}

/// The printed definition of each item, without the number behind its name.
fn definitions(wasm: &[u8]) -> Vec<String> {
    let items = [
        "core func $open",
        "core func $directories",
        "core func $realloc",
        "core memory $memory",
        "core module $main",
        "core instance $libc",
    ];
    let text = wasmprinter::print_bytes(wasm).expect("valid");
    let definition = |item: &str| {
        let found = text.lines().find_map(|line| {
            let (before, behind) = line.split_once(&format!("({item} (;"))?;
            let (_, behind) = behind.split_once(";)")?;
            Some(format!("{} ({item}{behind}", before.trim()))
        });
        found.unwrap_or_else(|| panic!("no {item} in {text}"))
    };
    items.into_iter().map(definition).collect()
}

/// One image per component: all commands read the only one.
#[test]
fn wiring_replaces_an_image_that_was_packed_in_place() {
    let text = program(
        r#"(core module (import "wasi_snapshot_preview1" "path_open"
          (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (memory (export "memory") 1))"#,
    );
    let original = wasm(&text);
    let packed = Packer::new(&*original).map_dir("src/path", "/d").pack();
    let packed = packed.expect("can be packed").module;
    assert_ne!(packed, original);
    assert!(wire(&packed).expect("can be wired") == wired(&text));
}

#[test]
fn names_follow_their_items() {
    let original = wasm(&program(""));
    assert_eq!(
        definitions(&original),
        definitions(&wire(&original).expect("can be wired"))
    );
}

#[test]
fn names_before_their_items_follow_them() {
    let original = wasm(&program(""));
    let sections = layout(&original).components[0].sections.clone();
    let names = sections.last().expect("a section");
    assert_eq!((names.id, names.content.end), (0, original.len() as u64));
    let start = names.start as usize;
    let early = [&original[..8], &original[start..], &original[8..start]].concat();
    let wired = wire(&early).expect("can be wired");
    assert_eq!(definitions(&early), definitions(&wired));
    assert!(*without_image(&wired).expect("restores") == early);
}

#[test]
fn padded_lengths_of_nested_components_are_restored() {
    let text = format!("(component {})", program(""));
    let original = wasm(&text);
    let section = layout(&original).components[0].sections[0].clone();
    let len = section.content.end - section.content.start;
    let mut padded = original[..=section.start as usize].to_vec();
    let bytes = (0..4).map(|at| (len >> (7 * at)) as u8 & 0x7f | 0x80);
    padded.extend(bytes.chain([0]));
    padded.extend(&original[section.content.start as usize..]);
    let wired = wire(&padded).expect("can be wired");
    assert!(*without_image(&wired).expect("restores") == padded);
}

#[test]
fn joined_sections_are_reported() {
    let wired = wired(&program(""));
    // Another tool puts a section between the shim and the runtime.
    let place = layout(&wired).modules[2].section.start as usize;
    let custom = b"\0\x02\x01x".as_slice();
    let changed = [&wired[..place], custom, &wired[place..]].concat();
    let error = without_image(&changed).expect_err("changed");
    let ComponentError::Wire(WireError::Rewritten { what }) = error else {
        panic!("{error}");
    };
    assert!(what.contains("shim"), "{what}");
}

#[test]
fn padded_numbers_are_named_before_packing() {
    let original = wasm(&program(""));
    // The last core instance has the number of its module in more bytes than needed.
    let section = layout(&original).components[0].sections.clone();
    let section = section
        .iter()
        .rfind(|section| section.id == 2)
        .expect("instances");
    let start = section.start as usize;
    let mut padded = original[..=start].to_vec();
    let content = &original[section.content.start as usize..section.content.end as usize];
    padded.push(content.len() as u8 + 1);
    padded.push(content[0] | 0x80);
    padded.push(0);
    padded.extend(&content[1..]);
    padded.extend(&original[section.content.end as usize..]);
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
        .validate_all(&padded)
        .expect("valid");
    let error = wire(&padded).expect_err("padded").to_string();
    assert!(error.contains("unusual encoding"), "{error}");
}

#[test]
fn damage_is_never_a_panic() {
    let wired = wired(&with_fixup());
    let runtime = layout(&wired).place(4);
    let places =
        (8..wired.len()).filter(|at| !(runtime.start..runtime.end).contains(&(*at as u64)));
    for at in places.step_by(11) {
        for bit in [1, 0x10, 0x80] {
            let mut damaged = wired.clone();
            damaged[at] ^= bit;
            let _ = without_image(&damaged);
            let _ = Wiring::new(&damaged, None, false).map(drop);
        }
    }
}
