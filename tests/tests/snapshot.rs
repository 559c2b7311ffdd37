//! Modules that keep the state of a start. A host copies the state with the code that
//! `docs/EMBEDDING.md` shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use wasi_vfs_tests::command::{Pack, binary, run};
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace::{here, root, tool};

/// The function of the document that copies the state, in this language.
fn shown(language: &str) -> String {
    let document = fs::read_to_string(root().join("docs/EMBEDDING.md")).expect("the document");
    let fence = format!("```{language} state\n");
    let (_, rest) = document.split_once(&fence).expect("the code");
    rest.split_once("```\n").expect("an end").0.to_owned()
}

/// A directory with a packed module.
struct Project(TempDir);

impl Project {
    fn new(pack: &Pack) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let project = Self(directory);
        pack.outcome(&project.path("packed.wasm")).expect_success();
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn wasi_vfs(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(binary());
        command.current_dir(self.0.path()).args(arguments);
        run(&mut command, "").expect_success()
    }

    fn prepare(&self) {
        self.wasi_vfs(&[
            "snapshot",
            "--prepare",
            "packed.wasm",
            "-o",
            "prepared.wasm",
        ]);
    }

    /// Writes `fast.wasm`, in which these exports do nothing.
    fn finish(&self, done: &[&str]) {
        let mut arguments = vec!["snapshot", "packed.wasm", "--state", "state.bin"];
        arguments.extend(done.iter().flat_map(|name| ["--done", name]));
        self.wasi_vfs(&[&arguments[..], &["-o", "fast.wasm"]].concat());
    }
}

/// Calls exports of a module under wasmtime.
fn wasmtime(project: &Project, module: &str, state: &Path, calls: &[&str]) -> String {
    let mut python = Command::new(tool("venv/bin/python", "wasmtime"));
    python.arg(here("engines/start_module.py"));
    python.arg(project.path(module)).arg(state).args(calls);
    run(&mut python, "").expect_success()
}

const REPORT: &str = "1 start, hello\nnext: two\nlate: not yet\n5 entries\n";

fn starts_where_it_was(form: Form, options: &[&str]) {
    let tree = Tree::new();
    tree.file("greeting.txt", "hello\n");
    tree.file("lines.txt", "one\ntwo\nthree\n");
    tree.file("late.txt", "not yet\n");
    let pack = Pack::new(guest::c("started", form)).dir(tree.path(), "/data");
    let pack = options
        .iter()
        .fold(pack, |pack, option| pack.option(option));
    let project = Project::new(&pack);
    project.prepare();
    let code = format!("import wasmtime\n{}", shown("python"));
    fs::write(project.path("state.py"), code).expect("our directory");
    let calls = ["_initialize", "start"];
    wasmtime(
        &project,
        "prepared.wasm",
        &project.path("state.bin"),
        &calls,
    );
    project.finish(&calls);
    let none = Path::new("-");
    let all = ["_initialize", "start", "report"];
    assert_eq!(wasmtime(&project, "packed.wasm", none, &all), REPORT);
    assert_eq!(wasmtime(&project, "fast.wasm", none, &all), REPORT);
    assert_eq!(wasmtime(&project, "fast.wasm", none, &["report"]), REPORT);
    let listed = project.wasi_vfs(&["ls", "fast.wasm", "/data"]);
    assert_eq!(listed, "greeting.txt\nlate.txt\nlines.txt\n");
    let content = project.wasi_vfs(&["cat", "fast.wasm", "/data/late.txt"]);
    assert_eq!(content, "not yet\n");
    project.wasi_vfs(&["verify", "fast.wasm"]);
    let info = project.wasi_vfs(&["info", "fast.wasm"]);
    assert!(info.contains("holds the state of a start"), "{info}");
}

const REACTOR: Form = Form {
    reactor: true,
    linked: false,
};

#[test]
fn separate_memory_keeps_its_state() {
    starts_where_it_was(REACTOR, &["--compress"]);
}

#[test]
fn single_memory_keeps_its_state() {
    starts_where_it_was(REACTOR, &["--compress", "--memory", "single"]);
}

#[test]
fn writable_module_keeps_its_state() {
    starts_where_it_was(REACTOR, &["--writable", "/data"]);
}

#[test]
fn linked_module_keeps_its_state() {
    let linked = Form {
        linked: true,
        ..REACTOR
    };
    starts_where_it_was(linked, &["--compress"]);
}

#[test]
fn commands_have_no_state() {
    let tree = Tree::new();
    tree.file("hello.txt", "hello\n");
    let pack = Pack::new(guest::c("cat", Form::COMMAND)).dir(tree.path(), "/data");
    let project = Project::new(&pack);
    let mut command = Command::new(binary());
    command
        .args(["snapshot", "--prepare"])
        .arg(project.path("packed.wasm"));
    command.arg("-o").arg(project.path("prepared.wasm"));
    let complaint = run(&mut command, "").expect_failure();
    assert!(complaint.contains("the module is a command"), "{complaint}");
}

/// The program that runs before the state is copied, and the one that runs in it.
const BEFORE: &str = "require 'json'; require 'set'; $ready = JSON.generate([1, nil]); GC.start";
const AFTER: &str = "\
puts $ready
puts Dir.children('/usr/local/lib/ruby/3.4.0/json').include?('common.rb')
puts require('time'), Time.utc(2024, 12, 25).iso8601
puts File.read('/app/hello.txt')
puts [3, 1, 2].sort.inspect, Fiber.new { 42 }.resume
begin; raise 'caught'; rescue => error; puts error.message; end
GC.start
";
const SEEN: &str = "[1,null]\ntrue\ntrue\n2024-12-25T00:00:00Z\nhello\n[1, 2, 3]\n42\ncaught\n";

/// The published interpreter, whose published glue calls the exports again.
#[test]
fn ruby_starts_where_it_was() {
    let ruby = tool(
        "npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby.wasm",
        "ruby",
    );
    let app = Tree::new();
    app.file("hello.txt", "hello\n");
    let pack = Pack::new(ruby)
        .dir(&tool("ruby-lib", "ruby"), "/usr/local/lib")
        .dir(app.path(), "/app")
        .option("--compress");
    let project = Project::new(&pack);
    project.prepare();
    let code = format!("export {}", shown("js"));
    fs::write(project.path("state.mjs"), code).expect("our directory");
    let mut node = Command::new(tool("node", "node"));
    node.args(["--no-warnings"])
        .arg(here("engines/start_ruby.mjs"));
    node.arg(root().join(".tools"))
        .arg(project.path("prepared.wasm"));
    run(node.arg(project.path("state.bin")), BEFORE).expect_success();
    project.finish(&["_initialize", "ruby-init: func(args: list<string>) -> ()"]);
    let seen = Engine::Node.ruby(&project.path("fast.wasm"), AFTER);
    assert_eq!(seen.expect_success(), SEEN);
    let len = |name: &str| fs::metadata(project.path(name)).expect("a file").len();
    let added = len("fast.wasm") - len("packed.wasm");
    assert!(added < 6 << 20, "{added} bytes");
}
