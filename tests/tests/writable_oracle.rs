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
use wasi_vfs_tests::oracle::tree::OracleTrees;

/// Operations of one program.
const PROGRAM_LEN: usize = 4000;

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

/// What a whole run of the oracle came to.
#[derive(Default)]
struct Tally {
    operations: usize,
    used: BTreeSet<&'static str>,
}

/// Programs on the trees of one seed, packed in each way.
fn run_trees(seed: u64, programs: u64, host: &mut Host, tally: &mut Tally) {
    let trees = OracleTrees::new(seed);
    let packed = WAYS.map(|way| pack(&trees, way));
    for program_seed in 0..programs {
        let program = Program::new(seed << 16 | program_seed, PROGRAM_LEN).writing();
        let guest = oracle_guest();
        let sides = |packed| Sides {
            guest: &guest,
            packed,
            trees: &trees,
        };
        let expected = program.on_host(host, sides(&guest));
        for (way, packed) in WAYS.iter().zip(&packed) {
            let sides = sides(packed);
            let found = program.packed(host, sides);
            match program.compare(&expected, &found, &mut tally.used) {
                Ok(count) => tally.operations += count,
                Err(mismatch) => {
                    let what = format!("trees of seed {seed}, {way:?}");
                    program.fail(host, sides, &mismatch, &what);
                }
            }
        }
    }
}

#[test]
fn writable_trees_behave_like_their_directories() {
    let mut tally = Tally::default();
    let mut host = Host::new();
    for seed in 30..34 {
        run_trees(seed, 1, &mut host, &mut tally);
    }
    assert_eq!(tally.operations, 4 * WAYS.len() * PROGRAM_LEN);
    // An unused rule would hide the difference that it once explained.
    let rules = changing::DIFFERENCES.iter();
    let unused: Vec<_> = rules
        .map(|rule| rule.name)
        .filter(|name| !tally.used.contains(name))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
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
    const PROGRAMS: u64 = 5;
    let number = |name: &str, default| {
        let value = std::env::var(name).ok();
        value.map_or(default, |value| value.parse::<usize>().expect("a number"))
    };
    let wanted = number("ORACLE_OPERATIONS", 1_000_000);
    let mut seed = number("ORACLE_SEED", 1000) as u64;
    let mut tally = Tally::default();
    while tally.operations < wanted {
        // One process for each tree, because it keeps the compiled module.
        run_trees(seed, PROGRAMS, &mut Host::new(), &mut tally);
        seed += 1;
    }
    println!("{} operations, 0 mismatches", tally.operations);
}
