//! Merging into modules without a runtime.

use super::super::Form;
use super::fake::run;
use super::unmerged::padded_program;
use super::{INDEX, KINDS, PARTS, PAYLOAD, VERSION};
use super::{each_packed, embed, found, pack_with, packed, runtime, text, wasm};
use crate::Warning;
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use crate::module::{find, form};
use std::borrow::Cow;

pub(super) const OPEN: &str = r#"(import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#;

pub(super) const OPEN_CALL: &str =
    "(i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
    (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64)";

/// A program that opens and reads files and calls another import, with `more` items.
pub(super) fn program(more: &str) -> String {
    format!(
        r#"(module $program {OPEN}
          (import "wasi_snapshot_preview1" "fd_read"
            (func $read (param i32 i32 i32 i32) (result i32)))
          (import "env" "other" (func $other (result i32)))
          (memory (export "memory") 2)
          (func $helper (result i32) call $other)
          (func (export "open") (result i32)
            (drop (call $open {OPEN_CALL})) (i32.load (i32.const 64)))
          (func (export "read") (result i32)
            (i32.store (i32.const 0) (i32.const 128)) (i32.store (i32.const 4) (i32.const 4))
            (drop (call $read (i32.const 100) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.load (i32.const 128)))
          (func (export "host") (result i32)
            (return_call $read (i32.const 5) (i32.const 0) (i32.const 1) (i32.const 8)))
          (func (export "other") (result i32) call $helper)
          {more})"#
    )
}

fn number(bytes: &[u8]) -> i32 {
    i32::from_le_bytes(bytes[..4].try_into().expect("four bytes"))
}

#[test]
fn calls_reach_the_runtime_the_image_and_the_host() {
    let program = program("");
    for module in each_packed(&program) {
        assert_eq!(run(&module, "open"), number(INDEX));
        assert_eq!(run(&module, "read"), number(PAYLOAD));
        assert_eq!(run(&module, "host"), 1000);
        assert_eq!(run(&module, "other"), 1000);
    }
    // Without the runtime, the host answers and does not change memory.
    assert_eq!(run(&wasm(&program), "open"), 0);
}

#[test]
fn the_image_is_found_again() {
    let program = wasm(&program(""));
    for kind in KINDS {
        let packed = pack_with(&program, kind).expect("packs");
        assert_eq!(packed.form, Form::Merged(kind));
        let found = found(&packed.module);
        assert_eq!(found.form, Form::Merged(kind));
        assert_eq!(found.runtime_version, VERSION);
        assert_eq!(found.index, INDEX);
        assert_eq!(found.payload, PAYLOAD);
        assert_eq!(found.metadata, Some(PARTS.metadata));
        let form = form(&packed.module, None).expect("readable");
        assert_eq!(form, Form::Merged(kind));
    }
    assert_eq!(find(&program).expect("readable"), None);
}

#[test]
fn empty_payload_and_no_metadata_are_an_image() {
    let mut parts = PARTS;
    (parts.payload, parts.metadata) = (Cow::default(), &[]);
    for kind in KINDS {
        let program = wasm(&program(""));
        let packed = embed(&program, &parts, &runtime(), VERSION, Some(kind)).expect("packs");
        let found = found(&packed.module);
        assert_eq!((found.payload.len(), found.metadata), (0, None));
        assert_eq!(run(&packed.module, "open"), number(INDEX));
    }
}

#[test]
fn glue_moves_bytes_both_ways() {
    for module in each_packed(&format!(
        r#"(module {OPEN}
          (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
          (memory (export "memory") 3) (data (i32.const 256) "\0a")
          (func (export "byte") (result i32) (call $sync (i32.const 256)))
          (func (export "word") (result i32)
            (drop (call $sync (i32.const 256))) (i32.load (i32.const 264)))
          (func (export "size") (result i32) (call $close (i32.const 0))))"#
    )) {
        assert_eq!(run(&module, "byte"), i32::from(PAYLOAD[1]));
        assert_eq!(run(&module, "word"), 0x0b);
        assert_eq!(run(&module, "size"), 3);
    }
}

#[test]
fn host_calls_without_an_import_are_nosys() {
    // `fd_tell` of the runtime calls the host, and the program imports it.
    let ask = |import: &str| {
        format!(
            r#"(module {OPEN}
              (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
              {import}
              (memory (export "memory") 1)
              (func (export "tell") (result i32) (call $tell (i32.const 4) (i32.const 0))))"#
        )
    };
    let tell = r#"(import "wasi_snapshot_preview1" "fd_tell"
        (func $tell (param i32 i32) (result i32)))"#;
    for module in each_packed(&ask(tell)) {
        assert_eq!(run(&module, "tell"), 2004);
    }
    let runtime = super::fake::runtime_text(VERSION).replace(
        r#"(func (export "fd_close") (param i32) (result i32) (call $size))"#,
        r#"(func (export "fd_close") (param i32) (result i32)
                (call $host_tell (i32.const 0) (i32.const 0)))"#,
    );
    let program = format!(
        r#"(module {OPEN}
          (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "close") (result i32) (call $close (i32.const 4))))"#
    );
    let (program, runtime) = (wasm(&program), wasm(&runtime));
    for kind in KINDS {
        let packed = embed(&program, &PARTS, &runtime, VERSION, Some(kind)).expect("packs");
        assert_eq!(run(&packed.module, "close"), 52);
    }
}

#[test]
fn imports_and_exports_stay_the_programs() {
    let before = wasm(&program(""));
    let lines = |wasm: &[u8], what: &str| -> Vec<String> {
        let text = text(wasm);
        let lines = text.lines().filter(|line| line.trim().starts_with(what));
        lines
            .map(|line| line.split(" (func").next().unwrap_or("").trim().to_owned())
            .collect()
    };
    for after in each_packed(&program("")) {
        assert_eq!(lines(&after, "(import"), lines(&before, "(import"));
        assert_eq!(lines(&after, "(export"), lines(&before, "(export"));
    }
}

#[test]
fn indirect_calls_are_redirected() {
    for module in each_packed(&program(&format!(
        r#"(type $o (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (table $t 4 funcref) (table $u 4 funcref)
          (elem (table $t) (i32.const 0) func $helper $open)
          (elem (table $u) (i32.const 2) funcref (ref.func $open) (ref.null func))
          (global $g funcref (ref.func $open))
          (func (export "by_list") (result i32)
            (drop (call_indirect $t (type $o) {OPEN_CALL} (i32.const 1)))
            (i32.load (i32.const 64)))
          (func (export "by_expression") (result i32)
            (drop (call_indirect $u (type $o) {OPEN_CALL} (i32.const 2)))
            (i32.load (i32.const 64)))
          (func (export "by_global") (result i32)
            (table.set $u (i32.const 0) (global.get $g))
            (drop (call_indirect $u (type $o) {OPEN_CALL} (i32.const 0)))
            (i32.load (i32.const 64)))
          (func (export "by_ref") (result i32)
            (table.set $t (i32.const 3) (ref.func $open))
            (drop (call_indirect $t (type $o) {OPEN_CALL} (i32.const 3)))
            (i32.load (i32.const 64)))"#
    ))) {
        for export in ["by_list", "by_expression", "by_global", "by_ref"] {
            assert_eq!(run(&module, export), number(INDEX), "{export}");
        }
    }
}

#[test]
fn an_import_that_is_exported_again_is_the_runtimes() {
    let module = packed(&format!(
        r#"(module {OPEN}
          (import "wasi_snapshot_preview1" "fd_sync"
            (func $sync (param i32) (result i32)))
          (import "env" "other" (func $other))
          (export "again" (func $sync)) (export "other" (func $other))
          (memory (export "memory") 1))"#
    ))
    .module;
    let exports = Shape::parse(&module).expect("a module").exports;
    let indices: Vec<u32> = exports.iter().map(|export| export.index).collect();
    // Three imports, then the entries of the two intercepted ones.
    assert_eq!(indices, [4, 2, 0]);
}

#[test]
fn one_call_imported_twice_is_redirected_twice() {
    let twice = OPEN.replace("$open", "$open2");
    for module in each_packed(&format!(
        r#"(module {OPEN} {twice} (memory (export "memory") 1)
          (func (export "open") (result i32)
            (drop (call $open2 {OPEN_CALL})) (i32.load (i32.const 64))))"#
    )) {
        assert_eq!(run(&module, "open"), number(INDEX));
    }
}

#[test]
fn a_start_function_still_runs() {
    for module in each_packed(&program(
        r#"(global $started (mut i32) (i32.const 0))
          (func $start (global.set $started (i32.const 42)))
          (start $start) (func (export "started") (result i32) global.get $started)"#,
    )) {
        assert_eq!(run(&module, "started"), 42);
    }
}

#[test]
fn memories_and_segments_keep_their_numbers() {
    for module in each_packed(&program(
        r#"(memory $second 1)
          (data $passive "abcd") (data (memory $second) (i32.const 8) "wxyz")
          (data (i32.const 512) "1234")
          (func (export "second") (result i32) (i32.load $second (i32.const 8)))
          (func (export "first") (result i32) (i32.load (i32.const 512)))
          (func (export "passive") (result i32)
            (memory.init $second $passive (i32.const 0) (i32.const 0) (i32.const 4))
            (data.drop $passive) (i32.load $second (i32.const 0)))"#,
    )) {
        assert_eq!(run(&module, "second"), number(b"wxyz"));
        assert_eq!(run(&module, "first"), number(b"1234"));
        assert_eq!(run(&module, "passive"), number(b"abcd"));
        assert_eq!(run(&module, "open"), number(INDEX));
        assert_eq!(found(&module).index, INDEX);
    }
}

#[test]
fn exceptions_gc_simd_and_tail_calls_survive() {
    each_packed(&program(
        r#"(rec (type $a (struct (field (ref null $b)))) (type $b (array (mut i8))))
          (type $f (sub (func (param i32) (result i32))))
          (tag $e (param i32))
          (func $throws (param i32) (throw $e (local.get 0)))
          (func (param (ref null $a)) (result i32)
            (block $h (result i32)
              (try_table (catch $e $h) (drop (call $open
                (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64))))
              (i32.const 1)))
          (func (result v128) (i32x4.splat (i32.const 1)))
          (func (param (ref $f)) (result i32)
            (return_call_ref $f (i32.const 1) (local.get 0)))"#,
    ));
}

#[test]
fn a_type_in_a_recursion_group_is_kept_for_the_entry() {
    each_packed(
        r#"(module
          (rec (type $o (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
               (type $s (struct (field (ref null $o)))))
          (import "wasi_snapshot_preview1" "path_open" (func $open (type $o)))
          (memory (export "memory") 1)
          (global (ref $o) (ref.func $open)) (export "o" (func $open)))"#,
    );
}

#[test]
fn commands_and_plain_libraries_are_both_packed() {
    each_packed(&program(r#"(func (export "_start"))"#));
    each_packed(&program(r#"(func (export "_initialize"))"#));
}

#[test]
fn names_stay_true_and_the_runtimes_are_added() {
    let text = text(&packed(&program("")).module);
    for name in ["(module $program", "(func $helper ", "call $helper"] {
        assert!(text.contains(name), "{name}\n{text}");
    }
    for name in [
        "wasi_vfs::path_open",
        "wasi_vfs::open_impl",
        "wasi_vfs::payload.write",
    ] {
        assert!(text.contains(name), "{name}\n{text}");
    }
    // The program does not call it, so it is omitted.
    assert!(!text.contains("payload.read"), "{text}");
}

const CUSTOM: &str = r#"(@custom "before" (before first) "one") (@custom "after" "two")
    (@custom ".debug_info" "d") (@custom ".debug_line" "d") (@custom "sourceMappingURL" "s")
    (@custom "external_debug_info" "e") (@custom "reloc.CODE" "r")
    (@custom "target_features" "\01+\0bbulk-memory") (@custom "wasi_vfs" "an older one")"#;

fn dropped_names(warnings: &[Warning]) -> Vec<&str> {
    let [Warning::DroppedSections(sections)] = warnings else {
        panic!("{warnings:?}");
    };
    sections.iter().map(|section| &*section.name).collect()
}

/// The content of the code section up to the `len`th byte behind the number of functions.
fn code(module: &[u8], len: usize) -> Vec<u8> {
    let shape = Shape::parse(module).expect("parses");
    let section = shape.section(id::CODE).expect("it has code");
    shape.bytes(section.range.clone())[1..=len].to_vec()
}

/// Without the numbers of the calls, which differ.
#[test]
fn code_that_keeps_its_offsets_keeps_its_debug_information() {
    let module = wasm(&program(CUSTOM));
    for kind in KINDS {
        let packed = pack_with(&module, kind).expect("packs");
        let dropped = ["sourceMappingURL", "reloc.CODE", "wasi_vfs"];
        assert_eq!(dropped_names(&packed.warnings), dropped, "{kind:?}");
        let shape = Shape::parse(&module).expect("parses");
        let len = shape.section(id::CODE).expect("it has code").range.len() - 1;
        let (before, after) = (code(&module, len), code(&packed.module, len));
        let changed = before
            .iter()
            .zip(&after)
            .filter(|(one, other)| one != other);
        assert_eq!(changed.count(), 3, "the calls of imports");
    }
    let padded = [&padded_program()[..], b"\0\x08\x07.debug_"].concat();
    let packed = pack_with(&padded, KINDS[0]).expect("packs");
    assert_eq!(packed.warnings, []);
}

/// The number 128 takes two bytes: as the number of functions, and in a call.
#[test]
fn code_that_moves_loses_its_debug_information() {
    let dropped = [
        ".debug_info",
        ".debug_line",
        "sourceMappingURL",
        "external_debug_info",
        "reloc.CODE",
        "wasi_vfs",
    ];
    for count in [119, 200] {
        let functions = "(func)".repeat(count);
        let packed = packed(&program(&(CUSTOM.to_owned() + &functions)));
        assert_eq!(dropped_names(&packed.warnings), dropped, "{count}");
    }
}

#[test]
fn custom_sections_without_offsets_stay() {
    let packed = packed(&program(CUSTOM));
    let text = text(&packed.module);
    assert!(text.find("\"before\"") < text.find("(type"), "{text}");
    for kept in [r#""after""#, "bulk-memory+", "multimemory", r#""wasi_vfs""#] {
        assert!(text.contains(kept), "{kept}\n{text}");
    }
    assert!(!text.contains("an older one"), "{text}");
    assert_eq!(found(&packed.module).metadata, Some(PARTS.metadata));
}

#[test]
fn the_payload_is_the_first_appended_segment() {
    let module = packed(&program(r#"(data (i32.const 0) "x")"#)).module;
    let text = text(&module);
    let data: Vec<&str> = text
        .lines()
        .filter(|line| line.trim().starts_with("(data"))
        .collect();
    assert!(data[1].contains("QRSTpayload"), "{data:?}");
    assert!(
        data[2..].iter().all(|line| line.contains("(memory")),
        "{data:?}"
    );
}

#[test]
fn packing_is_deterministic() {
    assert_eq!(each_packed(&program("")), each_packed(&program("")));
}
