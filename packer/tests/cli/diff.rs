//! `wasi-vfs diff`

use crate::scratch::*;
use std::fs;

/// Two images of the tree, `old.wvfs` and, after `change`, `new.wvfs`.
fn two(change: impl FnOnce(&Scratch)) -> Scratch {
    let scratch = Scratch::with_tree();
    scratch.fix_times("lib");
    assert_success(&scratch.run("image --dir lib::/ -o old.wvfs"));
    change(&scratch);
    assert_success(&scratch.run("image --dir lib::/ --compress -o new.wvfs"));
    scratch
}

#[track_caller]
fn assert_differs(scratch: &Scratch, arguments: &str, expected: &str) {
    let output = scratch.run(arguments);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(stdout(&output), expected);
}

#[test]
fn storage_options_are_no_difference() {
    let scratch = two(|_| ());
    let output = scratch.run("diff old.wvfs new.wvfs");
    assert_success(&output);
    assert_eq!(stdout(&output), "");
}

#[test]
fn different_mounts_are_differences() {
    let scratch = Scratch::with_tree();
    for (image, dirs) in [
        ("whole", "--dir lib::/"),
        ("two", "--dir lib::/ --dir lib/sub::/sub"),
        ("other", "--dir lib::."),
    ] {
        assert_success(&scratch.run(&format!("image {dirs} -o {image}")));
    }
    assert_differs(&scratch, "diff whole two", "changed  /sub (mount)\n");
    assert_differs(&scratch, "diff whole other", "changed  / (mount)\n");
}

#[test]
fn mounts_in_another_order_differ() {
    let scratch = Scratch::with_tree();
    for (image, dirs) in [
        ("one", "--dir lib::/a --dir lib::/b --dir lib::/c"),
        ("other", "--dir lib::/b --dir lib::/a --dir lib::/c"),
        (
            "more",
            "--dir lib::/x --dir lib::/a --dir lib::/b --dir lib::/c",
        ),
    ] {
        assert_success(&scratch.run(&format!("image {dirs} -o {image}")));
    }
    assert_differs(
        &scratch,
        "diff one other",
        "changed  /a (mount order)\nchanged  /b (mount order)\n",
    );
    // Mounts in one image only do not change the order of the others.
    let output = scratch.run("diff one more");
    assert!(!stdout(&output).contains("changed"), "{}", stdout(&output));
}

#[test]
fn differences_are_printed_path_by_path() {
    let scratch = two(|scratch| {
        scratch.write("lib/added", b"added");
        scratch.write("lib/hello.txt", b"hallo\n");
        fs::rename(scratch.path("lib/run.sh"), scratch.path("lib/sub/walk.sh")).unwrap();
        fs::remove_file(scratch.path("lib/link")).unwrap();
        fs::remove_dir(scratch.path("lib/sub/empty")).unwrap();
        scratch.write("lib/sub/empty", b"");
        fs::remove_file(scratch.path("lib/sublink")).unwrap();
        scratch.link("elsewhere", "lib/sublink");
        set_executable(&scratch.path("lib/sub/copy.txt"));
    });
    let expected = "\
added    /added
removed  /link
changed  /hello.txt (content)
changed  /sub/copy.txt (executable)
changed  /sub/empty (kind)
changed  /sublink (target)
moved    /run.sh -> /sub/walk.sh
";
    assert_differs(&scratch, "diff old.wvfs new.wvfs", expected);
    assert_differs(&scratch, "diff -q old.wvfs new.wvfs", "");
    let output = scratch.run("diff --json old.wvfs new.wvfs");
    assert_eq!(output.status.code(), Some(1));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!({
        "added": ["/added"],
        "removed": ["/link"],
        "changed": [
            { "path": "/hello.txt", "what": ["content"] },
            { "path": "/sub/copy.txt", "what": ["executable"] },
            { "path": "/sub/empty", "what": ["kind"] },
            { "path": "/sublink", "what": ["target"] },
        ],
        "moved": [{ "from": "/run.sh", "to": "/sub/walk.sh" }],
    });
    assert_eq!(found, expected);
}

#[test]
fn times_count_if_asked_for() {
    let scratch = two(|scratch| set_mtime(&scratch.path("lib/hello.txt"), 7, 0));
    assert_success(&scratch.run("diff old.wvfs new.wvfs"));
    let expected = "changed  /hello.txt (time)\n";
    assert_differs(&scratch, "diff --times old.wvfs new.wvfs", expected);
}

#[test]
fn one_copy_more_is_added_and_not_moved() {
    let scratch = two(|scratch| scratch.write("lib/third", b"hello\n"));
    assert_differs(&scratch, "diff old.wvfs new.wvfs", "added    /third\n");
}

#[test]
fn empty_files_do_not_move() {
    let scratch = Scratch::with_tree();
    scratch.write("lib/one", b"");
    assert_success(&scratch.run("image --dir lib::/ -o old.wvfs"));
    fs::rename(scratch.path("lib/one"), scratch.path("lib/other")).unwrap();
    assert_success(&scratch.run("image --dir lib::/ -o new.wvfs"));
    let expected = "added    /other\nremoved  /one\n";
    assert_differs(&scratch, "diff old.wvfs new.wvfs", expected);
}

#[test]
fn trouble_has_exit_code_2() {
    let scratch = two(|_| ());
    assert_failure(&scratch.run("diff old.wvfs none"), 2, &["`none`"]);
    assert_failure(&scratch.run("diff old.wvfs"), 2, &[]);
}

#[test]
fn a_module_and_an_image_can_be_compared() {
    let scratch = Scratch::packed();
    assert_success(&scratch.run("image --from packed.wasm -o tree.wvfs"));
    assert_success(&scratch.run("diff packed.wasm tree.wvfs --times"));
}
