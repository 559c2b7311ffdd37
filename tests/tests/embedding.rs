//! What `docs/EMBEDDING.md` shows is run as it stands there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use wasi_vfs_tests::command::{Outcome, Pack, run};
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace::{here, root, tool};

const HELLO: &str = "hello out of the module\n";

/// The one block of code in this language.
fn code(language: &str) -> String {
    let document = fs::read_to_string(root().join("docs/EMBEDDING.md")).expect("the document");
    let fence = format!("```{language}\n");
    assert_eq!(document.matches(&fence).count(), 1, "{language}");
    let (_, rest) = document.split_once(&fence).expect("counted");
    rest.split_once("```\n").expect("an end").0.to_owned()
}

/// A directory with the packed module, and the code of this language as `name`.
fn project(language: &str, name: &str, memory: &str) -> TempDir {
    let tree = Tree::new();
    tree.file("hello.txt", HELLO);
    let directory = tempfile::tempdir().expect("a directory");
    let pack = Pack::new(guest::c("cat", Form::COMMAND)).dir(tree.path(), "/data");
    let packed = pack.option("--compress").option("--memory").option(memory);
    packed
        .outcome(&directory.path().join("packed.wasm"))
        .expect_success();
    fs::write(directory.path().join(name), code(language)).expect("our directory");
    directory
}

fn run_in(directory: &Path, command: &mut Command) -> Outcome {
    run(command.current_dir(directory), "")
}

#[test]
fn host_for_node_runs() {
    for (binary, memory) in [("node", "separate"), ("node20", "single")] {
        let project = project("js", "host.mjs", memory);
        let mut node = Command::new(tool(binary, binary));
        node.args(["--no-warnings", "host.mjs"]);
        assert_eq!(run_in(project.path(), &mut node).expect_success(), HELLO);
    }
}

#[test]
fn host_in_python_runs() {
    let project = project("python", "host.py", "separate");
    let mut python = Command::new(tool("venv/bin/python", "wasmtime"));
    assert_eq!(
        run_in(project.path(), python.arg("host.py")).expect_success(),
        HELLO
    );
}

#[test]
fn example_page_runs() {
    let project = project("html", "index.html", "separate");
    let shim = tool(
        "npm-shim/node_modules/@bjorn3/browser_wasi_shim/dist",
        "shim",
    );
    symlink(shim, project.path().join("browser_wasi_shim")).expect("our directory");
    let mut node = Command::new(tool("node", "node"));
    node.arg(here("engines/open_page.mjs"))
        .arg(project.path())
        .arg("#output");
    assert_eq!(run(&mut node, "").expect_success(), HELLO);
}

/// Without its module it cannot be built.
#[test]
fn host_in_go_is_formatted() {
    let code = code("go");
    let mut format = guest::go_command();
    format.arg("run").arg(here("engines/gofmt.go"));
    assert_eq!(run(&mut format, &code).expect_success(), code);
}
