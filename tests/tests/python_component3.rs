//! A component of componentize-py that uses files of WASI 0.3 itself, while its CPython uses
//! those of 0.2. Both see one packed tree.

use std::fs;
use std::sync::LazyLock;
use tempfile::TempPath;
use wasi_vfs_tests::command::{Pack, wasi_vfs};
use wasi_vfs_tests::component::{self, Compiled, validate, wit};
use wasi_vfs_tests::tree::Tree;

static COMPONENT: LazyLock<TempPath> = LazyLock::new(component::python_of_both);
static DATA: LazyLock<Tree> = LazyLock::new(|| {
    let tree = Tree::new();
    let lines = (0..30_000).map(|line| format!("line {line} of a long text\n"));
    tree.file("hello.txt", "hello\n")
        .file("empty", "")
        .file("dir/long.txt", lines.collect::<String>())
        .set_times();
    tree
});
static MODULES: LazyLock<Tree> = LazyLock::new(|| {
    let tree = Tree::new();
    tree.file("packed_module.py", "NAME = 'imported'\n")
        .set_times();
    tree
});
static PACKED: LazyLock<TempPath> = LazyLock::new(|| {
    let pack = Pack::new(&*COMPONENT).option("--compress=3");
    pack.dir(DATA.path(), "/data")
        .dir(MODULES.path(), "/packed")
        .run()
});
static COMPILED: LazyLock<Compiled> = LazyLock::new(|| Compiled::new(&PACKED));

#[test]
fn a_python_of_both_versions_keeps_its_world() {
    validate(&PACKED);
    assert_eq!(wit(&PACKED), wit(&COMPONENT));
    let info = wasi_vfs(["info", PACKED.to_str().expect("a name of ours")]).expect_success();
    for words in ["wasi:filesystem@0.2.9", "wasi:filesystem@0.3.2"] {
        assert!(info.contains(words), "no {words:?} in {info}");
    }
}

#[test]
fn both_versions_read_the_same_files() {
    for (name, answer) in [
        ("hello.txt", "6 same"),
        ("dir/long.txt", "768890 same"),
        ("empty", "0 same"),
        ("none", "ErrorCode_NoEntry"),
        ("../packed/packed_module.py", "ErrorCode_NotPermitted"),
    ] {
        let said = COMPILED.invoke(&format!(r#"report("{name}")"#));
        let answer = format!("\"{answer}\"");
        assert_eq!(said.expect_success().trim(), answer, "{name}");
    }
}

#[test]
fn a_stream_of_entries_lists_a_directory() {
    let said = COMPILED.invoke(r#"names(".")"#).expect_success();
    assert_eq!(said.trim(), r#"["dir", "empty", "hello.txt"]"#);
}

#[test]
fn modules_come_from_the_packed_tree() {
    let said = COMPILED.invoke(r#"origins(["packed_module"])"#);
    let expected = r#"["/packed/packed_module.py"]"#;
    assert_eq!(said.expect_success().trim(), expected);
}

#[test]
fn packing_it_again_equals_packing_once() {
    let pack = |module| Pack::new(module).option("--compress=3");
    let once = pack(&*COMPONENT).dir(DATA.path(), "/data").run();
    let twice = pack(&once).dir(MODULES.path(), "/packed").run();
    assert!(fs::read(&twice).unwrap() == fs::read(&*PACKED).unwrap());
}
