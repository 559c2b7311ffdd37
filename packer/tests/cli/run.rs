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

/// A time that the interpreter has no number for.
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
fn a_reactor_is_explained() {
    let module = wat::parse_str(r#"(module (func (export "_initialize")))"#).unwrap();
    assert_error(&scratch_with(&module).run("run app.wasm"), &["reactor"]);
}

#[test]
fn a_component_is_explained() {
    let module = wat::parse_str("(component)").unwrap();
    assert_error(&scratch_with(&module).run("run app.wasm"), &["component"]);
}

#[test]
fn a_trace_lists_what_was_opened() {
    let scratch = Scratch::packed();
    let output = scratch.run("run --trace used.txt packed.wasm");
    assert_success(&output);
    assert_eq!(stdout(&output), "hello\n");
    let expected = "\
# wasi-vfs trace: opened, in order
/usr/lib/hello.txt
# looked at and not opened, in order
";
    assert_eq!(
        String::from_utf8(scratch.read("used.txt")).unwrap(),
        expected
    );
}

#[test]
fn a_trace_is_written_however_the_program_ends() {
    let scratch = Scratch::with_tree();
    // The program exits with the errno of what fails.
    assert_success(&scratch.run("pack app.wasm --dir lib/sub::/ -o packed.wasm"));
    let output = scratch.run("run --trace used.txt packed.wasm");
    assert_eq!(output.status.code(), Some(44), "{}", stderr(&output));
    assert!(!scratch.read("used.txt").is_empty());
    // Whether there is a trace, too.
    let output = scratch.run("run --trace /dev/full packed.wasm");
    assert_failure(&output, 44, &["/dev/full", "No space left"]);
}

#[test]
fn what_cannot_be_traced_leaves_no_trace() {
    let scratch = Scratch::with_tree();
    let output = scratch.run("run --trace used.txt app.wasm");
    assert_error(&output, &["`app.wasm`", "holds no image"]);
    assert!(!scratch.path("used.txt").exists());
}
