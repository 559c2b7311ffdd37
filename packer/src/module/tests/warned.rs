//! Warnings about packed programs.

use super::fake::linked_text;
use super::merged::program;
use super::{KINDS, VERSION, pack, pack_with, packed, text, wasm};
use crate::{DroppedSection, Warning};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn asyncified_programs_are_reported() {
    let program = program(r#"(func (export "asyncify_start_unwind") (param i32))"#);
    for kind in KINDS {
        let packed = pack_with(&wasm(&program), kind).expect("packs");
        assert_eq!(packed.warnings, [Warning::Asyncified]);
        // Packing again, too.
        assert_eq!(
            pack(&packed.module).expect("packs").warnings,
            packed.warnings
        );
    }
    let said = Warning::Asyncified.to_string();
    assert!(
        said.starts_with("run Asyncify on the packed module"),
        "{said}"
    );
    let linked = linked_text(
        VERSION,
        r#"(func (export "asyncify_start_unwind") (param i32))"#,
    );
    assert_eq!(pack(&wasm(&linked)).expect("packs").warnings, []);
}

#[test]
fn calls_that_preview_1_lacks_are_named() {
    let more = r#"(import "wasi_snapshot_preview1" "sock_open" (func (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_raise" (func (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_connect" (func))
        (import "wasi_snapshot_preview1" "sock_open" (func))"#;
    let expected = || [Warning::UnknownCalls(names(&["sock_connect", "sock_open"]))];
    let program = program("").replacen("(memory", &format!("{more} (memory"), 1);
    assert_eq!(packed(&program).warnings, expected());
    let linked = linked_text(VERSION, "").replacen("(memory", &format!("{more} (memory"), 1);
    assert_eq!(pack(&wasm(&linked)).expect("packs").warnings, expected());
}

#[test]
fn dropped_signatures_are_reported() {
    let more = r#"(@custom "signature" "s") (@custom "signature_delimiter" "d")
        (@custom "build_id" "b") (@custom "producers" "\00")"#;
    let linked = pack(&wasm(&linked_text(VERSION, more))).expect("packs");
    let build_id = DroppedSection {
        name: "build_id".into(),
        // The name with its length, and one byte.
        len: 10,
    };
    for packed in [packed(&program(more)), linked] {
        assert_eq!(
            packed.warnings,
            [
                Warning::Unsigned(names(&["signature", "signature_delimiter"])),
                Warning::DroppedSections(vec![build_id.clone()]),
            ]
        );
        let text = text(&packed.module);
        assert!(text.contains("producers"), "{text}");
        assert!(!text.contains("signature"), "{text}");
        assert!(pack(&packed.module).expect("packs").warnings.is_empty());
    }
    let said = Warning::Unsigned(names(&["signature"])).to_string();
    assert!(said.contains("sign the packed module"), "{said}");
}
