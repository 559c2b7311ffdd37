//! Components of WASI 0.3: both lowerings, and the built-ins for streams and futures.

use super::shapes::{module, origins};
use super::text::{
    LIBC, OPTIONS, imports, imports_of_0_3, lowered, lowerings, of_0_3, program, receiver,
};
use super::{PARTS, VERSION, Wiring, error, items, wasm, wired, wired_runtime};
use crate::component::wire::items::Items;
use crate::component::without_image;
use crate::warning::Warning;

/// Whether the function `name` that the program gets is one of the shim.
fn is_intercepted(items: &Items<'_>, name: &str) -> bool {
    let origins = origins(items, name);
    let [origin] = &*origins else {
        panic!("{name} is passed {} times", origins.len());
    };
    // The libc is module 0, and the shim is behind it.
    origin.is_some_and(|instance| module(items, instance) == Some(1))
}

/// Whether each function is intercepted.
pub(super) fn check(text: &str, names: &[&str], expected: bool) {
    let after = wired(text);
    let items = items(&after);
    for name in names {
        assert_eq!(is_intercepted(&items, name), expected, "{name}");
    }
}

#[test]
fn both_lowerings_of_a_function_are_intercepted() {
    let names = ["open", "open-async", "same", "directories", "drop", "write"];
    check(&of_0_3(""), &names, true);
}

#[test]
fn reading_built_ins_are_intercepted() {
    let names = [
        "read-bytes",
        "read-bytes-async",
        "cancel-bytes",
        "read-entries",
        "drop-entries",
        "read-result",
        "cancel-result",
        "drop-result",
        "join",
    ];
    check(&of_0_3(""), &names, true);
    check(&of_0_3(""), &["new-bytes"], false);
}

/// Streams and futures of other payload types belong to other interfaces.
#[test]
fn built_ins_of_foreign_payloads_stay() {
    let text = of_0_3(&format!(
        r#"
  (type $shorts (stream u16))
  (type $empty (stream))
  (type $unit (future))
  (type $plain (future (result)))
  (core func $read-shorts (canon stream.read $shorts (memory $memory)))
  (core func $read-empty (canon stream.read $empty))
  (core func $drop-unit (canon future.drop-readable $unit))
  (core func $drop-plain (canon future.drop-readable $plain))
  {}"#,
        receiver(&["read-shorts", "read-empty", "drop-unit", "drop-plain"])
    ));
    let names = ["read-shorts", "read-empty", "drop-unit", "drop-plain"];
    check(&text, &names, false);
}

/// An equal type of another version is the same type to an engine.
#[test]
fn payloads_are_compared_by_structure() {
    for (code, expected) in [("no-entry", true), ("refused", false)] {
        let other = imports_of_0_3("0.3.0", "-other", code)
            .replace("wasi:filesystem/types", "local:other/types")
            .replace("wasi:filesystem/preopens", "local:other/preopens");
        let more = format!(
            r#"{other}
  (core func $drop-other (canon future.drop-readable $result-other))
  (type $byte u8)
  (type $aliased (stream $byte))
  (core func $drop-aliased (canon stream.drop-readable $aliased)) {}"#,
            receiver(&["drop-other", "drop-aliased"])
        );
        check(&of_0_3(&more), &["drop-other"], expected);
        check(&of_0_3(&more), &["drop-aliased"], true);
    }
}

#[test]
fn built_ins_of_a_program_without_files_of_0_3_stay() {
    let text = program(&format!(
        r#"(type $bytes (stream u8))
  (core func $read (canon stream.read $bytes (memory $memory)))
  (core func $join (canon waitable.join)) {}"#,
        receiver(&["read", "join"])
    ));
    check(&text, &["read", "join"], false);
}

/// As the worlds of componentize-py, which read files by 0.2.
#[test]
fn versions_0_2_and_0_3_are_mixed() {
    let more = imports("0.2.6", "2") + &lowerings("2", OPTIONS);
    let text = of_0_3(&(more + &receiver(&["open2", "directories2"])));
    check(&text, &["open2", "directories2", "open-async"], true);
}

/// The printed component after wiring.
pub(super) fn printed(text: &str) -> String {
    wasmprinter::print_bytes(wired(text)).expect("valid")
}

/// `text` with `get-directories` lowered asynchronously only.
fn asynchronous_directories(text: &str) -> String {
    let function = r#""get-directories" (func (result"#;
    let text = text.replace(function, &function.replace("(func", "(func async"));
    let lowered = r#"(func $preopens "get-directories") (memory $memory)"#;
    text.replace(lowered, &format!("{lowered} async"))
}

#[test]
fn the_host_gets_a_synchronous_lowering_of_its_directories() {
    let host = r#"(export "host 1" (func"#;
    assert!(!printed(&of_0_3("")).contains(host));
    let text = asynchronous_directories(&of_0_3(""));
    assert!(printed(&text).contains(host));
    check(&text, &["directories"], true);
}

#[test]
fn the_host_drops_bytes_by_a_type_of_the_program() {
    let host = r#"(export "host 0" (func"#;
    let text = printed(&of_0_3(""));
    assert!(text.contains(host) && text.contains("(canon stream.drop-readable $bytes)"));
    let drop = "(core func $drop-bytes (canon stream.drop-readable $bytes))";
    let text = of_0_3(&(drop.to_owned() + &receiver(&["drop-bytes"])));
    assert!(!printed(&text).contains(host));
}

#[test]
fn components_of_0_3_are_restored() {
    let mixed = imports("0.2.6", "2") + &lowerings("2", OPTIONS);
    let drop = "(core func (canon stream.drop-readable $bytes))";
    for more in ["", &mixed, drop] {
        let text = of_0_3(more);
        for text in [asynchronous_directories(&text), text] {
            let wired = wired(&text);
            assert!(*without_image(&wired).expect("restores") == wasm(&text));
            assert!(super::wire(&wired).expect("packs again") == wired);
        }
    }
}

#[test]
fn release_candidates_and_later_versions_are_named() {
    for (version, remedy) in [
        ("0.3.0-rc-2025-09-16", "update the toolchain"),
        ("0.4.0", "only WASI 0.2 and 0.3 are supported"),
    ] {
        let error = error(&of_0_3("").replace("0.3.2", version)).to_string();
        assert!(error.contains(version) && error.contains(remedy), "{error}");
    }
}

/// The functions that the warning names.
pub(super) fn given(text: &str) -> Vec<String> {
    let component = wasm(text);
    let wiring = Wiring::new(&component, None, false).expect("can be wired");
    let embedded = wiring.embed(PARTS, &wired_runtime(), VERSION);
    let warnings = embedded.expect("can be wired").warnings;
    match &*warnings {
        [] => Vec::new(),
        [Warning::Streams(users)] => users.clone(),
        other => panic!("{other:?}"),
    }
}

pub(super) const WRITES: &str =
    "the import `[method]descriptor.write-via-stream` of `wasi:filesystem/types@0.3.2`";

pub(super) const STDOUT: &str = r#"(import "wasi:cli/stdout@0.3.2" (instance $stdout
    (export "write-via-stream" (func (param "data" (stream u8)) (result (future (result)))))))
  (core func (canon lower (func $stdout "write-via-stream")))"#;

#[test]
fn functions_that_take_streams_are_named() {
    assert_eq!(given(&of_0_3("")), [WRITES]);
    let stdout = "the import `write-via-stream` of `wasi:cli/stdout@0.3.2`";
    assert_eq!(given(&of_0_3(STDOUT)), [WRITES, stdout]);
}

#[test]
fn exports_that_return_streams_are_named() {
    let lifted = r#"
  (core module $out (func (export "f") (result i32) i32.const 0))
  (core instance $out (instantiate $out))
  (func (export "body") (result (option (stream u8)))
    (canon lift (core func $out "f") (memory $memory)))"#;
    let body = "a caller of the export `body`";
    assert_eq!(given(&of_0_3(lifted)), [WRITES, body]);
}

/// As wit-component exports an interface, and with an inline instance.
#[test]
fn exports_are_named_by_interface_and_function() {
    let lifted = r#"
  (core module $out (func (export "f") (result i32) i32.const 0))
  (core instance $out (instantiate $out))
  (func $body (result (option (stream u8)))
    (canon lift (core func $out "f") (memory $memory)))"#;
    let nested = r#"
  (component $nested (import "import-func-body" (func $f (result (option (stream u8)))))
    (import "import-func-other" (func)) (export "body" (func $f)))
  (core module $none (func (export "f")))
  (core instance $none (instantiate $none))
  (func $other (canon lift (core func $none "f")))
  (instance $api (instantiate $nested (with "import-func-body" (func $body))
    (with "import-func-other" (func $other))))"#;
    let inline = r#"(instance $api (export "body" (func $body)))"#;
    let exported = r#"(export "local:app/api" (instance $api))"#;
    let caller = "a caller of the export `body` of `local:app/api`";
    for instance in [nested, inline] {
        let text = of_0_3(&format!("{lifted} {instance} {exported}"));
        assert_eq!(given(&text), [WRITES, caller]);
    }
}

#[test]
fn streams_inside_of_streams_are_named() {
    let sent = r#"(type $bodies (stream $bytes))
      (core func (canon stream.write $bodies (memory $memory)))
      (core func (canon stream.write $bytes (memory $memory)))"#;
    let users = [WRITES, "a reader of `stream.write`"];
    assert_eq!(given(&of_0_3(sent)), users);
}

/// Without `read-via-stream`, no packed file has a stream.
#[test]
fn programs_without_streams_of_files_get_no_warning() {
    let imports = imports_of_0_3("0.3.0", "", "no-entry");
    let open = lowered("open", "types", "[method]descriptor.open-at", "async");
    let directories = lowered("directories", "preopens", "get-directories", "");
    let text = format!("(component {imports} {LIBC} {open} {directories} {STDOUT})");
    assert!(given(&text).is_empty());
    // Neither has a component of 0.2.
    assert!(given(&program(STDOUT)).is_empty());
}

#[test]
fn descriptors_of_0_3_that_escape_are_named() {
    let upload = r#"(import "local:cloud/files" (instance $cloud
        (alias outer 1 $descriptor (type $d'))
        (export "descriptor" (type $d (eq $d')))
        (export "upload" (func (param "file" (borrow $d))))))
      (core func (canon lower (func $cloud "upload")))"#;
    let error = error(&of_0_3(upload)).to_string();
    assert!(error.contains("`upload` of `local:cloud/files`"), "{error}");
    assert!(error.contains("`descriptor`"), "{error}");
}
