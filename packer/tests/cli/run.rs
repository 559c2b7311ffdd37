//! `wasi-vfs run`

use crate::app;
use crate::scratch::*;

fn scratch_with(module: &[u8]) -> Scratch {
    let scratch = Scratch::empty();
    scratch.write("app.wasm", module);
    scratch
}

#[test]
fn a_packed_program_reads_its_files() {
    let output = Scratch::packed().run("run packed.wasm");
    assert_success(&output);
    assert_eq!(stdout(&output), "hello\n");
}

#[test]
fn compressed_files_are_read_too() {
    let scratch = Scratch::with_tree();
    let text = "hello again and again\n".repeat(40);
    scratch.write("lib/hello.txt", text.as_bytes());
    assert_success(&scratch.run("pack app.wasm --dir lib::/ --compress -o packed.wasm"));
    let output = scratch.run("run packed.wasm");
    assert_success(&output);
    assert_eq!(stdout(&output), text);
}

#[test]
fn host_directories_are_there_only_if_asked_for() {
    let scratch = Scratch::with_tree();
    let output = scratch.run("run app.wasm");
    // BADF: there is no first preopen.
    assert_eq!(output.status.code(), Some(8));
    let output = scratch.run("run app.wasm --dir lib::/");
    assert_success(&output);
    assert_eq!(stdout(&output), "hello\n");
}

#[test]
fn a_program_may_wait_behind_the_end_of_a_file() {
    let scratch = Scratch::with_tree();
    scratch.write("app.wasm", &app::waits_behind_the_end());
    assert_success(&scratch.run("run app.wasm --dir lib::/"));
}

#[test]
fn unknown_values_are_errors_of_the_call() {
    let scratch = Scratch::with_tree();
    scratch.write("app.wasm", &app::gives_unknown_advice());
    let output = scratch.run("run app.wasm --dir lib::/");
    // INVAL.
    assert_eq!(output.status.code(), Some(28));
}

/// A time that preview 1 has no number for.
#[test]
fn files_of_the_host_may_be_older_than_1970() {
    let scratch = Scratch::with_tree();
    scratch.write("app.wasm", &app::looks_and_moves());
    set_mtime(&scratch.path("lib/hello.txt"), -1, 0);
    assert_success(&scratch.run("run app.wasm --dir lib::/"));
    assert_eq!(scratch.read("lib/moved"), b"hello\n");
}

#[test]
fn a_host_directory_that_is_missing_is_named() {
    let output = Scratch::with_tree().run("run app.wasm --dir none::/");
    assert_error(&output, &["`app.wasm`", "`none`"]);
}

#[test]
fn exit_codes_are_passed_on() {
    let scratch = scratch_with(&app::exits(42));
    assert_eq!(scratch.run("run app.wasm").status.code(), Some(42));
}

#[test]
fn a_trap_is_reported_with_its_own_exit_code() {
    let scratch = scratch_with(&app::traps());
    assert_failure(
        &scratch.run("run app.wasm"),
        134,
        &["trapped", "unreachable"],
    );
}

#[test]
fn other_exit_codes_are_named() {
    let scratch = scratch_with(&app::exits(200));
    let output = scratch.run("run app.wasm");
    assert_failure(&output, 134, &["exited with 200", "0 to 125"]);
    assert!(!stderr(&output).contains("trapped"));
}

/// The program truncates its own module, which `run` reads in place.
#[test]
fn a_changed_module_is_a_failure() {
    let scratch = Scratch::with_tree();
    scratch.write("app.wasm", &app::truncates_and_reads());
    assert_success(&scratch.run("pack app.wasm --dir lib::/lib -o packed.wasm"));
    let output = scratch.run("run packed.wasm --dir .::/host");
    assert_error(&output, &["`packed.wasm`", "changed while the program ran"]);
}

#[test]
fn arguments_follow_the_name_of_the_module() {
    let scratch = scratch_with(&app::echoes_arguments());
    for arguments in ["run ./app.wasm a --b -- c", "run app.wasm -- a --b -- c"] {
        let output = scratch.run(arguments);
        assert_success(&output);
        assert_eq!(stdout(&output), "app.wasm\0a\0--b\0--\0c\0", "{arguments}");
    }
}

#[test]
fn options_of_run_may_stand_after_the_module() {
    let scratch = scratch_with(&app::echoes_arguments());
    let output = scratch.run("run app.wasm --env A=b --dir .::/ x --env");
    assert_success(&output);
    assert_eq!(stdout(&output), "app.wasm\0x\0--env\0");
}

#[test]
fn imports_beyond_preview_1_are_named() {
    let module = r#"(module (import "env" "draw" (func)) (func (export "_start")))"#;
    let module = wat::parse_str(module).unwrap();
    let output = scratch_with(&module).run("run app.wasm");
    assert_error(&output, &["`env` `draw`", "engine"]);
}

#[test]
fn unknown_calls_of_preview_1_are_named() {
    let module = r#"(module (import "wasi_snapshot_preview1" "sock_open" (func))
        (func (export "_start")))"#;
    let module = wat::parse_str(module).unwrap();
    let output = scratch_with(&module).run("run app.wasm");
    assert_error(&output, &["`sock_open`", "not a call of preview 1"]);
}

#[test]
fn a_reactor_is_explained() {
    let module = wat::parse_str(REACTOR).unwrap();
    let output = scratch_with(&module).run("run app.wasm");
    assert_error(&output, &["reactor", "`--invoke EXPORT`", "`a`, `b`"]);
}

#[test]
fn a_component_is_explained() {
    let module = wat::parse_str("(component)").unwrap();
    assert_error(&scratch_with(&module).run("run app.wasm"), &["component"]);
}

#[test]
fn a_guest_path_has_one_host_directory() {
    let scratch = Scratch::with_tree();
    for second in ["/x", "x", "/x/"] {
        let output = scratch.run(&format!(
            "run app.wasm --dir lib::/x --dir lib/sub::{second}"
        ));
        let words = ["guest path /x is mapped twice", "`lib` and `lib/sub`"];
        assert_failure(&output, 2, &words);
    }
    // A packed directory may have the path, too.
    assert_success(&scratch.run("pack app.wasm --dir lib::/x -o packed.wasm"));
    assert_success(&scratch.run("run packed.wasm --dir lib::/x"));
}

/// Its functions print `i`, `a` and `b`; `c` exits with code 3.
const REACTOR: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write
      (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 100) "iab")
    (func $print (param $at i32)
      (i32.store (i32.const 8) (local.get $at))
      (i32.store (i32.const 12) (i32.const 1))
      (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 20))))
    (func (export "_initialize") (call $print (i32.const 100)))
    (func (export "a") (call $print (i32.const 101)))
    (func (export "b") (call $print (i32.const 102)))
    (func (export "c") (call $exit (i32.const 3))))"#;

#[test]
fn invoked_exports_run_in_order() {
    let scratch = scratch_with(&wat::parse_str(REACTOR).unwrap());
    let output = scratch.run("run app.wasm --invoke b --invoke a --invoke b");
    assert_success(&output);
    assert_eq!(stdout(&output), "ibab");
}

#[test]
fn an_exit_ends_the_invoked_exports() {
    let scratch = scratch_with(&wat::parse_str(REACTOR).unwrap());
    let output = scratch.run("run app.wasm --invoke a --invoke c --invoke b");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(stdout(&output), "ia");
}

#[test]
fn an_invoked_export_must_exist() {
    let scratch = scratch_with(&wat::parse_str(REACTOR).unwrap());
    let output = scratch.run("run app.wasm --invoke a --invoke none");
    assert_error(&output, &["`app.wasm`", "no export `none`", "`a`, `b`"]);
    assert_eq!(stdout(&output), "");
}

/// Writes 1,000 bytes and then 128 KiB by one call. Exits with the number of KiB written.
const WRITES_TWO_BUFFERS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 4)
    (data (i32.const 0) "\00\01\00\00\e8\03\00\00\00\01\00\00\00\00\02\00")
    (func (export "_start")
        (if (call $write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 16))
            (then (call $exit (i32.const 1))))
        (call $exit (i32.shr_u (i32.load (i32.const 16)) (i32.const 10)))))"#;

#[test]
#[cfg(unix)]
fn a_full_pipe_takes_a_part_of_the_bytes() {
    let scratch = scratch_with(&wat::parse_str(WRITES_TWO_BUFFERS).unwrap());
    let (mut reader, writer) = std::io::pipe().unwrap();
    rustix::fs::fcntl_setfl(&writer, rustix::fs::OFlags::NONBLOCK).unwrap();
    let mut command = scratch.command();
    let status = command.args(["run", "app.wasm"]).stdout(writer).status();
    drop(command);
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut bytes).unwrap();
    let written = status.unwrap().code().unwrap() as usize;
    assert!(written > 1, "{written}");
    assert_eq!(bytes.len() >> 10, written);
}
