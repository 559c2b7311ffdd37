//! Modules that cannot be packed, and the errors.

use super::merged::{OPEN, OPEN_CALL, program};
use super::{PARTS, VERSION, embed, pack, packed, runtime, wasm};
use crate::module::{MemoryKind, find};

fn refusal(wasm: &[u8]) -> String {
    pack(wasm).expect_err("refused").to_string()
}

fn refused(wat: &str, words: &[&str]) {
    let error = refusal(&wasm(wat));
    for word in words {
        assert!(error.contains(word), "`{word}` is not in: {error}");
    }
}

#[test]
fn other_files_are_recognised() {
    assert!(refusal(b"").contains("an empty file"));
    assert!(refusal(b"\x7fELF....").contains("`7f 45 4c 46`"));
    assert!(refusal(b"  (module)").contains("wasm-tools parse"));
    assert!(refusal(b"\0asm\x02\0\0\0").contains("not a valid WebAssembly module"));
    assert!(refusal(b"\0as").contains("not a WebAssembly module"));
    refused(
        "(component)",
        &["component", "expected a core module", "wasi-vfs pack"],
    );
    assert!(find(&wasm("(component)")).is_err());
}

#[test]
fn an_invalid_module_is_refused_with_the_offset() {
    let error = refusal(&wasm(r#"(module (func (result i32)))"#));
    assert!(
        error.contains("not a valid") && error.contains("at offset 0x"),
        "{error}"
    );
}

#[test]
fn memories_that_hosts_cannot_use() {
    let with = |memory: &str| format!("(module {OPEN} {memory})");
    refused(&with(""), &["no memory"]);
    refused(
        &with("(memory 1)"),
        &["not exported as `memory`", "no such export"],
    );
    refused(
        &with(r#"(memory 1) (memory (export "memory") 1)"#),
        &["memory 1"],
    );
    refused(
        &with(r#"(memory 1) (func (export "memory"))"#),
        &["no memory"],
    );
    refused(
        &with(r#"(import "env" "memory" (memory 1))"#),
        &["`env` `memory`", "--import-memory"],
    );
    refused(
        &with(r#"(memory (export "memory") 1 2 shared)"#),
        &["shared", "without threads"],
    );
    refused(
        &with(r#"(memory (export "memory") i64 1)"#),
        &["64-bit", "wasm32"],
    );
    refused(
        &with(r#"(memory (export "memory") 1 (pagesize 1))"#),
        &["pages of 1 bytes"],
    );
}

#[test]
fn dynamic_libraries_are_named_as_such() {
    let dynamic = r#"(module (@custom "dylink.0" "") (import "env" "memory" (memory 1)))"#;
    refused(dynamic, &["dynamic library", "dylink.0", "statically"]);
}

#[test]
fn programs_that_read_no_files() {
    let module = r#"(module (memory (export "memory") 1))"#;
    refused(module, &["nothing would read the image", "wasm32-wasip1"]);
    let only_reads = r#"(module (import "wasi_snapshot_preview1" "fd_read"
        (func (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1))"#;
    refused(only_reads, &["nothing would read the image"]);
    let no_call = r#"(module (import "wasi_snapshot_preview1" "path_foo" (global i32))
        (memory (export "memory") 1))"#;
    refused(no_call, &["nothing would read the image"]);
}

/// All of them also lack the memory export of programs.
#[test]
fn other_module_kinds_are_named_before_memory() {
    let emscripten = r#"(module (import "a" "b" (func (param i32))) (memory (export "c") 1))"#;
    refused(
        emscripten,
        &["makes no WASI calls", "Emscripten", "wasm32-wasip1"],
    );
    let library = r#"(module (func (export "add")))"#;
    refused(library, &["makes no WASI calls"]);
    let opens_by_javascript = r#"(module
        (import "wasi_snapshot_preview1" "fd_write"
          (func (param i32 i32 i32 i32) (result i32)))
        (import "env" "__syscall_openat" (func (param i32)))
        (import "env" "memory" (memory 1)))"#;
    refused(opens_by_javascript, &["no `path_*` function"]);
    let adapter = r#"(module (import "wasi:filesystem/types@0.2.0" "x" (func))
        (import "env" "memory" (memory 0)) (func (export "path_open")))"#;
    refused(adapter, &["preview 1 adapter", "pack the program"]);
    let of_a_component = r#"(module (import "wasi:filesystem/types@0.2.0" "x" (func))
        (memory (export "memory") 1))"#;
    refused(
        of_a_component,
        &["`wasi:filesystem/types@0.2.0`", "wasm32-wasip1"],
    );
}

#[test]
fn preview_0_without_file_calls_is_rejected() {
    let module = r#"(module (import "wasi_unstable" "fd_close" (func (param i32) (result i32)))
        (memory (export "memory") 1))"#;
    refused(module, &["`path_*`"]);
    let module = r#"(module (import "wasi_unstable" "fd_seek" (func (param i32) (result i32)))
        (memory (export "memory") 1))"#;
    refused(module, &["`fd_seek`", "(i32, i64, i32, i32) -> (i32)"]);
}

#[test]
fn a_linked_program_with_preview_0_is_rejected() {
    let import = r#"(import "wasi_unstable" "fd_close" (func (param i32) (result i32)))"#;
    let linked = super::fake::linked_text(VERSION, "");
    let module = linked.replacen("(import", &format!("{import} (import"), 1);
    refused(&module, &["`fd_close`", "linked runtime", "recompile"]);
}

#[test]
fn an_import_of_the_wrong_type() {
    let wrong = r#"(module (import "wasi_snapshot_preview1" "path_open"
        (func (param i32) (result i32))) (memory (export "memory") 1))"#;
    refused(
        wrong,
        &[
            "`path_open`",
            "(i32) -> (i32)",
            "i64, i64, i32, i32) -> (i32)",
        ],
    );
    let global = r#"(module (import "wasi_snapshot_preview1" "fd_read" (global i32))
        (memory (export "memory") 1))"#;
    refused(global, &["`fd_read`", "something else than a function"]);
    let shared =
        format!("(module (type $t (shared {OPEN_TYPE})) {SHARED} (memory (export \"memory\") 1))");
    refused(&shared, &["`path_open`", "something else than a function"]);
}

const OPEN_TYPE: &str = "(func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32))";
const SHARED: &str = r#"(import "wasi_snapshot_preview1" "path_open" (func (type $t)))"#;

#[test]
fn modules_that_are_full_without_the_runtime() {
    let memories = "(memory 1)".repeat(99);
    let text = format!(r#"(module {OPEN} (memory (export "memory") 1) {memories})"#);
    refused(&text, &["101 memories", "the 100", "`--memory single`"]);
    let single = embed(
        &wasm(&text),
        &PARTS,
        &runtime(),
        VERSION,
        Some(MemoryKind::Single),
    );
    assert!(single.is_ok());
    // Each call grows by a byte, because its function has a number above 127.
    let calls = format!("{OPEN_CALL} call $open drop").repeat(7_654_321 / 22 - 1);
    let imports = r#"(import "wasi_snapshot_preview1" "fd_sync"
        (func (param i32) (result i32)))"#
        .repeat(130);
    let text = format!(r#"(module {OPEN} {imports} (memory (export "memory") 1) (func {calls}))"#);
    refused(&text, &["bytes in a function", "the 7654321"]);
}

#[test]
fn two_images_in_one_module() {
    let module = packed(&program("")).module;
    let text = super::text(&module);
    // The same anchor at the same address of another memory.
    let line = text
        .lines()
        .find(|line| line.contains("wasi-vfs anchor"))
        .expect("anchor");
    let data = &line[line.find("(i32.const").expect("address")..];
    let rest: Vec<&str> = text
        .lines()
        .filter(|l| l.contains("(data (;") && l.contains("(memory 1)"))
        .collect();
    let copies: String = rest
        .iter()
        .map(|l| l.replace("(memory 1)", "(memory 2)"))
        .collect();
    assert!(copies.contains(data));
    let (head, _) = text.rsplit_once(')').expect("ends");
    let twice = format!("{head} (memory 16) {copies})");
    let twice = twice.replace("(data (;", "(data (; ");
    refused(&twice, &["2 wasi-vfs images", "memory 1", "memory 2"]);
}

#[test]
fn a_runtime_that_does_not_follow_the_abi_is_our_bug() {
    let program = wasm(&program(""));
    let refusal = |runtime: &str, version: &str| {
        let result = embed(&program, &PARTS, &wasm(runtime), version, None);
        let error = result.expect_err("refused").to_string();
        assert!(error.contains("bug in wasi-vfs"), "{error}");
        error
    };
    let good = super::fake::runtime_text(VERSION);
    assert!(embed(&program, &PARTS, &runtime(), VERSION, None).is_ok());
    assert!(refusal("(module)", VERSION).contains("one memory"));
    assert!(refusal(&good, "9.9.9").contains("`0.1.0`"));
    let unknown = good.replace(r#""application" "load32""#, r#""application" "load33""#);
    assert!(refusal(&unknown, VERSION).contains("`load33`"));
    let lacking = good.replace(r#"(export "fd_read")"#, "");
    assert!(refusal(&lacking, VERSION).contains("does not export `fd_read`"));
    let typed = good.replace(
        r#""store32" (func $store32 (param i32 i32))"#,
        r#""store32" (func $store32 (param i32 i32) (result))"#,
    );
    assert!(embed(&program, &PARTS, &wasm(&typed), VERSION, None).is_ok());
}
