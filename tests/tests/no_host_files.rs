//! Components that were packed for hosts without files.

use std::fs;
use std::path::Path;
use tempfile::TempPath;
use wasi_vfs_tests::command::{Pack, wasi_vfs};
use wasi_vfs_tests::component::{self, Engine, validate, wit};
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::{Tree, sample};

/// A component with the adapter, and one that uses files of WASI 0.2 itself.
fn components(guest: &str) -> [TempPath; 2] {
    let module = guest::c(guest, Form::COMMAND);
    [component::of(&module), component::native(&module)]
}

fn pack(component: &Path, tree: &Tree) -> TempPath {
    let pack = Pack::new(component).dir(tree.path(), "/data");
    pack.option("--no-host-files").option("--compress").run()
}

/// The lines of WIT text without `wasi:filesystem` and its package.
fn without_files(wit: &str) -> Vec<&str> {
    let mut is_of_files = false;
    let mut kept = Vec::new();
    for line in wit.lines() {
        is_of_files |= line.starts_with("package wasi:filesystem@");
        if !is_of_files && !line.contains("import wasi:filesystem/") && !line.is_empty() {
            kept.push(line);
        }
        is_of_files &= line != "}";
    }
    kept
}

#[test]
fn world_loses_only_the_imports_of_files() {
    let tree = sample();
    for app in components("cat") {
        let packed = pack(&app, &tree);
        validate(&packed);
        let (old, new) = (wit(&app), wit(&packed));
        assert!(old.contains("wasi:filesystem/preopens"), "{old}");
        assert!(!new.contains("wasi:filesystem"), "{new}");
        assert_eq!(without_files(&new), without_files(&old));
    }
}

#[test]
fn program_reads_the_packed_tree_as_a_host_directory() {
    let tree = sample();
    for app in components("tree") {
        let host = Engine::Wasmtime.run(&app, &[(tree.path(), "/data")], &[]);
        let host = host.expect_success();
        let packed = pack(&app, &tree);
        for engine in Engine::ALL {
            let said = engine.run(&packed, &[], &[]).expect_success();
            assert_eq!(said, host, "{engine:?}");
        }
    }
}

#[test]
fn host_without_files_runs_the_component() {
    let tree = Tree::new();
    tree.file("one", "packed\n");
    for app in components("cat") {
        let args = ["/data/one"];
        let said = Engine::run_without_files(&pack(&app, &tree), &args);
        assert_eq!(said.expect_success(), "packed\n");
        // This host does reject an import of files.
        let packed = Pack::new(&*app).dir(tree.path(), "/data").run();
        let said = Engine::run_without_files(&packed, &args).expect_failure();
        assert!(said.contains("no-files.js"), "{said}");
    }
}

#[test]
fn page_without_files_runs_the_component() {
    let tree = Tree::new();
    tree.file("one", "packed\n");
    for app in components("cat") {
        let said = Engine::run_on_page(&pack(&app, &tree), &["/data/one"]);
        assert_eq!(said, "packed\nexit 0\n");
    }
    // This page does reject an import of files.
    let [_, app] = components("cat");
    let packed = Pack::new(&*app).dir(tree.path(), "/data").run();
    let said = Engine::run_on_page(&packed, &["/data/one"]);
    assert!(said.contains("preview2-shim/filesystem"), "{said}");
}

#[test]
fn host_directories_are_not_visible() {
    let (tree, host) = (sample(), Tree::new());
    host.file("two", "of the host\n");
    for app in components("cat") {
        let packed = pack(&app, &tree);
        let dirs = [(host.path(), "/host")];
        let said = Engine::Wasmtime.run(&packed, &dirs, &["/host/two"]);
        let said = said.expect_failure();
        assert!(!said.contains("of the host"), "{said}");
    }
}

#[test]
fn commands_read_the_component() {
    let tree = Tree::new();
    tree.file("dir/hello.txt", "hello\n").set_times();
    for app in components("cat") {
        let packed = pack(&app, &tree);
        let path = packed.to_str().unwrap();
        let command = |words: &[&str]| wasi_vfs(words).expect_success();
        assert_eq!(command(&["ls", path, "/data/dir"]), "hello.txt\n");
        assert_eq!(command(&["cat", path, "/data/dir/hello.txt"]), "hello\n");
        assert!(command(&["verify", path]).contains(": whole: "));
        assert!(command(&["dump", path]).starts_with("component: core module "));
        assert!(command(&["check", path]).contains(": "));
        assert_eq!(command(&["diff", path, path]), "");
        let info = command(&["info", path]);
        assert!(info.contains("without host files"), "{info}");
        assert!(!info.contains("wasi:filesystem"), "{info}");
        let info: serde_json::Value =
            serde_json::from_str(&command(&["info", "--json", path])).unwrap();
        assert_eq!(info["component"]["no_host_files"], true);
        let output = tempfile::tempdir().unwrap();
        let extracted = output.path().join("out");
        command(&["extract", path, "-o", extracted.to_str().unwrap()]);
        let hello = fs::read_to_string(extracted.join("data/dir/hello.txt"));
        assert_eq!(hello.unwrap(), "hello\n");
    }
}
