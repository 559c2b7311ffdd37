//! `wasi-vfs check`

use crate::scratch::*;
use serde_json::{Value, json};

/// The output of `check --json` and its exit code.
fn answer(scratch: &Scratch, module: &str) -> (Value, Option<i32>) {
    let output = scratch.run(&format!("check --json {module}"));
    let answer = serde_json::from_str(&stdout(&output)).unwrap();
    (answer, output.status.code())
}

#[test]
fn modules_that_can_be_packed_are_described() {
    let scratch = Scratch::with_tree();
    let output = scratch.run("check app.wasm");
    assert_success(&output);
    let expected = "\
app.wasm: can be packed
  form       merged, separate memory
  imports    wasi_snapshot_preview1: 4 calls
  needs      sign extension, bulk memory, multi-memory
  engines    wasmtime, Wasmer, wasmi, WasmEdge, Node 22 and later,
             Deno 1.38 and later, Chromium 120 and later, Firefox 125 and later,
             Safari of 2026 and later
             with --memory single also Node 20, wazero, WAMR, pywasm
";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn answers_agree_with_packing() {
    let scratch = Scratch::packed();
    let own = r#"(module
        (import "env" "draw" (func))
        (import "wasi_unstable" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1))"#;
    scratch.write("old.wasm", &wat::parse_str(own).unwrap());
    scratch.write("text.wasm", b"hello");
    scratch.write("component.wasm", &wat::parse_str("(component)").unwrap());
    assert_success(&scratch.run("pack app.wasm --dir lib::/ --memory single -o single.wasm"));
    for name in ["app", "packed", "single", "old", "text", "component"] {
        let (answer, code) = answer(&scratch, &format!("{name}.wasm"));
        let pack = scratch.run(&format!("pack {name}.wasm --dir lib::/ -o out.wasm"));
        assert_eq!(code, pack.status.code(), "{name}");
        assert_eq!(answer["packable"], code == Some(0), "{name}");
        if let Some(reason) = answer["reason"].as_str() {
            assert!(stderr(&pack).contains(reason), "{name}: {reason}");
        } else {
            let memory = answer["memory"].as_str().unwrap();
            let said = stderr(&pack);
            assert!(said.contains(&format!("merged, {memory} memory")), "{said}");
        }
    }
}

#[test]
fn imports_and_packed_modules_are_printed() {
    let scratch = Scratch::packed();
    let (packed, _) = answer(&scratch, "packed.wasm");
    assert_eq!(packed["packed"], true);
    let (app, _) = answer(&scratch, "app.wasm");
    assert_eq!(app["packed"], false);
    assert_eq!(app["imports"], packed["imports"]);
    assert_eq!(app["imports"][0]["names"][0], json!("fd_read"));
    let open = "(import \"wasi_snapshot_preview1\" \"path_open\"
        (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))";
    let own =
        format!("(module {open} (import \"env\" \"draw\" (func)) (memory (export \"memory\") 1))");
    scratch.write("own.wasm", &wat::parse_str(own).unwrap());
    let said = stdout(&scratch.run("check own.wasm"));
    assert!(
        said.contains("env, which the host must supply: draw\n"),
        "{said}"
    );
}

#[test]
fn the_reason_is_printed_with_exit_code_1() {
    let scratch = Scratch::empty();
    scratch.write("text.wasm", b"hello");
    let output = scratch.run("check text.wasm");
    assert_eq!(output.status.code(), Some(1));
    let said = stdout(&output);
    assert!(said.starts_with("text.wasm: cannot be packed: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_error(&scratch.run("check none.wasm"), &["`none.wasm`"]);
}
