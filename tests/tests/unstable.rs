//! A program of `wasi_unstable` does, packed, what the same program for preview 1 does on
//! the directories.
//!
//! No engine of the tests has both `wasi_unstable` and directories: Node answers to its
//! name with the layouts of preview 1.

use std::fs;
use std::path::{Path, PathBuf};
use wasi_vfs_tests::command::{Pack, mapping, wasi_vfs};
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::{self, Tree};

fn program(more: &[&str]) -> PathBuf {
    let flags = ["-nostdlib", "-ffreestanding"];
    guest::c_with("unstable", Form::COMMAND, &[&flags[..], more].concat())
}

/// A directory that the host offers beside the packed one.
fn host_directory() -> Tree {
    let tree = Tree::new();
    tree.file("hello.txt", "another file").file("dir/other", "");
    tree
}

/// The output of the same program for preview 1 on both directories.
fn expected(data: &Path, host: &Path) -> String {
    let module = program(&["-DPREVIEW1"]);
    let run = Engine::Wasmtime.module(&module);
    let output = run.dir(data, "/data").dir(host, "/host").stdout();
    assert_eq!(output.matches("open 0\n").count(), 4, "{output}");
    output
}

#[test]
fn a_packed_program_sees_image_and_host() {
    let (data, host) = (tree::sample(), host_directory());
    let expected = expected(data.path(), host.path());
    for memory in ["separate", "single"] {
        let pack = Pack::new(program(&[])).dir(data.path(), "/data");
        let packed = pack.option("--memory").option(memory).run();
        for engine in [Engine::Wasmtime, Engine::Node] {
            let found = engine.module(&packed).dir(host.path(), "/host").stdout();
            assert_eq!(found, expected, "{memory}, {engine:?}");
        }
    }
}

#[test]
fn run_serves_an_unpacked_program() {
    let (data, host) = (tree::sample(), host_directory());
    let module = program(&[]);
    let mut arguments = vec!["run".to_owned()];
    for (directory, guest) in [(data.path(), "/data"), (host.path(), "/host")] {
        arguments.extend(["--dir".to_owned(), mapping(directory, guest)]);
    }
    arguments.push(module.display().to_string());
    let found = wasi_vfs(arguments).expect_success();
    assert_eq!(found, expected(data.path(), host.path()));
}

#[test]
fn packing_twice_equals_packing_once() {
    let data = tree::sample();
    let once = Pack::new(program(&[])).dir(data.path(), "/data").run();
    let again = Pack::new(&*once).dir(data.path(), "/data").run();
    assert!(fs::read(&again).unwrap() == fs::read(&once).unwrap());
}

#[test]
fn a_note_names_the_new_imports_and_strict_accepts_it() {
    let data = host_directory();
    let output = Tree::new();
    let pack = Pack::new(program(&[]))
        .dir(data.path(), "/data")
        .option("--strict");
    let outcome = pack.outcome(&output.path().join("packed.wasm"));
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let note = "note: the packed module imports `wasi_snapshot_preview1` instead";
    assert!(outcome.stderr.contains(note), "{}", outcome.stderr);
}

#[test]
fn check_says_what_becomes_of_the_imports() {
    let module = program(&[]).display().to_string();
    let said = wasi_vfs(["check", &module]).expect_success();
    let calls = "wasi_unstable: 13 calls, which become calls of wasi_snapshot_preview1\n";
    assert!(
        said.contains("can be packed") && said.contains(calls),
        "{said}"
    );
}

#[test]
fn a_trace_sees_the_opened_files() {
    let data = tree::sample();
    let packed = Pack::new(program(&[])).dir(data.path(), "/data").run();
    let output = Tree::new();
    let trace = output.path().join("trace").display().to_string();
    let module = packed.display().to_string();
    wasi_vfs(["run", "--trace", &trace, &module]).expect_success();
    let traced = fs::read_to_string(&trace).expect("written");
    assert!(traced.contains("/data/hello.txt"), "{traced}");
}
