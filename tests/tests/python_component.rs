//! A component of componentize-py: 14 core modules with one memory, two allocators, and
//! CPython with the part of its library that the program imports when it is built.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempPath;
use wasi_vfs_tests::command::{Pack, wasi_vfs};
use wasi_vfs_tests::component::{self, Compiled, validate, wit};
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace::tool;

static COMPONENT: LazyLock<TempPath> = LazyLock::new(component::python);
static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let tree = Tree::new();
    let lines = (0..30_000).map(|line| format!("line {line} of a long text\n"));
    tree.file("hello.txt", "hello\n")
        .file("empty", "")
        .file("dir/long.txt", lines.collect::<String>())
        .file("packed_module.py", "NAME = 'imported'\n")
        .set_times();
    tree
});

fn pack(component: &Path) -> Pack {
    Pack::new(component).option("--compress=3")
}

fn with_data(pack: Pack) -> Pack {
    pack.dir(TREE.path(), "/data")
}

fn with_library(pack: Pack) -> Pack {
    let library = tool("trees/python/Lib", "python-tree");
    pack.dir(&library, "/packed")
}

static PACKED: LazyLock<TempPath> =
    LazyLock::new(|| with_library(with_data(pack(&COMPONENT))).run());
static COMPILED: LazyLock<Compiled> = LazyLock::new(|| Compiled::new(&PACKED));

#[test]
fn packed_python_has_the_same_world() {
    validate(&PACKED);
    assert_eq!(wit(&PACKED), wit(&COMPONENT));
}

#[test]
fn python_walks_and_imports_packed_files() {
    let said = COMPILED.invoke(r#"report("/data")"#).expect_success();
    let files = "/data/dir/long.txt 768890; /data/empty 0; /data/hello.txt 6; \
                 /data/packed_module.py 18; imported";
    assert_eq!(said.trim(), format!("\"{files}\""));
}

/// The limit is an I/O error here, because the C library does not ask for the code of a
/// stream's error.
#[test]
fn python_changes_packed_files() {
    for memory in ["separate", "single"] {
        let packed = with_data(pack(&COMPONENT))
            .option("--writable")
            .option("/data");
        let packed = packed.option("--writable-limit").option("1M");
        let packed = packed.option("--memory").option(memory).run();
        validate(&packed);
        let said = Compiled::new(&packed).invoke(r#"change("/data")"#);
        let said = said.expect_success();
        let expected = r#""40004; False; [\'dir\', \'made\']; I/O error""#;
        assert_eq!(said.trim(), expected, "{memory}");
    }
}

/// A bundled module would have another path.
#[test]
fn python_imports_unbundled_standard_modules() {
    let said = COMPILED
        .invoke(r#"origins(["colorsys", "mailbox", "wave", "xmlrpc.client", "absent"])"#)
        .expect_success();
    // JSON has no such escape.
    let said = said.replace("\\'", "'");
    let files: Vec<String> = serde_json::from_str(&said).expect("a list of strings");
    let expected = [
        "/packed/colorsys.py",
        "/packed/mailbox.py",
        "/packed/wave.py",
        "/packed/xmlrpc/client.py",
        "absent: No module named 'absent'",
    ];
    assert_eq!(files, expected);
}

#[test]
fn python_serves_packed_files_by_http() {
    let server = COMPILED.serve();
    for way in ["read", "splice"] {
        for name in ["hello.txt", "dir/long.txt", "empty"] {
            let (status, body) = server.get(&format!("/{way}/{name}"));
            assert_eq!(status, "HTTP/1.0 200 OK", "{way} {name}");
            let file = fs::read(TREE.path().join(name)).expect("a file of the tree");
            assert!(body == file, "{way} {name}: {} bytes", body.len());
        }
        for (path, error) in [("none", "NO_ENTRY"), ("../packed/wave.py", "NOT_PERMITTED")] {
            let (status, body) = server.get(&format!("/{way}/{path}"));
            assert_eq!(status, "HTTP/1.0 404 Not Found");
            assert_eq!(String::from_utf8_lossy(&body), error, "{way} {path}");
        }
    }
}

#[test]
fn packing_python_again_equals_packing_once() {
    let once = with_data(pack(&COMPONENT)).run();
    let twice = with_library(pack(&once)).run();
    assert!(fs::read(&twice).unwrap() == fs::read(&*PACKED).unwrap());
}

#[test]
fn commands_read_a_packed_python() {
    let path = PACKED.to_str().expect("a name of ours");
    let command = |words: &[&str]| wasi_vfs(words).expect_success();
    assert_eq!(command(&["cat", path, "/data/hello.txt"]), "hello\n");
    let names = command(&["ls", path, "/data"]);
    assert_eq!(names, "dir\nempty\nhello.txt\npacked_module.py\n");
    assert!(command(&["verify", path]).contains(": whole: "));
    let info = command(&["info", path]);
    for words in ["wired, separate memory", "wasi:http@0.2.9"] {
        assert!(info.contains(words), "no {words:?} in {info}");
    }
    let said = command(&["check", COMPONENT.to_str().expect("a name of ours")]);
    assert!(said.contains(": can be packed\n"), "{said}");
    let small = with_data(pack(&COMPONENT)).run();
    let said = wasi_vfs(["diff", small.to_str().expect("a name of ours"), path]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.stdout.contains("/packed/wave.py"), "{}", said.stdout);
}

#[test]
fn run_names_an_engine_for_python() {
    let path = COMPONENT.to_str().expect("a name of ours");
    let said = wasi_vfs(["run", path]).expect_failure();
    for words in ["without the preview 1 adapter", "`wasmtime run`"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!said.contains("build the program for"), "{said}");
}
