//! Baking into modules that were linked with the runtime.

use super::super::Form;
use super::fake::{linked_text, run, start};
use super::{INDEX, PARTS, PAYLOAD, Parts, VERSION, embed, found, pack, text, wasm};
use crate::module::{ALLOC_FN, form, unmounted};

fn linked(more: &str) -> Vec<u8> {
    wasm(&linked_text(VERSION, more))
}

#[test]
fn the_image_lies_in_the_programs_memory() {
    let packed = pack(&linked("")).expect("packs");
    assert_eq!((packed.form, packed.warnings.len()), (Form::Linked, 0));
    let image = found(&packed.module);
    assert_eq!(image.form, Form::Linked);
    assert_eq!((&*image.index, &*image.payload), (INDEX, PAYLOAD));
    assert_eq!(image.metadata, Some(PARTS.metadata));
    let number = |bytes: &[u8]| i32::from_le_bytes(bytes[..4].try_into().expect("four"));
    assert_eq!(run(&packed.module, "open"), number(INDEX));
    assert_eq!(run(&packed.module, "payload"), number(PAYLOAD));
}

#[test]
fn constructors_do_not_run_and_initialize_stays() {
    let more = r#"(func (export "_initialize") (global.set $state (i32.const 8)) unreachable)"#;
    let module = pack(&linked(more)).expect("packs").module;
    assert_eq!(run(&module, "state"), 7);
    let text = text(&module);
    assert!(text.contains(r#"(export "_initialize" "#), "{text}");
    assert!(!text.contains("wasi_vfs:_initialize"), "{text}");
}

/// Where [`wrapped`] has its record of entry points.
const RECORD: u32 = 200;

/// A linked program whose exports are wrappers that run constructors, as wasm-ld writes them
/// for some commands. An optimiser has inlined the first function. The record names
/// `entries` of the table. Entries 1 to 3 are the functions.
fn wrapped(entries: [u8; 3]) -> Vec<u8> {
    let mut text = linked_text(VERSION, "");
    for name in ["anchor", "alloc", "mount"] {
        let export = format!(r#"(func (export "wasi_vfs_{name}")"#);
        text = text.replace(&export, &format!("(func ${name}"));
    }
    let words = entries.map(|entry| format!(r"\{entry:02x}\00\00\00"));
    let record = format!(
        r"\89wasi-vfs points\{RECORD:02x}\00\00\00{}",
        words.concat()
    );
    let more = format!(
        r#"(data (i32.const {RECORD}) "{record}")
        ;; A copy in somebody's data.
        (data (i32.const 300) "{record}")
        (table 4 funcref) (elem (i32.const 1) $anchor $alloc $mount)
        (func $constructors (global.set $state (i32.const 8)) unreachable)
        (func (export "wasi_vfs_anchor") (result i32)
          (call $constructors) i32.const 1024)
        (func (export "wasi_vfs_alloc") (param i32) (result i32)
          (call $constructors) (call $alloc (local.get 0)))
        (func (export "wasi_vfs_mount") (call $constructors) (call $mount))
        (func (export "_start") (call $constructors)))"#
    );
    let end = text.rfind(')').expect("a module");
    text.replace_range(end.., &more);
    wasm(&text)
}

#[test]
fn constructors_in_wrappers_do_not_run_when_packing() {
    let packed = pack(&wrapped([1, 2, 3])).expect("packs").module;
    assert_eq!(run(&packed, "state"), 7);
    assert_eq!(found(&packed).payload, PAYLOAD);
    assert_eq!(pack(&packed).expect("packs again").module, packed);
}

#[test]
fn unmounted_modules_run_no_wrapped_constructors() {
    let packed = pack(&wrapped([1, 2, 3])).expect("packs").module;
    for module in [wrapped([1, 2, 3]), packed] {
        let module = unmounted(&module).expect("readable").into_owned();
        let (mut store, instance) = start(&module, u64::MAX);
        let alloc = instance.get_typed_func::<i32, i32>(&store, ALLOC_FN);
        let address = alloc.expect("exported").call(&mut store, 8);
        assert_eq!(address.expect("does not trap"), 4096);
        let state = instance.get_typed_func::<(), i32>(&store, "state");
        let state = state.expect("exported").call(&mut store, ());
        assert_eq!(state.expect("does not trap"), 7);
    }
}

#[test]
fn a_record_that_names_another_function_is_rejected() {
    // The wrong type, and outside of the table.
    for (entries, entry, name) in [([3, 2, 3], 3, "anchor"), ([1, 200, 3], 200, "alloc")] {
        let error = pack(&wrapped(entries)).expect_err("refused").to_string();
        let words =
            format!("entry {entry} of its table is not the function behind `wasi_vfs_{name}`");
        assert!(error.contains(&words), "{error}");
    }
}

#[test]
fn repacking_is_idempotent() {
    let more = r#"(data $p "abcd") (data (i32.const 9) "x") (data (i32.const 300) "y")
        (func (export "init") (result i32)
          (memory.init $p (i32.const 8) (i32.const 0) (i32.const 4)) (i32.load (i32.const 8)))"#;
    for more in ["", more] {
        let first = pack(&linked(more)).expect("packs").module;
        let other = Parts {
            index: b"other",
            index_level: None,
            payload: vec![7; 5000].into(),
            metadata: b"c",
            writable: None,
        };
        let between = embed(&first, &other, &[], VERSION, None)
            .expect("packs")
            .module;
        assert_eq!(*found(&between).payload, *other.payload);
        assert_eq!(pack(&first).expect("packs").module, first);
        assert_eq!(pack(&between).expect("packs").module, first);
    }
    let module = pack(&linked(more)).expect("packs").module;
    assert_eq!(run(&module, "init"), i32::from_le_bytes(*b"abcd"));
}

#[test]
fn images_of_mostly_zeros_are_rejected() {
    const LEN: usize = (64 << 20) + 1;
    let text = linked_text(VERSION, "").replace(") 16)", ") 1100)");
    let program = wasm(&text.replace("900000", "70000000"));
    let pack = |payload: Vec<u8>| {
        let parts = Parts {
            payload: payload.into(),
            ..PARTS
        };
        embed(&program, &parts, &[], VERSION, None)
    };
    let error = pack(vec![0; LEN]).expect_err("refused").to_string();
    assert!(error.contains("half of the 67108865 bytes"), "{error}");
    assert!(error.contains("--compress"), "{error}");
    // Three of four bytes are zeros, and the snapshot omits none.
    let numbers: Vec<u8> = [7, 0, 0, 0].repeat(LEN.div_ceil(4));
    let packed = pack(numbers.clone()).expect("packs").module;
    assert!(*found(&packed).payload == *numbers);
}

#[test]
fn libraries_of_other_releases_are_rejected() {
    let error = pack(&wasm(&linked_text("0.0.9", "")))
        .expect_err("refused")
        .to_string();
    for words in ["0.0.9", VERSION, "wasi-vfs lib -o libwasi_vfs.a", "relink"] {
        assert!(error.contains(words), "{error}");
    }
    let newer = linked_text(VERSION, "").replace(r"anchor\03", r"anchor\04");
    let error = pack(&wasm(&newer)).expect_err("refused").to_string();
    assert!(error.contains("ABI version 4"), "{error}");
}

#[test]
fn calls_bypassing_a_linked_runtime_are_rejected() {
    let packed = |call: &str, more: &str| {
        let import = format!(
            r#"(module (import "wasi_snapshot_preview1" "{call}"
              (func $call (param i32) (result i32)))"#
        );
        pack(&wasm(
            &linked_text(VERSION, more).replacen("(module", &import, 1),
        ))
    };
    let direct = "(func (drop (call $call (i32.const 4))))";
    let at_the_end = "(func (result i32) (return_call $call (i32.const 4)))";
    for more in [direct, at_the_end] {
        let error = packed("fd_close", more).expect_err("refused").to_string();
        for words in ["calls of `fd_close` bypass", "without libwasi_vfs.a"] {
            assert!(error.contains(words), "{error}");
        }
    }
    // A call that the runtime does not serve, and a call through the table.
    packed("another", direct).expect("packs");
    let indirect = "(table $host 1 funcref) (elem (table $host) (i32.const 0) func $call)
        (func (drop (call_indirect $host (param i32) (result i32)
          (i32.const 4) (i32.const 0))))";
    packed("fd_close", indirect).expect("packs");
}

#[test]
fn a_linked_module_that_lost_an_export_is_rejected() {
    let first = text(&pack(&linked("")).expect("packs").module);
    let lost = first.replace(r#"(export "wasi_vfs_alloc" "#, r#"(export "renamed" "#);
    let error = pack(&wasm(&lost)).expect_err("refused").to_string();
    assert!(error.contains("`wasi_vfs_alloc` is missing"), "{error}");
    let mut bare = first;
    for name in ["alloc", "anchor", "mount"] {
        bare = bare.replace(&format!("wasi_vfs_{name}"), &format!("x_{name}"));
    }
    let error = pack(&wasm(&bare)).expect_err("refused").to_string();
    assert!(error.contains("is missing"), "{error}");
}

#[test]
fn a_wrong_type_of_an_export_is_named() {
    let text = linked_text(VERSION, "")
        .replace("wasi_vfs_mount", "m")
        .replace(
            r#"(func (export "open")"#,
            r#"(func (export "wasi_vfs_mount") (result i32) i32.const 0) (func (export "open")"#,
        );
    let error = pack(&wasm(&text)).expect_err("refused").to_string();
    assert!(
        error.contains("has the type () -> (i32), expected () -> ()"),
        "{error}"
    );
}

#[test]
fn no_room_is_an_error() {
    let parts = Parts {
        payload: vec![1; 1_000_000].into(),
        ..PARTS
    };
    let error = embed(&linked(""), &parts, &[], VERSION, None)
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("no room") && error.contains("--max-memory"),
        "{error}"
    );
}

#[test]
fn start_functions_must_end_without_the_host() {
    let calls = r#"(table $host 1 funcref) (elem (table $host) (i32.const 0) func $write)
        (func $s (drop (call_indirect $host (param i32 i32 i32 i32) (result i32)
          (i32.const 1) (i32.const 1) (i32.const 1) (i32.const 1) (i32.const 0)))) (start $s)"#;
    let error = pack(&linked(calls)).expect_err("refused").to_string();
    assert!(
        error.contains("`fd_write` was called at pack time"),
        "{error}"
    );
}

#[test]
fn imported_tags_and_globals_are_rejected() {
    for (import, kind) in [
        ("(tag)", "tag"),
        ("(global i32)", "global"),
        ("(table 1 funcref)", "table"),
        ("(func (exact (type 0)))", "function of an exact type"),
    ] {
        let text = linked_text(VERSION, "");
        let text = text.replacen(
            "(module",
            &format!(r#"(module (type (func)) (import "e" "x" {import})"#),
            1,
        );
        let error = pack(&wasm(&text)).expect_err("refused").to_string();
        assert!(
            error.contains(&format!("imports a {kind} (`e` `x`)")),
            "{error}"
        );
    }
}

#[test]
fn memories_without_snapshots_are_rejected() {
    for memory in [
        "(memory i64 1)",
        "(memory 4294967295 (pagesize 1))",
        "(memory i64 1 (pagesize 1))",
        "(memory 1 1 shared)",
    ] {
        let error = pack(&linked(memory)).expect_err("refused").to_string();
        assert!(error.contains("memory 1 of the linked module"), "{error}");
    }
}

#[test]
fn the_form_is_known_without_running() {
    assert_eq!(form(&linked(""), None).expect("readable"), Form::Linked);
}

#[test]
fn unsupported_features_are_named_with_a_remedy() {
    let grows = "(table $t 1 funcref) (func (table.set $t (i32.const 0) (ref.null func)))";
    let throws = "(tag $e) (func (throw $e))";
    for (more, word) in [(grows, "table.set"), (throws, "exceptions")] {
        let error = pack(&linked(more)).expect_err("refused").to_string();
        assert!(error.contains(word), "{error}");
        assert!(error.contains("link it without"), "{error}");
    }
}

#[test]
fn snapshot_has_the_state_after_the_start_function() {
    let more = r#"(memory $m 1)
        (global $a (mut i64) (i64.const 1)) (global $b (mut f64) (f64.const 1))
        (global $c (mut v128) (v128.const i64x2 1 1)) (global $d (mut f32) (f32.const 1))
        (func $s (global.set $a (i64.const 40)) (global.set $b (f64.const 1.5))
          (global.set $c (v128.const i64x2 5 6)) (global.set $d (f32.const -0.5))
          (i32.store $m (i32.const 65532) (i32.const 9))
          (drop (memory.grow $m (i32.const 1))))
        (start $s)"#;
    let text = text(&pack(&linked(more)).expect("packs").module);
    for words in [
        "(memory $m (;1;) 2)",
        "i64.const 40",
        "f64.const 0x1.8p+0",
        "v128.const i32x4 0x00000005 0x00000000 0x00000006 0x00000000",
        "f32.const -0x1p-1",
        r#"(memory $m) (i32.const 65532) "\09")"#,
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("(start"), "{text}");
}

#[test]
fn a_global_that_refers_to_something_is_rejected() {
    let more = "(global (mut funcref) (ref.null func))";
    let error = pack(&linked(more)).expect_err("refused").to_string();
    assert!(error.contains("reference type"), "{error}");
}
