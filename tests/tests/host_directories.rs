//! Host directories under `wasi-vfs run --dir`: random programs that write return the same
//! results as under wasmtime, and leave the same directories behind. `docs/RUNTIME.md`
//! lists the accepted differences.

use std::collections::BTreeSet;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::oracle::host::Host;
use wasi_vfs_tests::oracle::program::Program;
use wasi_vfs_tests::oracle::tree::OracleTrees;
use wasi_vfs_tests::tree;

/// Operations of one program.
const PROGRAM_LEN: usize = 4000;

fn program(seed: u64) -> Program {
    Program::new(seed, PROGRAM_LEN).writing()
}

/// The output of a program under wasmtime, and the directories after its end.
fn under_wasmtime(host: &mut Host, seed: u64) -> (String, String) {
    let trees = OracleTrees::new(seed);
    let guest = guest::c("oracle", Form::COMMAND);
    let output = program(seed).on_trees(host, &guest, &trees);
    let output = output.unwrap_or_else(|failure| panic!("{failure}"));
    (output, left(&trees))
}

/// The same under `wasi-vfs run --dir`.
fn under_run(seed: u64) -> (String, String) {
    let trees = OracleTrees::new(seed);
    let guest = guest::c("oracle", Form::COMMAND);
    let args = program(seed).args();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let output = Engine::WasiVfs
        .module(&guest)
        .dir(trees.data.path(), "/data")
        .dir(trees.other.path(), "/other")
        .args(&args)
        .input(&trees.paths)
        .stdout();
    (output, left(&trees))
}

fn left(trees: &OracleTrees) -> String {
    let left = [&trees.data, &trees.other].map(|tree| tree::describe(tree.path()));
    left.concat()
}

#[test]
fn run_serves_host_directories_as_wasmtime_does() {
    let mut host = Host::new();
    let mut used = BTreeSet::new();
    for seed in 20..23 {
        let (expected, expected_left) = under_wasmtime(&mut host, seed);
        let (found, found_left) = under_run(seed);
        let program = program(seed);
        let count = program.compare(&expected, &found, &mut used);
        let count = count.unwrap_or_else(|mismatch| panic!("seed {seed}\n{}", mismatch.report));
        assert_eq!(count, PROGRAM_LEN);
        assert_eq!(expected_left, found_left, "seed {seed}");
        let is_written = |line: &&str| line.contains(" fd_pwrite ") && line.contains("=> E0");
        assert!(
            found.lines().filter(is_written).count() > 100,
            "seed {seed}"
        );
    }
    // Links and paths lead to the same places on both sides.
    let of_images = ["absolute-link", "climbing"];
    assert!(
        of_images.iter().all(|name| !used.contains(name)),
        "{used:?}"
    );
}
