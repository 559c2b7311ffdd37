//! A C program with a wasi-libc for WASI 0.2 reads packed files as those of a directory.

use tempfile::TempPath;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::component::{Engine, validate, wit};
use wasi_vfs_tests::guest;
use wasi_vfs_tests::tree::Tree;

fn tree() -> Tree {
    let tree = Tree::new();
    tree.file("hello.txt", "hello, world\nagain\n")
        .file(
            "big.bin",
            (0..100_000).map(|at| (at / 7) as u8).collect::<Vec<_>>(),
        )
        .file("dir/sub/c.txt", "c\n")
        .link("link", "hello.txt")
        .link("dir/loop", "loop")
        .directory("dir/empty")
        .set_times();
    tree
}

fn pack(tree: &Tree, options: &[&str]) -> TempPath {
    let pack = Pack::new(guest::c_component("libc_files")).dir(tree.path(), "/data");
    let pack = options
        .iter()
        .fold(pack, |pack, option| pack.option(option));
    let packed = pack.run();
    validate(&packed);
    packed
}

#[test]
fn libc_sees_a_packed_tree_as_a_directory() {
    let (tree, app) = (tree(), guest::c_component("libc_files"));
    assert!(wit(&app).contains("import wasi:filesystem/types@0.2."));
    let host = Engine::Wasmtime.run(&app, &[(tree.path(), "/data")], &[]);
    let host = host.expect_success();
    for options in [
        &["--memory", "separate"][..],
        &["--memory", "single"],
        &["--compress", "--block-size", "4K"],
        &["--no-host-files"],
    ] {
        let packed = pack(&tree, options);
        for engine in Engine::ALL {
            let said = engine.run(&packed, &[], &[]).expect_success();
            let differing = host.lines().zip(said.lines()).find(|(a, b)| a != b);
            assert_eq!(differing, None, "{engine:?} {options:?}");
            assert_eq!(said, host, "{engine:?} {options:?}");
        }
    }
}
