//! docs/JSON.md describes exactly the fields of the JSON output.

use crate::app;
use crate::golden::in_repository;
use crate::scratch::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use wasi_vfs_format::testing::{Change, changes};

/// Types by the path of a field, such as `files[].path`.
type Fields = BTreeMap<String, BTreeSet<String>>;

/// The fields that the document lists for `command`.
fn documented(command: &str) -> Fields {
    let document = std::fs::read_to_string(in_repository("docs/JSON.md")).unwrap();
    let heading = format!("\n## wasi-vfs {command} --json\n");
    let (_, section) = document.split_once(&heading).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let fields = rows.map(|row| {
        let cells: Vec<_> = row.split(" | ").collect();
        let name = cells[0].trim_start_matches("| ").trim_matches('`');
        let types = cells[1].split(", ").map(str::to_owned);
        (name.to_owned(), types.collect())
    });
    fields.collect()
}

/// Adds the fields of `value` at `path`.
fn add(value: &Value, path: &str, fields: &mut Fields) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    // The document as a whole has no row.
    if !path.is_empty() && path != "[]" {
        fields
            .entry(path.to_owned())
            .or_default()
            .insert(kind.to_owned());
    }
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| add(item, &format!("{path}[]"), fields)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let dot = if path.is_empty() { "" } else { "." };
            add(member, &format!("{path}{dot}{name}"), fields);
        }),
        _ => {}
    }
}

/// The fields that the command lines print.
fn printed(scratch: &Scratch, lines: &[&str]) -> Fields {
    let mut fields = Fields::new();
    for line in lines {
        let output = scratch.run(line);
        let value = serde_json::from_slice(&output.stdout);
        let value: Value = value.unwrap_or_else(|error| panic!("{line}: {error}"));
        add(&value, "", &mut fields);
    }
    fields
}

/// Exactly the documented types occur.
#[track_caller]
fn assert_documented(command: &str, mut printed: Fields) {
    let mut documented = documented(command);
    // A whole number prints as an integer.
    for fields in [&mut documented, &mut printed] {
        for types in fields.values_mut().filter(|types| types.contains("number")) {
            types.remove("integer");
        }
    }
    assert_eq!(printed, documented);
}

/// A program removed a file, and made one with two names.
fn changes_of_a_program() -> Vec<u8> {
    changes([
        ("a", Change::File(b"new".to_vec())),
        ("b", Change::Link("/a".to_owned())),
        ("c", Change::Removed),
    ])
}

/// Images of each kind: without a module, packed, stripped, with fewer files, and of changes.
fn scratch() -> Scratch {
    let scratch = Scratch::image();
    std::fs::create_dir_all(scratch.path("lib/tests")).unwrap();
    scratch.write("lib/tests/ballast.txt", b"of no use");
    scratch.write("component.wasm", &app::component());
    for line in [
        "pack app.wasm --dir lib::/usr/lib -o packed.wasm -q",
        "pack app.wasm --dir lib::/usr/lib -o small.wasm -q --only only.txt",
        "pack component.wasm --dir lib::/usr/lib -o packed-component.wasm -q",
        "pack app.wasm --dir lib::/usr/lib --writable /tmp -o writable.wasm -q",
    ] {
        scratch.write("only.txt", b"/usr/lib/hello.txt\n");
        assert_success(&scratch.run(line));
    }
    scratch.write("changes.wvfs", &changes_of_a_program());
    let bytes = scratch.read("tree.wvfs");
    let parts = wasi_vfs_format::Parts::split(&bytes).unwrap();
    let len = bytes.len() - parts.metadata.unwrap().len();
    scratch.write("stripped.wvfs", &bytes[..len]);
    scratch
}

#[test]
fn fields_of_ls_are_documented() {
    let lines = [
        "ls -R --json --digests packed.wasm",
        "ls --json packed.wasm",
        "ls --json changes.wvfs",
    ];
    assert_documented("ls", printed(&scratch(), &lines));
}

#[test]
fn fields_of_info_are_documented() {
    let mut printed = printed(
        &scratch(),
        &[
            "info --json --digests packed.wasm",
            "info --json small.wasm",
            "info --json writable.wasm",
            "info --json packed-component.wasm",
            "info --json tree.wvfs",
            "info --json stripped.wvfs",
            "info --json changes.wvfs",
        ],
    );
    // Null only for a linked module, which a test of `bake` covers.
    let application = printed.get_mut("file.application").unwrap();
    application.insert("null".to_owned());
    assert_documented("info", printed);
}

#[test]
fn fields_of_check_are_documented() {
    let scratch = scratch();
    scratch.write("empty.wasm", b"\0asm\x01\0\0\0");
    let lines = ["app.wasm", "packed.wasm", "component.wasm", "empty.wasm"];
    let lines = lines.map(|module| format!("check --json {module}"));
    let lines = lines.each_ref().map(String::as_str);
    assert_documented("check", printed(&scratch, &lines));
}

#[test]
fn fields_of_diff_are_documented() {
    let scratch = scratch();
    std::fs::rename(scratch.path("lib/run.sh"), scratch.path("lib/moved.sh")).unwrap();
    std::fs::remove_file(scratch.path("lib/link")).unwrap();
    scratch.write("lib/hello.txt", b"changed\n");
    scratch.write("lib/new.txt", b"new\n");
    assert_success(&scratch.run("image --dir lib::/usr/lib -o new.wvfs -q"));
    assert_documented(
        "diff",
        printed(&scratch, &["diff --json packed.wasm new.wvfs"]),
    );
}

#[test]
fn digest_of_a_file_is_that_of_its_content() {
    let scratch = scratch();
    let expected = blake3::hash(b"hello\n").to_string();
    let output = scratch.run("ls --json --digests tree.wvfs usr/lib/hello.txt usr/lib/link");
    assert_success(&output);
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(listed[0]["digest"], expected);
    assert_eq!(listed[1]["digest"], Value::Null);
    let output = scratch.run("info --json --digests packed.wasm");
    let facts: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = facts["files"].as_array().unwrap();
    let hello = files
        .iter()
        .find(|file| file["path"] == "/usr/lib/hello.txt")
        .unwrap();
    assert_eq!(
        (&hello["digest"], &hello["size"]),
        (&expected.into(), &6.into())
    );
    assert_eq!(files.len(), 5);
}

#[test]
fn digest_of_a_damaged_file_is_an_error_with_its_path() {
    let scratch = Scratch::image();
    damage_payload(&scratch);
    for line in [
        "ls -R --json --digests tree.wvfs",
        "info --json --digests tree.wvfs",
    ] {
        assert_error(&scratch.run(line), &["cannot read `/usr/lib/"]);
    }
    assert_success(&scratch.run("ls -R --json tree.wvfs"));
}

#[test]
fn digests_are_of_json_only() {
    let scratch = Scratch::image();
    for line in [
        "ls --digests tree.wvfs",
        "info --digests tree.wvfs",
        "ls --json --no-size-limit tree.wvfs",
    ] {
        assert_failure(&scratch.run(line), 2, &["--"]);
    }
}
