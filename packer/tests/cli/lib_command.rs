//! `wasi-vfs lib`

use crate::scratch::*;

#[test]
fn the_library_is_an_archive() {
    let scratch = Scratch::empty();
    assert_success(&scratch.run("lib -o libwasi_vfs.a"));
    assert!(scratch.read("libwasi_vfs.a").starts_with(b"!<arch>\n"));
}

#[test]
fn the_library_can_go_to_standard_output() {
    let scratch = Scratch::empty();
    let output = scratch.run("lib -o -");
    assert_success(&output);
    assert!(output.stdout.starts_with(b"!<arch>\n"));
    assert!(scratch.names().is_empty());
}

#[test]
fn the_library_for_writable_directories_is_another() {
    let scratch = Scratch::empty();
    assert_success(&scratch.run("lib -o small.a"));
    assert_success(&scratch.run("lib --writable -o large.a"));
    let (small, large) = (scratch.read("small.a"), scratch.read("large.a"));
    assert!(large.starts_with(b"!<arch>\n"));
    assert!(large.len() > small.len());
}
