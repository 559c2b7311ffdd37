//! Inputs of `pack` other than directories, and the limit of the output.

use crate::scratch::*;
use std::fs;

/// Packs with `options` into `out.wvfs` and returns the messages.
#[track_caller]
fn image(scratch: &Scratch, options: &str) -> String {
    let output = scratch.run(&format!("image {options} -o out.wvfs"));
    assert_success(&output);
    stderr(&output)
}

fn cat(scratch: &Scratch, path: &str) -> String {
    let output = scratch.run(&format!("cat out.wvfs {path}"));
    assert_success(&output);
    stdout(&output)
}

fn listing(scratch: &Scratch) -> String {
    stdout(&scratch.run("ls -R out.wvfs"))
}

#[test]
fn single_files_are_mapped_with_their_directory() {
    let scratch = Scratch::with_tree();
    let said = image(
        &scratch,
        "--dir lib/run.sh::/bin/start --dir lib/link::name",
    );
    assert!(!said.contains("warning"), "{said}");
    assert_eq!(cat(&scratch, "/bin/start"), "#!/bin/sh\n");
    // A link that the user names is followed.
    assert_eq!(cat(&scratch, "/name"), "hello\n");
    let long = stdout(&scratch.run("ls -l out.wvfs /bin"));
    assert!(long.starts_with("-r-x "), "{long}");
    let info = stdout(&scratch.run("info --json out.wvfs"));
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["mounts"].as_array().map(Vec::len), Some(2), "{info}");
    assert_success(&scratch.run("verify out.wvfs"));
}

#[test]
fn programs_read_single_files() {
    let scratch = Scratch::with_tree();
    let pack = "pack app.wasm --dir lib/sub/copy.txt::/etc/hello.txt -o out.wasm";
    assert_success(&scratch.run(pack));
    assert_eq!(stdout(&scratch.run("run out.wasm")), "hello\n");
    let once = scratch.read("out.wasm");
    let again = "pack out.wasm --dir lib/sub/copy.txt::/etc/hello.txt -o again.wasm";
    let output = scratch.run(again);
    assert!(!stderr(&output).contains("warning"), "{}", stderr(&output));
    assert!(scratch.read("again.wasm") == once);
}

#[test]
fn mapped_files_replace_files_with_a_warning() {
    let scratch = Scratch::with_tree();
    let said = image(&scratch, "--dir lib::/a --dir lib/run.sh::/a/hello.txt");
    assert!(said.contains("hides them: /a/hello.txt\n"), "{said}");
    assert_eq!(cat(&scratch, "/a/hello.txt"), "#!/bin/sh\n");
    let said = image(&scratch, "--dir lib/run.sh::/a/new/x --dir lib::/a");
    assert!(!said.contains("warning"), "{said}");
    assert!(listing(&scratch).contains("/a/new:\nx\n"));
}

#[test]
fn a_file_needs_a_path_of_its_own() {
    let scratch = Scratch::with_tree();
    for (options, words) in [
        (
            "--dir lib/run.sh::/",
            ["`lib/run.sh` is a file", "as /run.sh"],
        ),
        (
            "--dir lib/run.sh::/a --dir lib::/a/b",
            ["`lib/run.sh` is a file", "as /a/run.sh"],
        ),
        ("--dir lib/run.sh::/a --dir lib::/a", ["mapped twice", "/a"]),
    ] {
        let output = scratch.run(&format!("image {options} -o out.wvfs"));
        let said = stderr(&output);
        assert_ne!(output.status.code(), Some(0), "{options}");
        for word in words {
            assert!(said.contains(word), "no {word:?} in {said}");
        }
    }
    assert!(!scratch.path("out.wvfs").exists());
}

#[test]
fn unions_keep_the_later_files() {
    let scratch = Scratch::with_tree();
    fs::create_dir_all(scratch.path("other/sub")).unwrap();
    scratch.write("other/hello.txt", b"later\n");
    scratch.write("other/sub/new.txt", b"new\n");
    let dirs = "--dir lib::/a --dir other::/a";
    assert_failure(
        &scratch.run(&format!("image {dirs} -o out.wvfs")),
        2,
        &["twice"],
    );
    let said = image(
        &scratch,
        &format!("--union {dirs} --dir lib/run.sh::/a/sub/run.sh"),
    );
    assert!(!said.contains("warning"), "{said}");
    assert!(said.contains(", 1 file hidden by later inputs, "), "{said}");
    assert_eq!(cat(&scratch, "/a/hello.txt"), "later\n");
    let sub = stdout(&scratch.run("ls out.wvfs /a/sub"));
    assert_eq!(sub, "copy.txt\nempty\nnew.txt\nrun.sh\n");
    // The inner input is the later one.
    let said = image(&scratch, "--union --dir lib::/a/sub --dir other::/a");
    assert!(
        said.contains(" 0 files hidden") || !said.contains("hidden"),
        "{said}"
    );
    let sub = stdout(&scratch.run("ls out.wvfs /a/sub"));
    assert_eq!(sub, "hello.txt\nlink\nnew.txt\nrun.sh\nsub\nsublink\n");
}

#[test]
fn unions_include_images_and_packed_modules() {
    let scratch = Scratch::packed();
    fs::create_dir_all(scratch.path("other")).unwrap();
    scratch.write("other/hello.txt", b"later\n");
    let output = scratch.run("pack packed.wasm --dir other::/usr/lib --union -o out.wasm");
    assert!(
        stderr(&output).contains("1 file hidden"),
        "{}",
        stderr(&output)
    );
    let listed = stdout(&scratch.run("ls out.wasm /usr/lib"));
    assert_eq!(listed, "hello.txt\nlink\nrun.sh\nsub\nsublink\n");
    assert_eq!(stdout(&scratch.run("run out.wasm")), "later\n");
}

#[test]
fn links_that_leave_the_tree_are_replaced_on_request() {
    let scratch = Scratch::with_tree();
    fs::create_dir_all(scratch.path("store/pkg")).unwrap();
    scratch.write("store/pkg/index.js", b"code\n");
    scratch.link("index.js", "store/pkg/main.js");
    scratch.link("../store/pkg", "lib/pkg");
    scratch.link("../store/pkg/index.js", "lib/code.js");
    scratch.link("../nowhere", "lib/dangling");
    let said = image(&scratch, "--dir lib::/lib");
    assert!(said.contains("3 symbolic links"), "{said}");
    let said = image(&scratch, "--dir lib::/lib --dereference");
    assert!(
        said.contains("1 symbolic link, such as `/lib/dangling`"),
        "{said}"
    );
    assert_eq!(cat(&scratch, "/lib/pkg/main.js"), "code\n");
    assert_eq!(cat(&scratch, "/lib/code.js"), "code\n");
    let long = stdout(&scratch.run("ls -l out.wvfs /lib"));
    for link in [
        "link -> hello.txt",
        "sublink -> sub",
        "dangling -> ../nowhere",
    ] {
        assert!(long.contains(link), "{long}");
    }
    assert!(!long.contains("code.js ->"), "{long}");
}

#[test]
fn a_link_to_a_directory_that_holds_it_is_named() {
    let scratch = Scratch::with_tree();
    scratch.link("..", "lib/sub/up");
    let inside = scratch.run("image --dir lib::/ --dereference -o out.wvfs");
    assert_success(&inside);
    let output = scratch.run("image --dir lib/sub::/ --dereference -o out.wvfs");
    assert_error(&output, &["`lib/sub/up`", "holds the link", "exclude"]);
    let pack = "image --dir lib/sub::/ --dereference --exclude up -o out.wvfs";
    assert_success(&scratch.run(pack));
}

#[test]
fn loops_between_followed_directories_end() {
    let scratch = Scratch::empty();
    for name in ["tree", "x", "y"] {
        fs::create_dir(scratch.path(name)).unwrap();
    }
    scratch.link("../x", "tree/x");
    scratch.link("../y", "x/y");
    scratch.link("../x", "y/x");
    let output = scratch.run("image --dir tree::/ --dereference -o out.wvfs");
    assert_error(&output, &["holds the link", "exclude"]);
}

#[test]
fn outputs_above_the_limit_are_not_written() {
    let scratch = Scratch::with_tree();
    let pack = "pack app.wasm --dir lib::/ -o out.wasm --max-size";
    let output = scratch.run(&format!("{pack} 1K"));
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("`out.wasm`") && said.contains("(1024 bytes)"),
        "{said}"
    );
    assert!(!scratch.path("out.wasm").exists());
    assert_success(&scratch.run("pack app.wasm --dir lib::/ -o out.wasm"));
    let len = scratch.read("out.wasm").len();
    assert!(said.contains(&format!("({len} bytes)")), "{said}");
    assert_success(&scratch.run(&format!("{pack} {len}")));
    let output = scratch.run(&format!("{pack} {}", len - 1));
    assert_eq!(output.status.code(), Some(1));
    assert_failure(&scratch.run(&format!("{pack} large")), 2, &["1.5MB"]);
}

#[test]
fn the_level_has_two_spellings() {
    let scratch = Scratch::with_tree();
    scratch.write("lib/long.txt", LINE.repeat(400).as_bytes());
    scratch.fix_times("lib");
    let pack = |options: &str| {
        image(&scratch, &format!("--dir lib::/ {options}"));
        scratch.read("out.wvfs")
    };
    assert!(pack("--compress=3") == pack("--level 3"));
    assert!(pack("--compress=3") == pack("--compress --level 3"));
    assert!(pack("--compress") == pack("--level 19"));
    for (options, word) in [
        ("--compress=3 --level 4", "once"),
        ("--level 0", "from 1 to 22"),
        ("--level 3 --no-compress", "--no-compress"),
    ] {
        let output = scratch.run(&format!("image --dir lib::/ {options} -o out.wvfs"));
        assert_failure(&output, 2, &[word]);
    }
}
