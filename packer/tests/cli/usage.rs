//! Mistakes of users, and the messages that help.

use crate::scratch::*;

/// `pack app.wasm`, with `arguments` and an output.
fn pack(arguments: &str) -> std::process::Output {
    let scratch = Scratch::with_tree();
    scratch.run(&format!("pack app.wasm {arguments} -o out.wasm"))
}

#[test]
fn level_behind_a_space_is_explained() {
    let scratch = Scratch::with_tree();
    for arguments in [
        "pack --compress 9 app.wasm --dir lib::/ -o out.wasm",
        "pack app.wasm --dir lib::/ --compress 9 -o out.wasm",
    ] {
        assert_failure(&scratch.run(arguments), 2, &["`--level 9`"]);
    }
}

#[test]
fn level_instead_of_a_module_is_explained() {
    let scratch = Scratch::with_tree();
    for arguments in [
        "pack --compress 9 -o out.wasm",
        "pack --compress 9 --dir lib::/ -o out.wasm",
    ] {
        let output = scratch.run(arguments);
        assert_failure(&output, 2, &["no module `9`", "`--level 9`"]);
        assert!(!scratch.path("out.wasm").exists());
    }
    // A module may have this name.
    scratch.write("9", &scratch.read("app.wasm"));
    assert_success(&scratch.run("pack --compress 9 --dir lib::/ -o out.wasm"));
}

#[test]
fn levels_out_of_range_name_the_range() {
    for level in ["0", "23", "abc", "-1", "99999999999"] {
        let output = pack(&format!("--dir lib::/ --compress={level}"));
        assert_failure(&output, 2, &["a level from 1 to 22"]);
    }
}

#[test]
fn block_size_errors_have_the_unit_of_the_user() {
    let output = pack("--dir lib::/ --block-size 100K");
    assert_failure(&output, 2, &["'100K'", "a power of two from 4K to 1M"]);
    assert!(!stderr(&output).contains("102400"), "{}", stderr(&output));
}

#[test]
fn mapping_with_one_colon_is_corrected() {
    let output = pack("--dir ./lib:/lib");
    assert_failure(&output, 2, &["did you mean `./lib::/lib`?"]);
    let output = pack("--mapdir /lib:./lib");
    assert_failure(&output, 2, &["did you mean `/lib::./lib`?"]);
    let output = Scratch::packed().run("run --dir ./lib:/lib packed.wasm");
    assert_failure(&output, 2, &["did you mean `./lib::/lib`?"]);
}

#[test]
fn misspelt_option_names_the_similar_one() {
    let output = pack("--dri lib::/");
    assert_failure(&output, 2, &["'--dri'", "similar argument exists: '--dir'"]);
    assert!(!stderr(&output).contains("-- --dri"), "{}", stderr(&output));
    let output = Scratch::packed().run("ls --jsno packed.wasm");
    assert_failure(&output, 2, &["similar argument exists: '--json'"]);
}

#[test]
fn image_without_files_names_its_file() {
    let scratch = Scratch::with_tree();
    scratch.write("other.wasm", &scratch.read("app.wasm"));
    let output = scratch.run("pack app.wasm --from other.wasm -o out.wasm");
    let words = ["files of `other.wasm`", "holds no image", "wasi-vfs pack"];
    assert_error(&output, &words);
}

#[test]
fn image_as_an_option_leads_to_from_and_image() {
    let scratch = Scratch::with_tree();
    for arguments in [
        "pack app.wasm --image tree.wvfs",
        "pack --image tree.wvfs --dir lib::/ app.wasm",
    ] {
        assert_failure(
            &scratch.run(arguments),
            2,
            &["use `--from FILE`", "use `wasi-vfs image`"],
        );
    }
}

#[test]
fn commands_that_cannot_work_have_exit_code_2() {
    let scratch = Scratch::packed();
    for arguments in [
        "pack app.wasm -o out.wasm",
        "pack app.wasm --dir lib::/ --exclude [ -o out.wasm",
        "pack app.wasm --dir lib::/a --dir lib::/a -o out.wasm",
        "pack packed.wasm --exclude x -o out.wasm",
        "ls packed.wasm [",
        "cat packed.wasm [",
        "extract packed.wasm -o out [",
        "completions tcsh",
        "man none",
        "info packed.wasm --json --html -",
        "pack app.wasm --dir lib::/ --compress=3 --level 3 -o out.wasm",
    ] {
        assert_failure(&scratch.run(arguments), 2, &[]);
    }
}

#[test]
fn dangling_link_names_its_target() {
    let scratch = Scratch::with_tree();
    scratch.link("/none/target", "lib/dangling");
    assert_success(&scratch.run("image --dir lib::/ -o tree.wvfs -q"));
    for path in ["dangling", "dang*"] {
        let output = scratch.run(&format!("cat tree.wvfs {path}"));
        let words = [
            "dangling`",
            "a link to `/none/target`, which is not in the image",
        ];
        assert_error(&output, &words);
    }
    let output = scratch.run("cat tree.wvfs none");
    assert_error(&output, &["`none`", "no such file or directory"]);
}

#[test]
fn pattern_chooses_files_for_cat() {
    let scratch = Scratch::packed();
    let output = scratch.run("cat packed.wasm /usr/lib/*");
    assert_success(&output);
    // `hello.txt`, the link to it, and `run.sh`.
    assert_eq!(stdout(&output), "hello\nhello\n#!/bin/sh\n");
    let output = scratch.run("cat packed.wasm /usr/* /usr/lib/hello.txt");
    assert_error(
        &output,
        &["`/usr/*` matches directories only", "`/usr/*/**`"],
    );
    assert_eq!(stdout(&output), "hello\n");
}

#[test]
fn second_extraction_names_the_directory() {
    let scratch = Scratch::packed();
    assert_success(&scratch.run("extract packed.wasm -o out"));
    let output = scratch.run("extract packed.wasm -o out");
    assert_error(&output, &["into `out`", "exists already", "--force"]);
}

#[test]
fn text_file_is_neither_module_nor_image() {
    let scratch = Scratch::empty();
    scratch.write("text.txt", b"hello, this is text\n");
    scratch.write("empty", b"");
    for command in ["ls", "info", "verify", "dump", "extract -o out"] {
        let output = scratch.run(&format!("{command} text.txt"));
        assert_error(
            &output,
            &["`text.txt`", "neither a WebAssembly module nor an image"],
        );
    }
    assert_error(&scratch.run("ls empty"), &["an empty file"]);
}
