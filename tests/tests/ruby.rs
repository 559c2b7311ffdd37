//! A published interpreter with its standard library packed: Ruby 3.4 from npm,
//! a reactor that was not built for this tool, run under Node.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempPath;
use wasi_vfs_tests::command::{Outcome, Pack};
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::module::inspect;
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace;

fn ruby() -> PathBuf {
    workspace::tool(
        "npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby.wasm",
        "ruby",
    )
}

fn library() -> PathBuf {
    workspace::tool("ruby-lib", "ruby")
}

fn app() -> Tree {
    let tree = Tree::new();
    tree.file(
        "main.rb",
        "require_relative \"lib/greeting\"\nputs Greeting.from_beside\n",
    )
    .file(
        "lib/greeting.rb",
        "module Greeting\n  def self.from_beside = File.read(\"#{__dir__}/greeting.txt\")\nend\n",
    )
    .file("lib/greeting.txt", "read from beside the source\n")
    .set_times();
    tree
}

fn packed() -> &'static Path {
    static PACKED: LazyLock<TempPath> = LazyLock::new(|| {
        let app = app();
        Pack::new(ruby())
            .dir(&library(), "/usr/local/lib")
            .dir(app.path(), "/app")
            .option("--compress")
            .run()
    });
    &PACKED
}

fn evaluate(module: &Path, program: &str) -> Outcome {
    Engine::Node.ruby(module, program)
}

fn program(name: &str) -> String {
    std::fs::read_to_string(workspace::here("guests/ruby").join(name)).expect("a program")
}

#[test]
fn most_of_the_ruby_library_loads() {
    let seen = evaluate(packed(), &program("require.rb")).expect_success();
    for expected in [
        "{\"a\":[1,2.5,null]}",
        "[{\"x\" => \"1\", \"y\" => \"2\"}]",
        "Wednesday",
        "2024-12-25T10:20:30Z",
        "- two\n",
        "[2, 3, 5, 7, 11]",
        "program",
    ] {
        assert!(seen.contains(expected), "no {expected:?} in\n{seen}");
    }
    assert!(seen.ends_with("true\n"), "{seen}");
}

#[test]
fn files_of_the_library_are_read() {
    let seen = evaluate(packed(), &program("files.rb")).expect_success();
    let sources = ruby_sources(&library().join("ruby/3.4.0"));
    let mut lines = seen.lines();
    assert_eq!(lines.next(), Some(sources.to_string().as_str()), "{seen}");
    assert_eq!(lines.next(), Some(sources.to_string().as_str()), "{seen}");
    assert!(
        !seen.replace("true\nfalse\n", "").contains("false"),
        "{seen}"
    );
    assert!(seen.contains("2024-12-25 00:00:00 UTC"), "{seen}");
    assert!(seen.contains("/usr/local/lib/ruby/3.4.0/erb\n"), "{seen}");
    assert!(seen.contains("Errno::EROFS\nErrno::ENOENT\n"), "{seen}");
    assert!(seen.contains("read from beside the source\n"), "{seen}");
}

fn ruby_sources(directory: &Path) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(directory).expect("the library") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            count += ruby_sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rb") {
            count += 1;
        }
    }
    count
}

#[test]
fn the_interpreter_keeps_its_imports_and_exports() {
    let (before, after) = (inspect(&ruby()), inspect(packed()));
    assert_eq!(after.imports, before.imports);
    assert_eq!(after.exports, before.exports);
}

#[test]
fn ruby_without_its_library_cannot_require() {
    // Else the tests above would prove nothing.
    let complaint = evaluate(&ruby(), "require \"json\"").expect_failure();
    assert!(complaint.contains("LoadError"), "{complaint}");
}

#[test]
fn ruby_needs_only_its_traced_files() {
    let program = include_str!("../guests/ruby/ten.rb");
    let said = evaluate(packed(), program).expect_success();
    let loaded: Vec<_> = said
        .lines()
        .filter(|line| line.starts_with("/usr/"))
        .collect();
    assert!(loaded.len() > 50, "{said}");
    let list = Tree::new();
    // RubyGems reads these by itself and does not count them as loaded.
    let others = [
        "/usr/local/lib/ruby/3.4.0/rubygems/core_ext/",
        "/usr/local/lib/ruby/gems/3.4.0/specifications/",
    ];
    list.file("loaded.txt", [&loaded[..], &others].concat().join("\n"));
    let small = Pack::new(packed())
        .option("--compress")
        .option("--only")
        .option(list.path().join("loaded.txt").to_str().expect("UTF-8"))
        .run();
    assert_eq!(evaluate(&small, program).expect_success(), said);
    let len = |path: &Path| std::fs::metadata(path).expect("a file").len();
    let (before, after) = (len(packed()) - len(&ruby()), len(&small) - len(&ruby()));
    assert!(after * 5 < before, "{after} of {before}");
}
