//! Components that use files of WASI 0.2 themselves: a runtime is wired into them.

use std::path::Path;
use tempfile::TempPath;
use wasi_vfs_tests::command::{Pack, wasi_vfs};
use wasi_vfs_tests::component::{self, Engine, validate, wit};
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::{Tree, sample};

fn component(guest: &str) -> TempPath {
    component::native(&guest::c(guest, Form::COMMAND))
}

fn pack(component: &Path, tree: &Tree) -> TempPath {
    let pack = Pack::new(component).dir(tree.path(), "/data");
    pack.option("--compress").run()
}

#[test]
fn wired_component_has_the_same_world() {
    let (app, tree) = (component("cat"), sample());
    let packed = pack(&app, &tree);
    validate(&packed);
    assert_eq!(wit(&packed), wit(&app));
    let info = wasi_vfs(["info", packed.to_str().unwrap()]).expect_success();
    assert!(info.contains("wired, separate memory"), "{info}");
}

#[test]
fn packed_and_host_directories_are_read_side_by_side() {
    let (app, tree, host) = (component("cat"), Tree::new(), Tree::new());
    tree.file("one", "packed\n");
    host.file("two", "of the host\n");
    let packed = pack(&app, &tree);
    for engine in Engine::ALL {
        let dirs = [(host.path(), "/host")];
        let said = engine.run(&packed, &dirs, &["/data/one", "/host/two", "/data/one"]);
        let said = said.expect_success();
        assert_eq!(said, "packed\nof the host\npacked\n", "{engine:?}");
    }
}

/// Program and runtime grow one memory in turn.
#[test]
fn memory_that_program_and_runtime_grow_keeps_its_bytes() {
    let (app, tree) = (component("memory_shared"), sample());
    let pack = Pack::new(&*app).dir(tree.path(), "/data");
    let packed = pack.option("--memory").option("single").run();
    validate(&packed);
    assert_eq!(wit(&packed), wit(&app));
    let engines = [
        Engine::WasmtimeOneMemory,
        Engine::JcoOneMemory,
        Engine::Node20,
    ];
    for engine in engines {
        let said = engine.run(&packed, &[], &[]).expect_success();
        assert!(said.starts_with("24 rounds, "), "{engine:?}: {said}");
    }
}

#[test]
fn packing_again_adds_the_second_tree() {
    component::check_packing_again(&component("cat"));
}

#[test]
fn commands_read_a_wired_component() {
    let (app, tree) = (component("cat"), Tree::new());
    tree.file("dir/hello.txt", "hello\n").set_times();
    let packed = pack(&app, &tree);
    let path = packed.to_str().unwrap();
    let command = |words: &[&str]| wasi_vfs(words).expect_success();
    assert_eq!(command(&["ls", path, "/data/dir"]), "hello.txt\n");
    assert_eq!(command(&["cat", path, "/data/dir/hello.txt"]), "hello\n");
    assert!(command(&["verify", path]).contains(": whole: "));
    let info: serde_json::Value =
        serde_json::from_str(&command(&["info", "--json", path])).unwrap();
    assert_eq!(info["component"]["mechanism"], "wired");
    let check: serde_json::Value =
        serde_json::from_str(&command(&["check", "--json", app.to_str().unwrap()])).unwrap();
    assert_eq!(check["form"], "wired");
    assert_eq!(check["engines"][0], "wasmtime");
}
