//! Behaviour of all commands.

use crate::scratch::*;
use std::process::{Output, Stdio};

#[test]
fn the_version_names_the_image_format() {
    let output = Scratch::empty().run("--version");
    assert_success(&output);
    let expected = concat!(
        "wasi-vfs ",
        env!("CARGO_PKG_VERSION"),
        " (image format 1)\n"
    );
    assert_eq!(stdout(&output), expected);
}

#[test]
fn standard_input_is_one_file() {
    let scratch = Scratch::packed();
    let output = scratch.run_on(&scratch.read("packed.wasm"), "diff - -");
    assert_failure(&output, 2, &["standard input", "only one"]);
}

#[test]
fn wrong_usage_has_exit_code_2() {
    let scratch = Scratch::empty();
    for arguments in [
        "unpack",
        "pack",
        "ls",
        "cat packed.wasm",
        "lib",
        "ls --no-such",
        "man no-such",
        "run app.wasm --env =value",
        "info packed.wasm --json --html -",
        "pack app.wasm --dir lib::/ --exclude [a -o out.wasm",
        "pack app.wasm --dir lib::/ --block-size 3K -o out.wasm",
    ] {
        assert_failure(&scratch.run(arguments), 2, &[]);
    }
}

#[test]
fn a_file_that_does_not_exist_is_named() {
    let scratch = Scratch::with_tree();
    for arguments in [
        "pack none.wasm --dir lib::/ -o out.wasm",
        "ls none.wasm",
        "cat none.wasm /a",
        "run none.wasm",
        "extract none.wasm -o out",
        "info none.wasm",
        "verify none.wasm",
        "dump none.wasm",
        "image --from none.wasm -o out.wvfs",
    ] {
        let output = scratch.run(arguments);
        assert_error(&output, &["`none.wasm`", "No such file"]);
    }
}

#[test]
fn files_that_are_no_module_are_rejected() {
    let scratch = Scratch::with_tree();
    scratch.write("text", b"hello, this is text\n");
    for arguments in [
        "pack text --dir lib::/ -o out.wasm",
        "ls text",
        "cat text /a",
        "run text",
        "extract text -o out",
        "info text",
        "verify text",
        "dump text",
    ] {
        assert_error(&scratch.run(arguments), &["`text`"]);
    }
}

#[test]
fn a_module_without_an_image_says_how_to_get_one() {
    let scratch = Scratch::with_tree();
    let output = scratch.run("ls app.wasm");
    assert_error(&output, &["`app.wasm`", "no image", "wasi-vfs pack"]);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let scratch = Scratch::packed();
    for arguments in [
        "ls -R packed.wasm",
        "ls --tree packed.wasm",
        "cat packed.wasm usr/lib/link",
        "info packed.wasm",
        "info --json packed.wasm",
        "dump packed.wasm",
        "verify packed.wasm",
        "completions bash",
        "man",
    ] {
        let output = run_unread(&scratch, arguments);
        assert_success(&output);
        assert_eq!(stderr(&output), "");
    }
}

/// Part of a module is useless.
#[test]
fn unread_output_is_an_error() {
    let scratch = Scratch::packed();
    for arguments in [
        "lib -o -",
        "pack app.wasm --dir lib::/lib -q -o -",
        "image --dir lib::/lib -q -o -",
        "pack app.wasm --dir lib::/lib -q -o /dev/stdout",
        "info --html - packed.wasm",
    ] {
        let output = run_unread(&scratch, arguments);
        assert_error(&output, &["cannot write", "its reader has gone"]);
    }
}

/// Runs the command with a closed standard output.
fn run_unread(scratch: &Scratch, arguments: &str) -> Output {
    let mut child = scratch
        .command()
        .args(arguments.split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.wait_with_output().unwrap()
}

#[test]
fn colour_needs_a_terminal_or_a_variable() {
    let scratch = Scratch::with_tree();
    let complaint = |variables: &[(&str, &str)]| {
        let mut command = scratch.command();
        command.args(["ls", "none"]).env_remove("NO_COLOR");
        command.envs(variables.iter().copied());
        stderr(&command.output().unwrap())
    };
    assert!(!complaint(&[]).contains('\x1b'));
    let forced = complaint(&[("CLICOLOR_FORCE", "1")]);
    assert!(
        forced.starts_with("\x1b[1m\x1b[31merror:\x1b[0m "),
        "{forced:?}"
    );
    let forbidden = complaint(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]);
    assert!(!forbidden.contains('\x1b'), "{forbidden:?}");
}

#[test]
fn closed_standard_error_is_no_error() {
    let scratch = Scratch::with_tree();
    let mut child = scratch
        .command()
        .args(["pack", "app.wasm", "--dir", "lib::/", "-o", "out.wasm"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
}
