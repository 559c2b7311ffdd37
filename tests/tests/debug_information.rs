//! Packed programs keep their debug information, as far as packing moves no code.

use std::path::Path;
use wasi_vfs_tests::command::{Pack, run};
use wasi_vfs_tests::component::{self, wasmtime};
use wasi_vfs_tests::guest;
use wasi_vfs_tests::tree::{Tree, sample};

/// The lines of the backtrace that name a place in the source of the program, after a
/// panic.
fn places(program: &Path, tree: Option<&Tree>) -> Vec<String> {
    let mut command = wasmtime("run");
    command.env("WASMTIME_BACKTRACE_DETAILS", "1");
    if let Some(tree) = tree {
        command.arg(format!("--dir={}::/data", tree.path().display()));
    }
    let outcome = run(command.args(["--env", "STOP=1"]).arg(program), "");
    assert_ne!(outcome.status, 0);
    assert!(
        outcome.stderr.contains("stopped after "),
        "{}",
        outcome.stderr
    );
    let lines = outcome.stderr.lines().map(str::trim);
    let places = lines.filter(|line| line.starts_with("at ") && line.contains("main.rs:"));
    places.map(str::to_owned).collect()
}

fn check(program: &Path) {
    let tree = sample();
    let expected = places(program, Some(&tree));
    assert!(expected.len() >= 2, "{expected:?}");
    let packed = Pack::new(program).dir(tree.path(), "/data").run();
    assert_eq!(places(&packed, None), expected);
}

#[test]
fn backtraces_of_packed_modules_name_source_lines() {
    check(&guest::rust_debug());
}

#[test]
fn backtraces_of_packed_components_name_source_lines() {
    check(&component::of(&guest::rust_debug()));
}
