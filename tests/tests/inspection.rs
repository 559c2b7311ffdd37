//! `ls`, `cat` and `run` on packed modules of every form.

use std::fs;
use tempfile::TempPath;
use wasi_vfs_tests::command::{Pack, wasi_vfs};
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::{self, Tree};

fn packed_sample(form: Form) -> (Tree, TempPath) {
    let tree = tree::sample();
    let guest = guest::c("tree", form);
    let packed = Pack::new(guest)
        .dir(tree.path(), "/data")
        .option("--compress")
        .run();
    (tree, packed)
}

fn ls(packed: &TempPath, args: &[&str]) -> String {
    let module = packed.to_str().expect("UTF-8");
    wasi_vfs([&["ls", module], args].concat()).expect_success()
}

#[test]
fn ls_lists_a_directory_sorted() {
    for form in Form::ALL {
        let (_, packed) = packed_sample(form);
        let listed: Vec<_> = ls(&packed, &["/data/dir"])
            .lines()
            .map(str::to_owned)
            .collect();
        assert_eq!(listed, ["a.txt", "b.txt", "link-up", "sub"], "{form:?}");
    }
}

#[test]
fn ls_recursive_lists_every_path() {
    let (tree, packed) = packed_sample(Form::COMMAND);
    let listed = ls(&packed, &["-R", "/data"]);
    for name in [
        "hello.txt",
        "empty-dir",
        "file-299",
        "leaf",
        "ünï.txt",
        "link-dangling",
    ] {
        assert!(listed.contains(name), "no {name} in\n{listed}");
    }
    assert!(tree.path().join("many/file-299").exists());
}

#[test]
fn ls_long_shows_size_link_and_executable_bit() {
    let (_, packed) = packed_sample(Form::COMMAND);
    let listed = ls(&packed, &["-l", "/data"]);
    let line = |name: &str| {
        listed
            .lines()
            .find(|line| line.split_whitespace().any(|word| word == name))
            .unwrap_or_else(|| panic!("no {name} in\n{listed}"))
    };
    assert!(line("hello.txt").contains("13"), "{listed}");
    assert!(line("link-relative").contains("-> dir/a.txt"), "{listed}");
    assert!(
        line("run.sh")
            .split_whitespace()
            .next()
            .unwrap()
            .contains('x'),
        "{listed}"
    );
    assert!(
        !line("hello.txt")
            .split_whitespace()
            .next()
            .unwrap()
            .contains('x'),
        "{listed}"
    );
}

#[test]
fn ls_json_is_json() {
    for form in Form::ALL {
        let (_, packed) = packed_sample(form);
        let listed = ls(&packed, &["-R", "--json", "/data"]);
        // One document, or one a line.
        for document in serde_json::Deserializer::from_str(&listed).into_iter() {
            let document: serde_json::Value = document.expect("JSON");
            assert!(document.is_object() || document.is_array());
        }
        assert!(
            listed.contains("hello.txt") && listed.contains("1000000"),
            "{listed}"
        );
    }
}

#[test]
fn ls_names_a_missing_path() {
    let (_, packed) = packed_sample(Form::COMMAND);
    let complaint = wasi_vfs(["ls", packed.to_str().unwrap(), "/data/missing"]).expect_failure();
    assert!(complaint.contains("/data/missing"), "{complaint}");
}

#[test]
fn ls_of_an_unpacked_module_is_an_error() {
    let guest = guest::c("tree", Form::COMMAND);
    let complaint = wasi_vfs(["ls".as_ref(), guest.as_os_str()]).expect_failure();
    assert!(complaint.contains("image"), "{complaint}");
}

#[test]
fn cat_prints_the_original_bytes() {
    for form in Form::ALL {
        let (tree, packed) = packed_sample(form);
        for path in [
            "hello.txt",
            "empty",
            "big.bin",
            "日本/ünï.txt",
            "same/2.bin",
            "link-relative",
        ] {
            let expected = fs::read(tree.path().join(path)).unwrap();
            let guest_path = format!("/data/{path}");
            let found = wasi_vfs(["cat", packed.to_str().unwrap(), &guest_path]).expect_success();
            assert!(found.into_bytes() == expected, "{path} differs, {form:?}");
        }
    }
}

#[test]
fn cat_of_a_directory_is_an_error() {
    let (_, packed) = packed_sample(Form::COMMAND);
    let complaint = wasi_vfs(["cat", packed.to_str().unwrap(), "/data/dir"]).expect_failure();
    assert!(complaint.contains("/data/dir"), "{complaint}");
}

#[test]
fn wrong_arguments_are_explained() {
    for args in [
        &["pack", "/no/such.wasm", "--dir", "nonsense", "-o", "/tmp/x"][..],
        &["ls", "/no/such.wasm"],
        &["cat", "/no/such.wasm", "/x"],
        &["run", "/no/such.wasm"],
        &["frobnicate"],
    ] {
        let complaint = wasi_vfs(args).expect_failure();
        assert!(!complaint.contains("panicked"), "{args:?}: {complaint}");
        assert!(!complaint.trim().is_empty(), "{args:?}");
    }
}

#[test]
fn trace_lists_the_opened_files() {
    // A reactor cannot be run.
    for form in Form::ALL.into_iter().filter(|form| !form.reactor) {
        let tree = tree::sample();
        let guest = guest::c("cat", form);
        let packed = Pack::new(guest).dir(tree.path(), "/data").run();
        let trace = tempfile::NamedTempFile::new().unwrap();
        let said = wasi_vfs([
            "run",
            "--trace",
            trace.path().to_str().unwrap(),
            packed.to_str().unwrap(),
            "--",
            "/data/dir/b.txt",
            "/data/hello.txt",
        ]);
        said.expect_success();
        let traced = fs::read_to_string(trace.path()).unwrap();
        let opened = traced.lines().filter(|line| !line.starts_with('#'));
        let expected = ["/data/dir/b.txt", "/data/hello.txt"];
        assert_eq!(opened.collect::<Vec<_>>(), expected, "{form:?}");
    }
}
