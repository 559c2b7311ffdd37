//! Wired components in text, with what no compiler combines: start functions, outer
//! aliases, two versions of an interface, and two allocators. Each runs on a host directory
//! and packed.

use std::fs;
use std::path::Path;
use tempfile::{NamedTempFile, TempPath};
use wasi_vfs_tests::command::{Pack, run};
use wasi_vfs_tests::component::{validate, wasmtime, wit};
use wasi_vfs_tests::tree::Tree;

/// The interfaces of `version`. `n` is the end of each name.
fn interfaces(version: &str, n: &str) -> String {
    let text = r#"
  (import "wasi:filesystem/types@{version}" (instance $types{n}
    (export "descriptor" (type $d (sub resource)))
    (type $e' (enum "access" "would-block" "already" "bad-descriptor" "busy" "deadlock"
      "quota" "exist" "file-too-large" "illegal-byte-sequence" "in-progress" "interrupted"
      "invalid" "io" "is-directory" "loop" "too-many-links" "message-size" "name-too-long"
      "no-device" "no-entry" "no-lock" "insufficient-memory" "insufficient-space"
      "not-directory" "not-empty" "not-recoverable" "unsupported" "no-tty" "no-such-device"
      "overflow" "not-permitted" "pipe" "read-only" "invalid-seek" "text-file-busy"
      "cross-device"))
    (export "error-code" (type $e (eq $e')))
    (type $p' (flags "symlink-follow"))
    (export "path-flags" (type $p (eq $p')))
    (type $o' (flags "create" "directory" "exclusive" "truncate"))
    (export "open-flags" (type $o (eq $o')))
    (type $f' (flags "read" "write" "file-integrity-sync" "data-integrity-sync"
      "requested-write-sync" "mutate-directory"))
    (export "descriptor-flags" (type $f (eq $f')))
    (export "[method]descriptor.open-at" (func (param "self" (borrow $d))
      (param "path-flags" $p) (param "path" string) (param "open-flags" $o)
      (param "flags" $f) (result (result (own $d) (error $e)))))
    (export "[method]descriptor.read" (func (param "self" (borrow $d))
      (param "length" u64) (param "offset" u64)
      (result (result (tuple (list u8) bool) (error $e)))))))
  (alias export $types{n} "descriptor" (type $descriptor{n}))
  (import "wasi:filesystem/preopens@{version}" (instance $preopens{n}
    (alias outer 1 $descriptor{n} (type $d'))
    (export "descriptor" (type $d (eq $d')))
    (export "get-directories" (func (result (list (tuple (own $d) string)))))))"#;
    text.replace("{version}", version).replace("{n}", n)
}

/// A memory with the path of a file, and two allocators with an area each.
const LIBRARY: &str = r#"
  (core module $library
    (memory (export "memory") 1)
    (data (i32.const 8) "a")
    (global $low (mut i32) (i32.const 4096))
    (global $high (mut i32) (i32.const 32768))
    (func (export "low") (param i32 i32 i32 i32) (result i32)
      (global.get $low)
      (global.set $low (i32.and (i32.const -16)
        (i32.add (i32.add (global.get $low) (local.get 3)) (i32.const 15)))))
    (func (export "high") (param i32 i32 i32 i32) (result i32)
      (global.get $high)
      (global.set $high (i32.and (i32.const -16)
        (i32.add (i32.add (global.get $high) (local.get 3)) (i32.const 15))))))
  (core instance $library (instantiate $library))
  (alias core export $library "memory" (core memory $memory))
  (alias core export $library "low" (core func $low))
  (alias core export $library "high" (core func $high))"#;

/// A program that reads the file `a` in the first directory. `word` returns its first four
/// bytes, and `area` the allocator of these bytes: 0 or 1.
fn reader(more: &str) -> String {
    r#"
  (core module $reader
    (import "library" "memory" (memory 1))
    (import "files" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (import "files" "read" (func $read (param i32 i64 i64 i32)))
    (import "files" "directories" (func $directories (param i32)))
    (func $bytes (result i32)
      (call $directories (i32.const 16))
      (call $open (i32.load (i32.load (i32.const 16))) (i32.const 0) (i32.const 8)
        (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))
      (if (i32.load8_u (i32.const 32)) (then unreachable))
      (call $read (i32.load (i32.const 36)) (i64.const 16) (i64.const 0) (i32.const 48))
      (if (i32.load8_u (i32.const 48)) (then unreachable))
      (i32.load (i32.const 52)))
    (func $word (export "word") (result i32) (i32.load (call $bytes)))
    (func (export "area") (result i32) (i32.shr_u (call $bytes) (i32.const 15)))
    {more})"#
        .replace("{more}", more)
}

/// The functions of the interfaces `from` with the allocator `realloc`, and an instance of
/// the module `reader` with them.
fn instance(n: &str, from: &str, realloc: &str, reader: &str) -> String {
    r#"
  (core func $open{n} (canon lower (func $types{from} "[method]descriptor.open-at")
    (memory $memory) (realloc {realloc})))
  (core func $read{n} (canon lower (func $types{from} "[method]descriptor.read")
    (memory $memory) (realloc {realloc})))
  (core func $directories{n} (canon lower (func $preopens{from} "get-directories")
    (memory $memory) (realloc {realloc})))
  (core instance $reader{n} (instantiate {reader} (with "library" (instance $library))
    (with "files" (instance (export "open" (func $open{n}))
      (export "read" (func $read{n})) (export "directories" (func $directories{n}))))))"#
        .replace("{n}", n)
        .replace("{from}", from)
        .replace("{realloc}", realloc)
        .replace("{reader}", reader)
}

fn export(name: &str, n: &str, function: &str) -> String {
    format!(
        r#"(func (export "{name}") (result u32)
          (canon lift (core func $reader{n} "{function}")))"#
    )
}

fn component(text: &str) -> TempPath {
    let wasm = wat::parse_str(text).expect("valid text");
    let file = NamedTempFile::with_suffix(".wasm").expect("a temporary file");
    fs::write(file.path(), wasm).expect("our file");
    file.into_temp_path()
}

fn call(component: &Path, function: &str, tree: Option<&Tree>) -> String {
    let mut command = wasmtime("run");
    if let Some(tree) = tree {
        command.arg(format!("--dir={}::/data", tree.path().display()));
    }
    let call = format!("{function}()");
    run(command.args(["--invoke", &call]).arg(component), "").expect_success()
}

/// Checks that the packed component returns the same as on a host directory.
fn check(text: &str, results: &[(&str, u32)]) {
    let tree = Tree::new();
    tree.file("a", "abcdefgh").set_times();
    let app = component(text);
    let packed = Pack::new(&*app).dir(tree.path(), "/data").run();
    validate(&packed);
    assert_eq!(wit(&packed), wit(&app));
    for (function, result) in results {
        let expected = format!("{result}\n");
        assert_eq!(call(&app, function, Some(&tree)), expected, "{function}");
        assert_eq!(call(&packed, function, None), expected, "{function}");
    }
    let again = Pack::new(&*packed).dir(tree.path(), "/data").run();
    let bytes = |path: &Path| fs::read(path).expect("it was packed");
    assert!(bytes(&again) == bytes(&packed), "packing again differs");
}

const WORD: u32 = u32::from_le_bytes(*b"abcd");

#[test]
fn start_function_reads_a_packed_file() {
    let reader = reader(
        r#"(global $kept (mut i32) (i32.const 0))
        (func $keep (global.set $kept (call $word)))
        (start $keep)
        (func (export "kept") (result i32) (global.get $kept))"#,
    );
    let parts = [
        &interfaces("0.2.0", ""),
        LIBRARY,
        &reader,
        &instance("", "", "$low", "$reader"),
        &export("kept", "", "kept"),
    ];
    check(
        &format!("(component {})", parts.concat()),
        &[("kept", WORD)],
    );
}

#[test]
fn outer_module_keeps_its_number() {
    let decoys = "(core module) (core module)";
    let nested = [
        &interfaces("0.2.3", ""),
        LIBRARY,
        "(alias outer $root $reader (core module $outer))",
        &instance("", "", "$low", "$outer"),
        &export("word", "", "word"),
    ]
    .concat();
    let text = format!(
        r#"(component $root {decoys} {reader}
          (component $app {nested})
          {interfaces}
          (instance $app (instantiate $app
            (with "wasi:filesystem/types@0.2.3" (instance $types))
            (with "wasi:filesystem/preopens@0.2.3" (instance $preopens))))
          (export "word" (func $app "word")))"#,
        reader = reader(""),
        interfaces = interfaces("0.2.3", ""),
    );
    check(&text, &[("word", WORD)]);
}

#[test]
fn each_version_of_an_interface_reads_the_file() {
    let parts = [
        &interfaces("0.2.0", "-old"),
        &interfaces("0.2.6", "-new"),
        LIBRARY,
        &reader(""),
        &instance("-one", "-old", "$low", "$reader"),
        &instance("-two", "-new", "$low", "$reader"),
        &export("old", "-one", "word"),
        &export("new", "-two", "word"),
    ];
    let text = format!("(component {})", parts.concat());
    check(&text, &[("old", WORD), ("new", WORD)]);
}

#[test]
fn bytes_come_from_the_allocator_of_the_lowering() {
    let parts = [
        &interfaces("0.2.6", ""),
        LIBRARY,
        &reader(""),
        &instance("-one", "", "$low", "$reader"),
        &instance("-two", "", "$high", "$reader"),
        &export("low", "-one", "area"),
        &export("high", "-two", "area"),
        &export("word", "-two", "word"),
    ];
    let text = format!("(component {})", parts.concat());
    check(&text, &[("low", 0), ("high", 1), ("word", WORD)]);
}
