//! Writable directories: `pack --writable`, and the commands that show or use them.

use crate::app;
use crate::scratch::*;
use serde_json::{Value, json};

/// The tree, and a program that writes `new.txt` into its first preopen.
fn scratch() -> Scratch {
    let scratch = Scratch::with_tree();
    scratch.write("app.wasm", &app::writes_and_reads());
    scratch
}

#[track_caller]
fn pack(scratch: &Scratch, arguments: &str) {
    let output = scratch.run(&format!("pack {arguments}"));
    assert_success(&output);
    assert!(!stderr(&output).contains("warning"), "{}", stderr(&output));
}

#[track_caller]
fn info(scratch: &Scratch, packed: &str) -> Value {
    let output = scratch.run(&format!("info --json {packed}"));
    assert_success(&output);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The writable directories and the limit.
#[track_caller]
fn assert_writable(scratch: &Scratch, packed: &str, directories: &[&str], limit: u64) {
    let expected = json!({ "directories": directories, "limit": limit });
    assert_eq!(info(scratch, packed)["writable"], expected);
}

const DEFAULT_LIMIT: u64 = 256 << 20;

#[test]
fn info_shows_writable_directories_and_the_limit() {
    let scratch = scratch();
    pack(
        &scratch,
        "app.wasm --dir lib::/lib --writable /tmp --writable /lib/sub -o packed.wasm",
    );
    assert_writable(
        &scratch,
        "packed.wasm",
        &["/tmp", "/lib/sub"],
        DEFAULT_LIMIT,
    );
    assert_eq!(
        info(&scratch, "packed.wasm")["mounts"],
        json!(["/lib", "/tmp"])
    );
    let output = scratch.run("info packed.wasm");
    assert_success(&output);
    let lines = "  writable   /tmp\n  writable   /lib/sub\n  changes    up to 256 MiB in memory\n";
    assert!(stdout(&output).contains(lines), "{}", stdout(&output));
    pack(&scratch, "app.wasm --dir lib::/lib -o packed.wasm");
    assert_eq!(info(&scratch, "packed.wasm").get("writable"), None);
}

#[test]
fn other_commands_read_writable_modules() {
    let scratch = scratch();
    pack(
        &scratch,
        "app.wasm --dir lib::/lib --writable /lib --writable /tmp -o packed.wasm",
    );
    for (command, expected) in [
        ("ls packed.wasm /", "lib\ntmp\n"),
        ("ls packed.wasm /tmp", ""),
        ("cat packed.wasm /lib/hello.txt", "hello\n"),
    ] {
        let output = scratch.run(command);
        assert_success(&output);
        assert_eq!(stdout(&output), expected, "{command}");
    }
    assert_success(&scratch.run("verify packed.wasm"));
    assert_success(&scratch.run("check packed.wasm"));
    assert_success(&scratch.run("dump packed.wasm"));
    assert_success(&scratch.run("diff packed.wasm packed.wasm"));
    assert_success(&scratch.run("extract packed.wasm -o out"));
}

#[test]
fn a_program_writes_in_a_writable_directory() {
    let scratch = scratch();
    for memory in ["separate", "single"] {
        pack(
            &scratch,
            &format!("app.wasm --writable /tmp --memory {memory} -o packed.wasm"),
        );
        let output = scratch.run("run packed.wasm");
        assert_success(&output);
        assert_eq!(stdout(&output), "new\n", "{memory}");
    }
}

#[test]
fn a_program_cannot_write_beside_a_writable_directory() {
    const ROFS: i32 = 69;
    let scratch = scratch();
    pack(
        &scratch,
        "app.wasm --dir lib::/lib --writable /lib/sub -o packed.wasm",
    );
    assert_eq!(scratch.run("run packed.wasm").status.code(), Some(ROFS));
}

#[test]
fn changes_end_at_their_limit() {
    const NOSPC: i32 = 51;
    let scratch = scratch();
    scratch.write("app.wasm", &app::writes_until_an_error());
    pack(
        &scratch,
        "app.wasm --writable /tmp --writable-limit 64K -o packed.wasm",
    );
    assert_eq!(scratch.run("run packed.wasm").status.code(), Some(NOSPC));
}

/// A program of another engine has the same module, whose runtime serves it.
#[test]
fn traces_of_a_writing_program_name_packed_files_only() {
    let scratch = Scratch::with_tree();
    pack(
        &scratch,
        "app.wasm --dir lib::/lib --writable /lib -o packed.wasm",
    );
    let output = scratch.run("run --trace trace.txt packed.wasm");
    assert_success(&output);
    let trace = String::from_utf8(scratch.read("trace.txt")).unwrap();
    assert!(trace.contains("/lib/hello.txt\n"), "{trace}");
    scratch.write("app.wasm", &app::writes_and_reads());
    pack(
        &scratch,
        "app.wasm --dir lib::/lib --writable /lib -o packed.wasm",
    );
    assert_success(&scratch.run("run --trace trace.txt packed.wasm"));
    let trace = String::from_utf8(scratch.read("trace.txt")).unwrap();
    assert!(!trace.contains("new.txt"), "{trace}");
}

#[test]
fn packing_again_keeps_writable_directories() {
    let scratch = scratch();
    pack(
        &scratch,
        "app.wasm --dir lib::/lib --writable /lib/sub --writable /tmp --writable-limit 64K -o packed.wasm",
    );
    pack(&scratch, "packed.wasm -o same.wasm");
    assert!(scratch.read("same.wasm") == scratch.read("packed.wasm"));
    pack(
        &scratch,
        "packed.wasm --dir lib/sub::/lib --compress -o out.wasm",
    );
    assert_writable(&scratch, "out.wasm", &["/tmp", "/lib/sub"], 64 << 10);
    pack(&scratch, "packed.wasm --memory single -o out.wasm");
    assert_writable(&scratch, "out.wasm", &["/tmp", "/lib/sub"], 64 << 10);
    scratch.write("list.txt", b"/lib/hello.txt\n");
    pack(&scratch, "packed.wasm --only list.txt -o out.wasm");
    assert_writable(&scratch, "out.wasm", &["/tmp", "/lib/sub"], 64 << 10);
}

#[test]
fn named_options_replace_kept_ones() {
    let scratch = scratch();
    pack(&scratch, "app.wasm --dir lib::/lib -o read-only.wasm");
    pack(
        &scratch,
        "read-only.wasm --writable /tmp --writable-limit 64K -o packed.wasm",
    );
    pack(&scratch, "packed.wasm --writable /lib -o out.wasm");
    assert_writable(&scratch, "out.wasm", &["/lib"], 64 << 10);
    pack(&scratch, "packed.wasm --writable-limit 1M -o out.wasm");
    assert_writable(&scratch, "out.wasm", &["/tmp"], 1 << 20);
    pack(&scratch, "packed.wasm --no-writable -o out.wasm");
    assert_eq!(info(&scratch, "out.wasm").get("writable"), None);
    let tmp = info(&scratch, "out.wasm")["mounts"].clone();
    assert_eq!(tmp, json!(["/lib", "/tmp"]));
}

#[test]
fn added_images_are_only_files() {
    let scratch = scratch();
    pack(
        &scratch,
        "app.wasm --dir lib::/lib --writable /lib -o packed.wasm",
    );
    pack(&scratch, "app.wasm --from packed.wasm -o out.wasm");
    assert_eq!(info(&scratch, "out.wasm").get("writable"), None);
    pack(
        &scratch,
        "app.wasm --from packed.wasm --writable /lib -o same.wasm",
    );
    assert!(scratch.read("same.wasm") == scratch.read("packed.wasm"));
    assert_success(&scratch.run("image --from packed.wasm -o lib.wvfs"));
    assert_eq!(info(&scratch, "lib.wvfs").get("writable"), None);
}

#[test]
fn wrong_options_are_usage_errors() {
    let scratch = scratch();
    for (options, word) in [
        ("--writable /a/../b", "`..`"),
        ("--writable /tmp --writable-limit 0", "at least 64K"),
        ("--writable /tmp --writable-limit 5G", "at most 4G"),
        ("--writable-limit 5M", "with --writable"),
        ("--writable /tmp --no-writable", "--no-writable"),
    ] {
        let output = scratch.run(&format!(
            "pack app.wasm --dir lib::/lib {options} -o out.wasm"
        ));
        assert_failure(&output, 2, &[word]);
    }
    let output = scratch.run("image --dir lib::/lib --writable /lib -o out.wvfs");
    assert_failure(&output, 2, &["`wasi-vfs pack` makes directories"]);
}

#[test]
fn files_cannot_be_writable() {
    let scratch = scratch();
    let output = scratch.run("pack app.wasm --dir lib::/lib --writable /lib/link -o out.wasm");
    assert_error(&output, &["/lib/link", "is a file"]);
    assert_eq!(scratch.names(), ["app.wasm", "lib"]);
}

#[test]
fn components_of_the_adapter_keep_their_writable_directories() {
    let scratch = scratch();
    scratch.write("component.wasm", &app::component());
    assert_success(&scratch.run("pack component.wasm --writable /tmp -o packed.wasm"));
    assert_success(&scratch.run("pack packed.wasm --dir lib::/lib -o again.wasm"));
    let directories = &info(&scratch, "again.wasm")["writable"]["directories"];
    assert_eq!(*directories, serde_json::json!(["/tmp"]));
    let output = scratch.run("info again.wasm");
    let line = "  changes    up to 256 MiB in memory, until the instance ends\n";
    assert!(stdout(&output).contains(line), "{}", stdout(&output));
}
