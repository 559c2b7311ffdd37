//! A writable directory that is full: a call without space changes nothing, and removed
//! files give their space back.

use tempfile::TempPath;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::Binding;
use wasi_vfs_tests::tree::{Tree, bytes};

/// The calls by which `full_storage.c` fills the directory.
const CALLS: [&str; 8] = [
    "create", "mkdir", "symlink", "link", "write", "append", "sparse", "allocate",
];

/// The stack is a part of the memory that an engine allows.
const SMALL_STACK: &str = "-Wl,-z,stack-size=65536";

fn packed(binding: Binding, limit: &str) -> TempPath {
    let tree = Tree::new();
    tree.directory("new");
    for number in 0..10 {
        tree.file(&format!("old/file-{number}"), bytes(9000, number));
    }
    tree.set_times();
    binding
        .pack_writable_with("full_storage", &[SMALL_STACK])
        .dir(tree.path(), "/data")
        .option("--compress")
        .option("--writable=/data")
        .option(&format!("--writable-limit={limit}"))
        .run()
}

fn expected() -> String {
    CALLS
        .map(|call| format!("{call}: full and free again\n"))
        .concat()
}

fn loses_nothing(binding: Binding, limit: &str, engines: &[Engine]) {
    let packed = packed(binding, limit);
    for engine in engines {
        let found = engine.module(&packed).stdout();
        assert_eq!(found, expected(), "{binding:?}, {limit}, {engine:?}");
    }
}

#[test]
fn a_full_directory_loses_nothing() {
    for binding in Binding::ALL {
        loses_nothing(binding, "64K", &[Engine::Wasmtime, Engine::Node]);
        loses_nothing(binding, "200K", &[Engine::Wasmtime]);
    }
}

#[test]
fn a_full_directory_under_run_loses_nothing() {
    loses_nothing(Binding::SEPARATE, "64K", &[Engine::WasiVfs]);
}

/// The engine refuses memory long before the limit. With fewer pages, the packed file that the
/// program changes cannot be read.
#[test]
fn memory_that_the_engine_refuses_is_no_space() {
    // A linked program has one memory with the layer, and runs out of it itself.
    for binding in Binding::ALL
        .into_iter()
        .filter(|binding| !binding.form.linked)
    {
        let packed = packed(binding, "1G");
        for pages in [8, 24] {
            let run = Engine::Wasmtime.module(&packed).growth(pages);
            assert_eq!(run.stdout(), expected(), "{binding:?}, {pages} pages");
        }
    }
}
