//! `wasi-vfs snapshot`

use crate::scratch::*;

/// A packed reactor.
fn scratch() -> Scratch {
    let scratch = Scratch::with_tree();
    let reactor = wat::parse_str(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_initialize")))"#,
    );
    scratch.write("reactor.wasm", &reactor.unwrap());
    assert_success(&scratch.run("pack reactor.wasm --dir lib::/ -o packed.wasm"));
    scratch
}

#[test]
fn prepared_modules_export_their_state() {
    let scratch = scratch();
    assert_success(&scratch.run("snapshot --prepare packed.wasm -o prepared.wasm"));
    let prepared = scratch.read("prepared.wasm");
    for name in [&b"wasi_vfs_state_memory_1"[..], b"wasi_vfs_state_digest_3"] {
        let found = prepared.windows(name.len()).any(|bytes| bytes == name);
        assert!(found, "{name:?}");
    }
    let again = scratch.run("snapshot --prepare prepared.wasm -o again.wasm");
    assert_error(&again, &["are reserved", "name the packed module"]);
}

#[test]
fn files_without_a_state_are_errors() {
    let scratch = scratch();
    scratch.write("state.bin", b"wvfstate\x07\0\0\0");
    let output = scratch.run("snapshot packed.wasm --state state.bin -o fast.wasm");
    assert_error(
        &output,
        &["cannot use `state.bin`", "version 7, expected 1"],
    );
    let output = scratch.run("snapshot --prepare reactor.wasm -o prepared.wasm");
    assert_error(&output, &["cannot prepare `reactor.wasm`", "pack it first"]);
    assert!(!scratch.names().contains(&"fast.wasm".to_owned()));
}

#[test]
fn one_of_both_steps_is_required() {
    let scratch = scratch();
    let neither = scratch.run("snapshot packed.wasm -o fast.wasm");
    assert_failure(&neither, 2, &["--prepare"]);
    let both = scratch.run("snapshot --prepare packed.wasm --state state.bin -o fast.wasm");
    assert_failure(&both, 2, &["cannot be used with"]);
}
