//! What `docs/EMBEDDING.md` shows is run as it stands there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use wasi_vfs_tests::command::{Outcome, Pack, binary, run};
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace::{here, root, tool};

const HELLO: &str = "hello out of the module\n";

/// The heading above the hosts that save changes, which is the last one.
const SAVING: &str = "\n## Saving changes\n";

/// The one block of code in this language above the hosts that save changes.
fn code(language: &str) -> String {
    block(document().0, language)
}

/// The document above and below the heading.
fn document() -> (String, String) {
    let document = fs::read_to_string(root().join("docs/EMBEDDING.md")).expect("the document");
    let (hosts, saving) = document.split_once(SAVING).expect("the heading");
    (hosts.to_owned(), saving.to_owned())
}

/// The one block of code in this language.
fn block(text: String, language: &str) -> String {
    let fence = format!("```{language}\n");
    assert_eq!(text.matches(&fence).count(), 1, "{language}");
    let (_, rest) = text.split_once(&fence).expect("counted");
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

/// A directory with the packed program of the document, and both hosts that save changes.
fn saving_project(memory: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let pack = Pack::new(guest::c("notes", Form::COMMAND));
    let pack = pack.option("--writable").option("/data");
    let packed = pack.option("--memory").option(memory);
    packed
        .outcome(&directory.path().join("packed.wasm"))
        .expect_success();
    for (language, name) in [("js", "host.mjs"), ("python", "host.py")] {
        let code = block(document().1, language);
        fs::write(directory.path().join(name), code).expect("our directory");
    }
    directory
}

fn wasi_vfs(directory: &Path, arguments: &str) -> Outcome {
    let mut command = Command::new(binary());
    run_in(directory, command.args(arguments.split(' ')))
}

#[test]
fn saved_changes_pass_from_host_to_host() {
    for memory in ["separate", "single"] {
        let project = saving_project(memory);
        let node = |note: &str| {
            let mut node = Command::new(tool("node", "node"));
            node.args(["--no-warnings", "host.mjs", note]);
            run_in(project.path(), &mut node).expect_success()
        };
        let python = |note: &str| {
            let mut python = Command::new(tool("venv/bin/python", "wasmtime"));
            run_in(project.path(), python.args(["host.py", note])).expect_success()
        };
        assert_eq!(node("one"), "one\n");
        assert_eq!(python("two"), "one\ntwo\n");
        assert_eq!(node("three"), "one\ntwo\nthree\n");
        let pack = "pack packed.wasm --from changes.wvfs -o updated.wasm";
        wasi_vfs(project.path(), pack).expect_success();
        let notes = wasi_vfs(project.path(), "run updated.wasm -- four");
        assert_eq!(notes.expect_success(), "one\ntwo\nthree\nfour\n");
        let unpacked = wasi_vfs(project.path(), "diff packed.wasm updated.wasm");
        assert_eq!(unpacked.stdout, "added    /data/notes\n");
    }
}

#[test]
fn a_damaged_save_is_rejected_with_its_code() {
    let project = saving_project("separate");
    fs::write(project.path().join("changes.wvfs"), "no image").expect("our directory");
    let mut node = Command::new(tool("node", "node"));
    let outcome = run_in(project.path(), node.arg("host.mjs"));
    assert!(
        outcome.stderr.contains("wasi-vfs: code -3"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn committed_changes_are_in_the_new_module() {
    let project = saving_project("separate");
    let run = |arguments: &str| wasi_vfs(project.path(), arguments);
    let commit = run("run --commit installed.wasm packed.wasm -- one");
    assert_eq!(commit.expect_success(), "one\n");
    let diff = run("diff packed.wasm installed.wasm");
    assert_eq!(diff.stdout, "added    /data/notes\n");
    let again = run("run --commit third.wasm installed.wasm -- two");
    assert_eq!(again.expect_success(), "one\ntwo\n");
    let diff = run("diff installed.wasm third.wasm");
    assert_eq!(diff.stdout, "changed  /data/notes (content)\n");
}

/// Without its module it cannot be built.
#[test]
fn host_in_go_is_formatted() {
    let code = code("go");
    let mut format = guest::go_command();
    format.arg("run").arg(here("engines/gofmt.go"));
    assert_eq!(run(&mut format, &code).expect_success(), code);
}
