//! The differential oracles for WASI 0.2 and 0.3: random programs return the same results
//! in a wired component as on its directory under wasmtime, which cannot change it.
//! `docs/RUNTIME.md` lists the accepted differences. Programs that change writable directories
//! are compared with wasmtime on directories that it may change, and leave the same files.
//!
//! `make oracle` runs 100,000 operations of each: `COMPONENT_OPERATIONS`, from `ORACLE_SEED`
//! on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempPath;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::component::{Engine, validate};
use wasi_vfs_tests::guest;
use wasi_vfs_tests::oracle::host::{Host, Preopen, Reference, with_error_line};
use wasi_vfs_tests::oracle::program::{Program, Sides};
use wasi_vfs_tests::oracle::read_only::{self, ReadOnly};
use wasi_vfs_tests::oracle::tally::{Packing, Tally};
use wasi_vfs_tests::oracle::tree::OracleTrees;
use wasi_vfs_tests::tree::sample;
use wasi_vfs_tests::workspace;

/// Operations of one program.
const PROGRAM_LEN: usize = 2000;

/// The ways to pack a tree.
const WAYS: [&[&str]; 3] = [
    &[],
    &["--compress", "--block-size", "4K"],
    &["--compress", "--block-size", "1M"],
];

/// The interface that the guest uses.
#[derive(Clone, Copy, Debug)]
enum Version {
    /// WASI 0.2.
    V2,
    /// WASI 0.3, and 0.2 by the standard library.
    V3,
}

impl Version {
    fn guest(self) -> PathBuf {
        match self {
            Self::V2 => guest::rust_component(),
            Self::V3 => guest::rust_component3(),
        }
    }

    fn host(self) -> Box<dyn Reference> {
        match self {
            Self::V2 => Box::new(Host::new()),
            Self::V3 => Box::new(ReadOnly),
        }
    }

    fn engines(self) -> &'static [Engine] {
        match self {
            Self::V2 => &Engine::ALL,
            Self::V3 => &[Engine::Jco],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::V2 => "0.2",
            Self::V3 => "0.3",
        }
    }
}

fn pack(guest: &Path, trees: &OracleTrees, options: &[&str]) -> TempPath {
    let pack = Pack::new(guest)
        .dir(trees.data.path(), "/data")
        .dir(trees.other.path(), "/other");
    let packed = options
        .iter()
        .fold(pack, |pack, option| pack.option(option))
        .run();
    validate(&packed);
    packed
}

/// The trees of one seed, packed in each way.
struct Packed {
    version: Version,
    seed: u64,
    trees: OracleTrees,
    components: [TempPath; WAYS.len()],
    /// With the first tree only.
    half: TempPath,
}

impl Packed {
    fn new(version: Version, seed: u64) -> Self {
        let (guest, trees) = (version.guest(), OracleTrees::new(seed));
        let half = Pack::new(&guest).dir(trees.data.path(), "/data").run();
        Self {
            version,
            seed,
            half,
            components: WAYS.map(|options| pack(&guest, &trees, options)),
            trees,
        }
    }

    /// A program on the directories, and in each component under wasmtime.
    fn run(&self, program: &Program, host: &mut dyn Reference, tally: &mut Tally) -> String {
        let guest = self.version.guest();
        let sides = |packed| Sides {
            guest: &guest,
            packed,
            trees: &self.trees,
        };
        let expected = program.on_host(host, sides(&guest));
        for (options, packed) in WAYS.iter().zip(&self.components) {
            let sides = sides(packed);
            let found = program.packed(host, sides);
            match program.compare(&expected, &found, &mut tally.used) {
                Ok(count) => tally.operations += count,
                Err(mismatch) => {
                    let what = format!("trees of seed {}, {options:?}", self.seed);
                    program.fail(host, sides, &mismatch, &what);
                }
            }
        }
        expected
    }

    /// The program uses packed files and those of the host together.
    fn run_half(
        &self,
        program: &Program,
        host: &mut dyn Reference,
        expected: &str,
        tally: &mut Tally,
    ) {
        let other = Preopen {
            host: self.trees.other.path(),
            guest: "/other",
            writable: false,
        };
        let found = host
            .run(&self.half, &[other], &program.args(), &self.trees.paths)
            .unwrap_or_else(|failure| panic!("{failure}"));
        let [expected, found] = [expected, &found].map(within_one_tree);
        self.check(program, (&expected, &found), "one tree packed", tally);
    }

    /// The same program in each component under another engine.
    fn run_engine(&self, engine: Engine, program: &Program, expected: &str, tally: &mut Tally) {
        for packed in &self.components {
            let said = engine.run_with(packed, &program.args(), &self.trees.paths);
            assert_eq!(said.status, 0, "{engine:?}: {}{}", said.stdout, said.stderr);
            let found = with_error_line(said.stdout, &said.stderr);
            self.check(program, (expected, &found), &format!("{engine:?}"), tally);
        }
    }

    /// Compares two outputs.
    fn check(&self, program: &Program, outputs: (&str, &str), way: &str, tally: &mut Tally) {
        let compared = program.compare(outputs.0, outputs.1, &mut tally.used);
        let count = compared.unwrap_or_else(|mismatch| {
            let (trees, program, report) = (self.seed, program.seed, mismatch.report);
            panic!("trees of seed {trees}, program {program}, {way}\n{report}")
        });
        tally.operations += count;
    }
}

/// The lines without the calls that may refer to both trees: between packed and host files
/// they are `cross-device`.
fn within_one_tree(output: &str) -> String {
    let calls = [" link-at ", " rename-at "];
    let lines = output
        .lines()
        .filter(|line| !calls.iter().any(|call| line.contains(call)));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Returns the output on the directories.
fn run_trees(version: Version, seed: u64, tally: &mut Tally) -> String {
    let packed = Packed::new(version, seed);
    let program = Program::new(seed << 16, PROGRAM_LEN);
    let mut host = version.host();
    let expected = packed.run(&program, &mut *host, tally);
    packed.run_half(&program, &mut *host, &expected, tally);
    for &engine in version.engines() {
        packed.run_engine(engine, &program, &expected, tally);
    }
    expected
}

/// Runs the short oracle. Returns the output of the first program.
fn behaves_like_directories(version: Version) -> String {
    let mut tally = Tally::default();
    let expected = run_trees(version, 1, &mut tally);
    let packed = Packed::new(version, 2);
    let mut host = version.host();
    for program in 0..2 {
        packed.run(&Program::new(program, PROGRAM_LEN), &mut *host, &mut tally);
    }
    assert!(tally.operations >= 3 * WAYS.len() * PROGRAM_LEN);
    // An unused rule would hide the difference that it once explained.
    let used: BTreeSet<_> = tally.used.into_iter().map(str::to_owned).collect();
    assert_eq!(
        used,
        documented_differences(version),
        "used, and documented"
    );
    expected
}

#[test]
fn wired_components_behave_like_directories() {
    let expected = behaves_like_directories(Version::V2);
    // Else the comparison would not see spliced bytes.
    let has_spliced = expected.contains(" standard-error => ");
    assert!(has_spliced, "nothing was spliced");
}

#[test]
fn wasi_0_3_components_behave_like_directories() {
    if read_only::is_permitted() {
        behaves_like_directories(Version::V3);
    }
}

/// Host directories in a component that was packed with some other tree.
fn host_directories_stay(version: Version) {
    let (guest, unrelated) = (version.guest(), sample());
    let packed = Pack::new(&guest).dir(unrelated.path(), "/unrelated").run();
    let mut host = version.host();
    for seed in 10..12 {
        let trees = OracleTrees::new(seed);
        let preopens = [("/data", &trees.data), ("/other", &trees.other)];
        let preopens = preopens.map(|(guest, tree)| Preopen {
            host: tree.path(),
            guest,
            writable: false,
        });
        let args = Program::new(seed, PROGRAM_LEN).args();
        let [expected, found] = [&*guest, &*packed].map(|component: &Path| {
            let output = host.run(component, &preopens, &args, &trees.paths);
            output.unwrap_or_else(|failure| panic!("{failure}"))
        });
        let differing = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
        assert_eq!(differing, None, "seed {seed}");
        assert_eq!(expected.lines().count(), found.lines().count());
    }
}

#[test]
fn host_directories_stay_as_they_were() {
    host_directories_stay(Version::V2);
}

#[test]
fn host_directories_of_wasi_0_3_stay_as_they_were() {
    if read_only::is_permitted() {
        host_directories_stay(Version::V3);
    }
}

fn agree_on_many_operations(version: Version) {
    Tally::of_many("COMPONENT_OPERATIONS", 100_000, |seed, tally| {
        run_trees(version, seed, tally);
    });
}

/// Programs of WASI 0.2 that change the directories of one seed, packed in each way, and
/// with one memory.
fn run_writing(seed: u64, host: &mut dyn Reference, tally: &mut Tally) {
    const WRITABLE: [&str; 4] = ["--writable", "/data", "--writable", "/other"];
    let (guest, trees) = (Version::V2.guest(), OracleTrees::new(seed));
    let single: &[&str] = &["--compress", "--memory", "single"];
    let packings = WAYS.into_iter().chain([single]).map(|options| Packing {
        way: format!("{options:?}"),
        module: pack(&guest, &trees, &[&WRITABLE[..], options].concat()),
    });
    let packings: Vec<_> = packings.collect();
    let programs = (0..2).map(|number| Program::new(seed << 16 | number, PROGRAM_LEN).writing());
    tally.compare(host, (&guest, &trees), &packings, programs);
}

/// What is on the files of the tree at the end is compared, too.
#[test]
fn writable_components_behave_like_writable_directories() {
    let mut tally = Tally::default();
    run_writing(50, &mut Host::new(), &mut tally);
    assert_eq!(tally.operations, 2 * (WAYS.len() + 1) * PROGRAM_LEN);
}

/// The same programs under another engine.
#[test]
fn writable_components_behave_alike_under_jco() {
    let trees = OracleTrees::new(51);
    let program = Program::new(51, PROGRAM_LEN).writing();
    let guest = Version::V2.guest();
    let options = ["--writable", "/data", "--writable", "/other"];
    let packed = pack(&guest, &trees, &options);
    let sides = Sides {
        guest: &guest,
        packed: &packed,
        trees: &trees,
    };
    let expected = program.packed(&mut Host::new(), sides);
    let said = Engine::Jco.run_with(&packed, &program.args(), &trees.paths);
    let found = with_error_line(said.stdout, &said.stderr);
    assert_eq!(said.status, 0, "{}", said.stderr);
    let differing = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
    assert_eq!(differing, None);
}

#[test]
#[ignore = "long: `make oracle`"]
fn writable_component_and_host_agree_on_many_operations() {
    Tally::of_many("COMPONENT_OPERATIONS", 100_000, |seed, tally| {
        // One process for each tree, because it keeps the compiled components.
        run_writing(seed, &mut Host::new(), tally);
    });
}

#[test]
#[ignore = "long: `make oracle`"]
fn component_and_host_agree_on_many_operations() {
    agree_on_many_operations(Version::V2);
}

#[test]
#[ignore = "long: `make oracle`"]
fn wasi_0_3_component_and_host_agree_on_many_operations() {
    agree_on_many_operations(Version::V3);
}

/// The differences that `docs/RUNTIME.md` names for a version.
fn documented_differences(version: Version) -> BTreeSet<String> {
    let path = workspace::root().join("docs/RUNTIME.md");
    let text = fs::read_to_string(path).expect("docs/RUNTIME.md");
    let (_, list) = text
        .split_once(&format!("show in WASI {}:", version.name()))
        .expect("a list of the differences");
    let list = list.split('.').next().unwrap_or_default();
    let names = list.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}
