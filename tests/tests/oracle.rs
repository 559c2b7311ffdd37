//! The differential oracle: random programs return the same results in a packed module
//! as on its directory, preopened read-only under wasmtime. `docs/RUNTIME.md` lists the
//! accepted differences.
//!
//! `make oracle` runs a million operations: `ORACLE_OPERATIONS`, from `ORACLE_SEED` on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempPath;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::guest::{self, Binding, Form};
use wasi_vfs_tests::oracle::changing;
use wasi_vfs_tests::oracle::difference::{DIFFERENCES, Shows};
use wasi_vfs_tests::oracle::host::Host;
use wasi_vfs_tests::oracle::program::Program;
use wasi_vfs_tests::oracle::tally::{Packing, Tally};
use wasi_vfs_tests::oracle::tree::OracleTrees;
use wasi_vfs_tests::tree::{self, sample};
use wasi_vfs_tests::workspace;

/// Operations of one program.
const PROGRAM_LEN: usize = 4000;

const LINKED: Form = Form {
    reactor: false,
    linked: true,
};

/// The ways to pack a tree.
const WAYS: [(Form, &[&str]); 6] = [
    (Form::COMMAND, &[]),
    (Form::COMMAND, &["--compress", "--block-size", "4K"]),
    (Form::COMMAND, &["--compress", "--block-size", "1M"]),
    (Form::COMMAND, &["--compress", "--memory", "single"]),
    (LINKED, &[]),
    (LINKED, &["--compress", "--block-size", "16K"]),
];

fn oracle_guest(form: Form) -> PathBuf {
    guest::c("oracle", form)
}

fn pack(trees: &OracleTrees, (form, options): (Form, &[&str])) -> TempPath {
    let pack = Pack::new(oracle_guest(form))
        .dir(trees.data.path(), "/data")
        .dir(trees.other.path(), "/other");
    options
        .iter()
        .fold(pack, |pack, option| pack.option(option))
        .run()
}

/// Programs on the trees of one seed, packed in each way.
fn run_trees(seed: u64, programs: u64, host: &mut Host, tally: &mut Tally) {
    let trees = OracleTrees::new(seed);
    let packings = WAYS.map(|way| Packing {
        way: format!("{way:?}"),
        module: pack(&trees, way),
    });
    let programs = (0..programs).map(|number| Program::new(seed << 16 | number, PROGRAM_LEN));
    let guest = oracle_guest(Form::COMMAND);
    tally.compare(host, (&guest, &trees), &packings, programs);
}

#[test]
fn packed_trees_behave_like_their_directories() {
    let mut tally = Tally::default();
    let mut host = Host::new();
    for seed in 1..=3 {
        run_trees(seed, 2, &mut host, &mut tally);
    }
    assert_eq!(tally.operations, 3 * 2 * WAYS.len() * PROGRAM_LEN);
    // An unused rule would hide the difference that it once explained.
    let rules = DIFFERENCES.iter().filter(|difference| {
        !matches!(
            difference.shows,
            Shows::Nowhere | Shows::InComponents(_) | Shows::InComponentLookups(_)
        )
    });
    let rules: BTreeSet<_> = rules.map(|difference| difference.name).collect();
    assert_eq!(
        tally.used, rules,
        "rules that were used, and those that there are"
    );
}

#[test]
#[ignore = "long: `make oracle`"]
fn image_and_host_agree_on_many_operations() {
    // One process for each tree, because it keeps the compiled module.
    Tally::of_many("ORACLE_OPERATIONS", 1_000_000, |seed, tally| {
        run_trees(seed, 5, &mut Host::new(), tally);
    });
}

/// Host directories under a module that was packed with some other tree. Where they
/// may be changed, files stay open for writing while they are renamed, truncated,
/// unlinked and renumbered.
fn host_directories_stay_as_they_were(writable: bool) {
    let unrelated = sample();
    let mut host = Host::new();
    for binding in Binding::ALL {
        let packed = binding
            .pack("oracle")
            .dir(unrelated.path(), "/unrelated")
            .option("--compress")
            .run();
        let plain = oracle_guest(Form::COMMAND);
        for seed in 10..13 {
            let expected = on_fresh_trees(&mut host, &plain, seed, writable);
            let found = on_fresh_trees(&mut host, &packed, seed, writable);
            let differing = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
            assert_eq!(differing, None, "{binding:?}, seed {seed}");
            assert_eq!(expected.lines().count(), found.lines().count());
            // Else the program would prove little.
            let is_written = |line: &&str| line.contains(" fd_pwrite ") && line.contains("=> E0");
            let written = expected.lines().filter(is_written).count();
            assert_eq!(written > 100, writable, "{written} calls wrote");
        }
    }
}

/// The output of a program, and the directories after its end.
fn on_fresh_trees(host: &mut Host, module: &Path, seed: u64, writable: bool) -> String {
    let trees = OracleTrees::new(seed);
    let program = Program {
        writes: writable,
        ..Program::new(seed, PROGRAM_LEN)
    };
    let output = program.on_trees(host, module, &trees);
    let output = output.unwrap_or_else(|failure| panic!("{failure}"));
    let left = [&trees.data, &trees.other].map(|tree| tree::describe(tree.path()));
    without_order(&output) + &left.concat()
}

/// Without the numbers of inodes, which two programs on fresh directories see in other
/// orders.
fn without_order(output: &str) -> String {
    let lines = output.lines().map(|line| {
        let words: Vec<_> = line
            .split(' ')
            .filter(|word| !word.starts_with("inode#"))
            .collect();
        words.join(" ") + "\n"
    });
    lines.collect()
}

#[test]
fn read_only_host_directories_stay_as_they_were() {
    host_directories_stay_as_they_were(false);
}

#[test]
fn writable_host_directories_stay_as_they_were() {
    host_directories_stay_as_they_were(true);
}

/// The first column of the table below this heading in `docs/RUNTIME.md`.
fn documented(heading: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(workspace::root().join("docs/RUNTIME.md"))
        .expect("docs/RUNTIME.md");
    let (_, table) = text.split_once(heading).expect("the heading");
    let table = table.split("\n## ").next().unwrap_or_default();
    let rows = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn documented_differences_are_the_accepted_ones() {
    let tables = [
        ("## Accepted differences from wasmtime", &DIFFERENCES[..]),
        (
            "## Accepted differences of directories that change",
            &changing::DIFFERENCES,
        ),
    ];
    for (heading, differences) in tables {
        let names = differences
            .iter()
            .map(|difference| difference.name.to_owned());
        let known: BTreeSet<_> = names.collect();
        assert_eq!(known.len(), differences.len(), "names are distinct");
        assert_eq!(documented(heading), known, "{heading}");
    }
}
