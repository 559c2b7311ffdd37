//! Components that the adapter from preview 1 made, packed in place.

use std::fs;
use std::path::Path;
use tempfile::TempPath;
use wasi_vfs_tests::command::{Pack, wasi_vfs};
use wasi_vfs_tests::component::{self, Engine, validate, wit};
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::{Tree, sample};

const MEMORIES: [&str; 2] = ["separate", "single"];

fn component(guest: &str) -> TempPath {
    component::of(&guest::c(guest, Form::COMMAND))
}

fn pack(component: &Path, tree: &Tree, memory: &str) -> TempPath {
    let pack = Pack::new(component).dir(tree.path(), "/data");
    pack.option("--compress")
        .option("--memory")
        .option(memory)
        .run()
}

#[test]
fn packed_component_has_the_same_world() {
    let (app, tree) = (component("cat"), sample());
    for memory in MEMORIES {
        let packed = pack(&app, &tree, memory);
        validate(&packed);
        assert_eq!(wit(&packed), wit(&app), "{memory}");
    }
}

#[test]
fn packed_and_host_directories_are_read_side_by_side() {
    let (app, tree, host) = (component("cat"), Tree::new(), Tree::new());
    tree.file("one", "packed\n");
    host.file("two", "of the host\n");
    for memory in MEMORIES {
        let packed = pack(&app, &tree, memory);
        for engine in Engine::ALL {
            let dirs = [(host.path(), "/host")];
            let said = engine.run(&packed, &dirs, &["/data/one", "/host/two"]);
            assert_eq!(said.expect_success(), "packed\nof the host\n", "{engine:?}");
        }
    }
}

/// The adapter grows the memory of the program for its own state.
#[test]
fn memory_that_program_and_adapter_grow_keeps_its_bytes() {
    let (app, tree) = (component("memory_shared"), sample());
    for memory in MEMORIES {
        let packed = pack(&app, &tree, memory);
        for engine in Engine::ALL {
            let said = engine.run(&packed, &[], &[]).expect_success();
            assert!(
                said.starts_with("24 rounds, "),
                "{engine:?} {memory}: {said}"
            );
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }
}

#[test]
fn packing_again_adds_the_second_tree() {
    component::check_packing_again(&component("cat"));
}

#[test]
fn commands_read_a_packed_component() {
    let (app, tree) = (component("cat"), Tree::new());
    tree.file("dir/hello.txt", "hello\n").set_times();
    let packed = pack(&app, &tree, "separate");
    let path = packed.to_str().unwrap();
    let command = |words: &[&str]| wasi_vfs(words).expect_success();
    assert_eq!(command(&["ls", path, "/data/dir"]), "hello.txt\n");
    assert_eq!(command(&["cat", path, "/data/dir/hello.txt"]), "hello\n");
    assert!(command(&["verify", path]).contains(": whole: "));
    assert!(command(&["dump", path]).starts_with("component: core module 0 "));
    let text = command(&["info", path]);
    assert!(text.contains("made with the preview 1 adapter"), "{text}");
    assert!(text.contains("wasi:filesystem@0.2."), "{text}");
    let info: serde_json::Value =
        serde_json::from_str(&command(&["info", "--json", path])).unwrap();
    assert_eq!(info["component"]["kind"], "adapter");
    assert_eq!(command(&["diff", path, path]), "");
    let output = tempfile::tempdir().unwrap();
    let extracted = output.path().join("out");
    command(&["extract", path, "-o", extracted.to_str().unwrap()]);
    let hello = fs::read_to_string(extracted.join("data/dir/hello.txt"));
    assert_eq!(hello.unwrap(), "hello\n");
}

#[test]
fn run_and_trace_the_program_of_a_component() {
    let (app, tree) = (component("cat"), Tree::new());
    tree.file("hello.txt", "hello\n")
        .file("other.txt", "other\n");
    let packed = pack(&app, &tree, "separate");
    let output = tempfile::tempdir().unwrap();
    let trace = output.path().join("used");
    let words = [
        "run",
        "--trace",
        trace.to_str().unwrap(),
        packed.to_str().unwrap(),
    ];
    let said = wasi_vfs([&words[..], &["--", "/data/hello.txt"]].concat());
    assert_eq!(said.expect_success(), "hello\n");
    let used = fs::read_to_string(trace).unwrap();
    assert!(
        used.contains("/data/hello.txt") && !used.contains("other"),
        "{used}"
    );
}

#[test]
fn check_names_the_engines_of_components() {
    let app = component("cat");
    let said = wasi_vfs(["check", app.to_str().unwrap()]).expect_success();
    for words in [
        ": can be packed\n",
        "wasi:cli@0.2.",
        "component model",
        "jco",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let none = component("no_files");
    let said = wasi_vfs(["check", none.to_str().unwrap()]);
    assert_eq!(said.status, 1);
    assert!(said.stdout.contains("opens no files"), "{}", said.stdout);
}
