//! `wasi-vfs cat`

use crate::scratch::*;

#[test]
fn bytes_of_a_file_are_written() {
    let scratch = Scratch::packed();
    let output = scratch.run("cat packed.wasm /usr/lib/hello.txt");
    assert_success(&output);
    assert_eq!(output.stdout, b"hello\n");
}

#[test]
fn several_files_are_written_in_order() {
    let scratch = Scratch::packed();
    let output = scratch.run("cat packed.wasm usr/lib/run.sh usr/lib/hello.txt");
    assert_success(&output);
    assert_eq!(output.stdout, b"#!/bin/sh\nhello\n");
}

#[test]
fn links_are_followed_within_the_image() {
    let scratch = Scratch::packed();
    let output = scratch.run("cat packed.wasm usr/lib/link usr/lib/sublink/copy.txt");
    assert_success(&output);
    assert_eq!(output.stdout, b"hello\nhello\n");
}

#[test]
fn unreadable_files_do_not_stop_others() {
    let scratch = Scratch::packed();
    let output = scratch.run("cat packed.wasm none usr/lib usr/lib/hello.txt");
    let words = [
        "`none`: no such file",
        "`usr/lib`: it is a directory",
        "`usr/lib/**`",
    ];
    assert_failure(&output, 1, &words);
    assert_eq!(output.stdout, b"hello\n");
}

#[test]
fn compressed_files_are_decompressed() {
    let scratch = Scratch::with_tree();
    let text = "a line that occurs again and again\n".repeat(50_000);
    scratch.write("lib/long.txt", text.as_bytes());
    assert_success(&scratch.run("pack app.wasm --dir lib::/ --compress -o packed.wasm"));
    assert!(scratch.read("packed.wasm").len() < text.len() / 4);
    let output = scratch.run("cat packed.wasm long.txt");
    assert_success(&output);
    assert!(stdout(&output) == text);
}
