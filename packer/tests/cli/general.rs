//! What holds for the command as a whole.

use crate::scratch::*;
use std::process::Stdio;

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
fn wrong_usage_has_exit_code_2() {
    let scratch = Scratch::empty();
    for arguments in [
        "unpack",
        "pack",
        "ls",
        "cat packed.wasm",
        "lib",
        "ls --no-such",
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
    ] {
        let output = scratch.run(arguments);
        assert_error(&output, &["`none.wasm`", "No such file"]);
    }
}

#[test]
fn a_file_that_is_no_module_is_refused() {
    let scratch = Scratch::with_tree();
    scratch.write("text", b"hello, this is text\n");
    for arguments in [
        "pack text --dir lib::/ -o out.wasm",
        "ls text",
        "cat text /a",
        "run text",
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
        &["ls", "-R", "packed.wasm"][..],
        &["cat", "packed.wasm", "usr/lib/link"],
    ] {
        let mut child = scratch
            .command()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_success(&output);
        assert_eq!(stderr(&output), "");
    }
}
