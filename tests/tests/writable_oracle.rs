//! The differential oracle of writable directories: random programs that change packed files
//! return the same results as on writable directories under wasmtime, and leave the same
//! files. `docs/RUNTIME.md` lists the accepted differences.
//!
//! `make oracle` runs a million operations: `ORACLE_OPERATIONS`, from `ORACLE_SEED` on.

use std::collections::BTreeSet;
use std::path::PathBuf;
use tempfile::TempPath;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Binding, Form};
use wasi_vfs_tests::oracle::changing;
use wasi_vfs_tests::oracle::host::Host;
use wasi_vfs_tests::oracle::program::{Program, Sides};
use wasi_vfs_tests::oracle::tally::{Packing, Tally};
use wasi_vfs_tests::oracle::tree::OracleTrees;

/// Operations of one program.
const PROGRAM_LEN: usize = 3000;

/// The ways to pack a tree.
const WAYS: [(Binding, &[&str]); 4] = [
    (Binding::SEPARATE, &[]),
    (Binding::SEPARATE, &["--compress", "--block-size", "4K"]),
    (Binding::SINGLE, &["--compress"]),
    (Binding::LINKED, &["--compress", "--block-size", "16K"]),
];

fn oracle_guest() -> PathBuf {
    guest::c("oracle", Form::COMMAND)
}

fn pack(trees: &OracleTrees, (binding, options): (Binding, &[&str])) -> TempPath {
    let pack = binding
        .pack_writable("oracle")
        .dir(trees.data.path(), "/data")
        .dir(trees.other.path(), "/other");
    let options = ["--writable", "/data", "--writable", "/other"]
        .iter()
        .chain(options);
    options.fold(pack, |pack, option| pack.option(option)).run()
}

/// Programs on the trees of one seed, packed in each way.
fn run_trees(seed: u64, programs: u64, host: &mut Host, tally: &mut Tally) {
    let trees = OracleTrees::new(seed);
    let packings = WAYS.map(|way| Packing {
        way: format!("{way:?}"),
        module: pack(&trees, way),
    });
    let programs =
        (0..programs).map(|number| Program::new(seed << 16 | number, PROGRAM_LEN).writing());
    tally.compare(host, (&oracle_guest(), &trees), &packings, programs);
}

#[test]
fn writable_trees_behave_like_their_directories() {
    let mut tally = Tally::default();
    let mut host = Host::new();
    for seed in 30..33 {
        run_trees(seed, 1, &mut host, &mut tally);
    }
    assert_eq!(tally.operations, 3 * WAYS.len() * PROGRAM_LEN);
    // These show in every program, so the programs do what they should.
    for name in ["allocate", "changing-listings", "path-order"] {
        assert!(tally.used.contains(name), "{name} in {:?}", tally.used);
    }
}

/// `wasi-vfs run` serves the writable directories of a module by itself.
#[test]
fn run_serves_writable_directories_as_wasmtime_does() {
    let trees = OracleTrees::new(40);
    let program = Program::new(40, PROGRAM_LEN).writing();
    let packed = pack(&trees, WAYS[1]);
    let guest = oracle_guest();
    let sides = Sides {
        guest: &guest,
        packed: &packed,
        trees: &trees,
    };
    let expected = program.on_host(&mut Host::new(), sides);
    let args = program.args();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let run = Engine::WasiVfs.module(&packed).args(&args);
    let found = run.input(&trees.paths).stdout();
    let compared = program.compare(&expected, &found, &mut BTreeSet::new());
    let count = compared.unwrap_or_else(|mismatch| panic!("{}", mismatch.report));
    assert_eq!(count, PROGRAM_LEN);
}

#[test]
#[ignore = "long: `make oracle`"]
fn layer_and_host_agree_on_many_operations() {
    // One process for each tree, because it keeps the compiled module.
    let tally = Tally::of_many("ORACLE_OPERATIONS", 1_000_000, |seed, tally| {
        run_trees(seed, 5, &mut Host::new(), tally);
    });
    // An unused rule would hide the difference that it once explained.
    let rules = changing::DIFFERENCES.iter().map(|rule| rule.name);
    let unused: Vec<_> = rules.filter(|name| !tally.used.contains(name)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}
