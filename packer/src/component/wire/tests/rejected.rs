//! Components that cannot be wired, each with the reason.

use super::text::{LIBC, MAIN, OPTIONS, imports, lowerings, program};
use super::{PARTS, VERSION, Wiring, error, wasm, wire_with, wired_runtime};
use crate::component::wire_error::WireError;
use crate::module::Parts;
use crate::warning::Warning;

/// Checks that the message has these words, all of them.
fn names(error: &WireError, words: &[&str]) {
    let error = error.to_string();
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
}

#[test]
fn two_memories_are_named_by_their_functions() {
    let error = error(&program(
        r#"(core func (canon lower (func $types "[method]descriptor.sync") (memory $other)))"#,
    ));
    names(
        &error,
        &[
            "two memories",
            "`[method]descriptor.open-at`",
            "`[method]descriptor.sync`",
        ],
    );
}

#[test]
fn encodings_other_than_utf8_are_named() {
    for encoding in ["utf16", "latin1+utf16"] {
        let options = format!("{OPTIONS} string-encoding={encoding}");
        let (imports, lowerings) = (imports("0.2.0", ""), lowerings("", &options));
        let error = error(&format!("(component {imports} {LIBC} {lowerings} {MAIN})"));
        names(
            &error,
            &["open-at", &format!("string encoding {encoding}"), "utf8"],
        );
    }
}

#[test]
fn asynchronous_lowerings_are_named() {
    let imports = imports("0.2.0", "").replace(
        r#""get-directories" (func (result"#,
        r#""get-directories" (func async (result"#,
    );
    let lower = lowered("preopens", "get-directories").replace("(memory", "async (memory");
    let open = lowered("types", "[method]descriptor.open-at");
    let error = error(&format!("(component {imports} {LIBC} {lower} {open})"));
    names(&error, &["get-directories", "`async`"]);
}

#[test]
fn a_component_that_opens_no_files_is_rejected() {
    let imports = imports("0.2.0", "");
    let drop = "(core func (canon resource.drop $descriptor))";
    for more in [
        "",
        drop,
        &format!("{LIBC} {}", lowered("preopens", "get-directories")),
    ] {
        let error = error(&format!("(component {imports} {more})"));
        names(&error, &["opens no files", "wasm32-wasip2"]);
    }
}

fn lowered(instance: &str, name: &str) -> String {
    format!(r#"(core func (canon lower (func ${instance} "{name}") {OPTIONS}))"#)
}

#[test]
fn stubs_instead_of_wasi_are_named() {
    let error = error(
        r#"(component (core module $stub (func (export "get-directories") (param i32)))
          (core module $main (import "wasi:filesystem/preopens@0.2.0" "get-directories"
            (func (param i32))))
          (core instance $stub (instantiate $stub))
          (core instance (instantiate $main
            (with "wasi:filesystem/preopens@0.2.0" (instance $stub)))))"#,
    );
    names(&error, &["wasi:filesystem/preopens@0.2.0", "--stub-wasi"]);
}

/// The adapter of a program that only prints asks for the directories of the host.
#[test]
fn lowered_imports_are_no_stubs() {
    let (imports, name) = (imports("0.2.0", ""), "wasi:filesystem/preopens@0.2.0");
    let lowered = lowered("preopens", "get-directories").replacen("core func", "core func $f", 1);
    let error = error(&format!(
        r#"(component {imports} {LIBC} {lowered}
          (core module $main (import "{name}" "get-directories" (func (param i32))))
          (core instance (instantiate $main
            (with "{name}" (instance (export "get-directories" (func $f)))))))"#
    ));
    names(&error, &["opens no files", "wasm32-wasip2"]);
}

#[test]
fn release_candidates_of_files_are_named() {
    let version = "0.2.0-rc-2023-11-10";
    let (first, lower) = (imports(version, ""), lowerings("", OPTIONS));
    let candidate = error(&format!("(component {first} {LIBC} {lower} {MAIN})"));
    names(
        &candidate,
        &[version, "release candidate", "update the toolchain"],
    );
    // A second version beside a supported one.
    let (second, lower) = (imports(version, "3"), lowerings("3", OPTIONS));
    let text = program(&lower).replacen("(component $app", &format!("(component {second}"), 1);
    names(
        &error(&text),
        &["wasi:filesystem/types@0.2.0-rc-2023-11-10"],
    );
}

#[test]
fn several_users_of_files_are_named_by_their_offsets() {
    let nested = program("");
    let other = nested.replace("$app", "$other");
    let error = error(&format!("(component {nested} (component) {other})"));
    names(
        &error,
        &["several components", "pack each before composing"],
    );
    assert_eq!(error.to_string().matches("0x").count(), 2, "{error}");
}

#[test]
fn imports_that_take_a_descriptor_are_named() {
    let upload = r#"(import "local:cloud/files" (instance $cloud
        (alias outer 1 $descriptor (type $d'))
        (export "descriptor" (type $d (eq $d')))
        (export "upload" (func (param "files" (list (borrow $d)))))))"#;
    let text = program(&format!(r#"{upload} {}"#, lowered("cloud", "upload")));
    names(
        &error(&text),
        &[
            "`upload` of `local:cloud/files`",
            "`descriptor`",
            "--allow-escape",
        ],
    );
    let allowed = wasm(&text);
    let wiring = Wiring::new(&allowed, None, true).expect("allowed");
    let embedded = wiring.embed(PARTS, &wired_runtime(), VERSION);
    let warnings = embedded.expect("can be wired").warnings;
    let [Warning::Escapes(users)] = &*warnings else {
        panic!("{warnings:?}");
    };
    assert_eq!(*users, ["the import `upload` of `local:cloud/files`"]);
}

#[test]
fn streams_of_descriptors_are_named() {
    for kind in ["stream", "future"] {
        let written = format!(
            "(type $sent ({kind} (own $descriptor)))
            (core func (canon {kind}.write $sent (memory $memory)))"
        );
        let writer = format!("`{kind}.write`");
        names(&error(&program(&written)), &[&writer, "`descriptor`"]);
    }
}

#[test]
fn error_codes_of_other_interfaces_are_no_escape() {
    let http = r#"(import "wasi:http/types@0.2.0" (instance $http
        (alias outer 1 $error-t (type $e'))
        (export "io-error" (type $e (eq $e')))
        (export "http-error-code" (func (param "err" (borrow $e)) (result (option u8))))))"#;
    let text = program(&format!(r#"{http} {}"#, lowered("http", "http-error-code")));
    wire_with(&wasm(&text), None).expect("can be wired");
    let others = [
        "local:http/types",
        "wasi:http/types@0.20.0",
        "wasi:http/types@0.2.0-rc-1",
    ];
    for other in others {
        let text = text.replace("wasi:http/types@0.2.0", other);
        names(
            &error(&text),
            &[&format!("`http-error-code` of `{other}`"), "`error`"],
        );
    }
}

#[test]
fn exports_that_return_a_stream_are_named() {
    let lifted = r#"
      (core module $out (func (export "f") (result i32) i32.const 0))
      (core instance $out (instantiate $out))
      (type $stream (own $stream-t))
      (export $stream-e "input-stream" (type $stream-t))
      (func (export "read") (result (own $stream-e)) (canon lift (core func $out "f")))"#;
    names(
        &error(&program(lifted)),
        &["the export `read`", "`input-stream`"],
    );
}

#[test]
fn functions_with_another_type_are_named() {
    let text = program("").replace(r#"(param "path-flags" u8)"#, r#"(param "path-flags" u64)"#);
    let text = text.replace(
        r#""open" (func (param i32 i32"#,
        r#""open" (func (param i32 i64"#,
    );
    names(
        &error(&text),
        &["open-at", "(i32, i64, i32", "expected (i32, i32, i32"],
    );
}

#[test]
fn lowerings_without_end_are_rejected() {
    let sync = r#"(core func (canon lower (func $types "[method]descriptor.sync")
        (memory $memory)))"#;
    names(
        &error(&program(&sync.repeat(999))),
        &["more than 1000 times"],
    );
    wire_with(&wasm(&program(&sync.repeat(998))), None).expect("can be wired");
}

#[test]
fn outer_modules_behind_the_insertion_are_named() {
    let outer = r#"(core module $late) (component (alias outer 1 $late (core module)))"#;
    names(&error(&program(outer)), &["refers to core module", "0x"]);
}

/// A program whose core module imports `get-directories` and has more `items`. The runtime
/// comes behind it, because a function is lowered late.
fn started_early(items: &str) -> String {
    let text = program("").replace(
        r#"(import "a" "directories" (func (param i32)))"#,
        &format!(r#"(import "a" "directories" (func $directories (param i32))) {items}"#),
    );
    let behind = text.strip_suffix(')').expect("the component's end");
    let late = r#"(core func (canon lower (func $types "[method]descriptor.sync")
        (memory $memory)))"#;
    format!("{behind} {late})")
}

#[test]
fn start_functions_before_the_runtime_are_named() {
    let text = started_early(
        "(func $start (call $ask)) (func $ask (call $directories (i32.const 16))) (start $start)",
    );
    names(&error(&text), &["core module 1", "start function"]);
}

/// As in the preview 1 adapter, whose start function allocates a stack.
#[test]
fn start_functions_that_use_no_files_may_run_early() {
    let text = started_early(
        "(func $start) (func (export \"ask\") (call $directories (i32.const 16))) (start $start)",
    );
    wire_with(&wasm(&text), None).expect("the start function uses no files");
}

#[test]
fn images_above_the_limit_of_engines_are_named() {
    let text = program("");
    let (wasm, payload) = (wasm(&text), vec![0; (1 << 30) + 1]);
    let parts = Parts {
        payload: payload.as_slice().into(),
        ..PARTS
    };
    let wiring = Wiring::new(&wasm, None, false).expect("can be wired");
    let error = wiring.embed(parts, &wired_runtime(), VERSION);
    let error = error.map(|embedded| embedded.module.len());
    let error = error.expect_err("too long").to_string();
    assert!(error.contains("1073741825"), "{error}");
    assert!(error.contains("engines allow 1073741824"), "{error}");
}

/// Every stream and future is compared with each of these types.
#[test]
fn too_many_types_of_results_are_rejected() {
    let release = |number: u32| {
        format!(
            r#"(import "wasi:filesystem/types@0.3.{number}" (instance $types{number}
  (export "descriptor" (type $descriptor (sub resource)))
  (type $code (enum "io" "code-{number}")) (export "error-code" (type $error (eq $code)))
  (type $future (future (result (error $error))))
  (export "[method]descriptor.open-at" (func (param "self" (borrow $descriptor))))
  (export "[method]descriptor.append-via-stream"
    (func (param "self" (borrow $descriptor)) (result $future)))))"#
        )
    };
    let with = |count| {
        let imports: String = (0..count).map(release).collect();
        error(&format!(
            r#"(component {imports}
  (import "wasi:filesystem/preopens@0.3.0" (instance $preopens
    (export "get-directories" (func))))
  (core func (canon lower (func $preopens "get-directories")))
  (core func (canon lower (func $types0 "[method]descriptor.open-at"))))"#
        ))
    };
    names(&with(17), &["more than 16", "fewer versions"]);
    assert!(!matches!(with(16), WireError::TooManyTypes { .. }));
}
