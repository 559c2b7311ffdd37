//! Damage to any stored byte of an image is noticed: a program in the module
//! gets the right bytes or an error, and never other bytes, a trap or a loop.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use wasi_vfs_format::testing::Random;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::component::{self, Damaged};
use wasi_vfs_tests::guest::{self, Binding, Form};
use wasi_vfs_tests::interpreter::{self, Ran};
use wasi_vfs_tests::oracle::host::{Host, Reference};
use wasi_vfs_tests::stored::Stored;
use wasi_vfs_tests::tree::{Tree, bytes, sample};

const OPTIONS: [&[&str]; 3] = [
    &[],
    &["--compress=3", "--block-size", "4K"],
    &["--compress"],
];

/// The exit code of wasi-libc if the preopens cannot be listed: `EX_OSERR`.
const NO_PREOPENS: i32 = 71;

/// The damaged part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Index,
    Payload,
    /// Where the others are, and other things that the runtime must know.
    Anchor,
}

impl Part {
    /// `IO`, and `NOMEM` where an anchor sends the runtime beyond the memory.
    fn errnos(self) -> &'static [&'static str] {
        match self {
            Self::Anchor => &[": errno 29", ": errno 48"],
            Self::Index | Self::Payload => &[": errno 29"],
        }
    }
}

/// The most instructions of a run, relative to the run of the whole module. A damaged
/// run reads at most one index or block in vain.
const FUEL_FACTOR: u64 = 3;
const FUEL_SPARE: u64 = 50_000_000;

/// A little of everything: blocks of text, one that does not compress, links.
fn small() -> Tree {
    let tree = Tree::new();
    tree.file("a.txt", "hello, world\n")
        .file("dir/b.txt", "the same words, ".repeat(40))
        .file("dir/c.txt", bytes(600, 3))
        .file("empty", "")
        .link("link", "dir/b.txt")
        .set_times();
    tree
}

fn packed(tree: &Path, binding: Binding, options: &[&str]) -> Vec<u8> {
    // A small memory is a fast start.
    let guest = guest::c_with("survey", binding.form, &["-Wl,-z,stack-size=131072"]);
    let pack = binding.options_on(Pack::new(guest)).dir(tree, "/data");
    let pack = options
        .iter()
        .fold(pack, |pack, option| pack.option(option));
    fs::read(pack.run()).expect("it was written")
}

/// The output of the whole module. A damaged module may print only these lines and
/// errors.
struct Expected {
    lines: BTreeSet<String>,
    fuel: u64,
}

impl Expected {
    fn of(module: &[u8]) -> Self {
        Self::after(&interpreter::run(module, u64::MAX / 2))
    }

    /// From the run of the whole program.
    fn after(whole: &Ran) -> Self {
        assert_eq!(whole.status, Ok(0), "{}", whole.stdout);
        assert!(whole.stdout.lines().count() > 8, "{}", whole.stdout);
        assert!(!whole.stdout.contains("errno"), "{}", whole.stdout);
        Self {
            lines: whole.stdout.lines().map(str::to_owned).collect(),
            fuel: whole.fuel * FUEL_FACTOR + FUEL_SPARE,
        }
    }

    /// Whether the run noticed the damage, or the reason why it is wrong.
    fn judge(&self, ran: &Ran, part: Part) -> Result<bool, String> {
        match &ran.status {
            Ok(NO_PREOPENS) if ran.stdout.is_empty() && part != Part::Payload => return Ok(true),
            Ok(0) if !ran.stdout.is_empty() => {}
            other => return Err(format!("{other:?} after:\n{}", ran.stdout)),
        }
        let mut missing = self.lines.clone();
        let mut errors = Vec::new();
        for line in ran.stdout.lines() {
            if missing.remove(line) {
                continue;
            }
            if !part.errnos().iter().any(|errno| line.ends_with(errno)) {
                return Err(format!("another answer, or twice: {line}"));
            }
            errors.push(path_of(line));
        }
        // An error explains all missing lines at its path and below it.
        let unexplained = missing.iter().find(|line| {
            let path = Path::new(path_of(line));
            !errors
                .iter()
                .any(|error| !error.is_empty() && path.starts_with(error))
        });
        match unexplained {
            Some(line) => Err(format!("missing without an error: {line}")),
            None => Ok(!errors.is_empty()),
        }
    }
}

/// The path in a line such as `read /data/a.txt: 1f`.
fn path_of(line: &str) -> &str {
    let path = line.split_once(' ').map_or("", |(_, rest)| rest);
    path.split_once(": ").map_or(path, |(path, _)| path)
}

/// The damaged bits of a byte: the lowest, the highest, or all.
fn flipped(at: usize) -> u8 {
    [0x01, 0x80, 0xff][at % 3]
}

fn damage(module: &mut [u8], at: usize) {
    module[at] ^= flipped(at);
}

/// Runs the module with each of these bytes damaged; how many runs noticed.
fn try_each(module: &[u8], offsets: &[usize], part: Part, what: &str) -> usize {
    let expected = Expected::of(module);
    let mut noticed = 0;
    let mut damaged = module.to_vec();
    for &at in offsets {
        damage(&mut damaged, at);
        let ran = interpreter::run(&damaged, expected.fuel);
        let judged = expected.judge(&ran, part);
        let judged =
            judged.unwrap_or_else(|error| panic!("{part:?}, {what}, byte {at:#x}: {error}"));
        noticed += usize::from(judged);
        damaged[at] = module[at];
    }
    noticed
}

fn every_byte_of_a_small_image(binding: Binding) {
    let tree = small();
    for options in OPTIONS {
        let module = packed(tree.path(), binding, options);
        let stored = Stored::find(&module);
        let what = format!("{binding:?} {options:?}");
        for (part, offsets) in [
            (Part::Index, &stored.index),
            (Part::Payload, &stored.payload),
        ] {
            assert!(offsets.len() > 100, "{what}: {} bytes", offsets.len());
            let noticed = try_each(&module, offsets, part, &what);
            // A frame has a few bits without meaning. A checksum covers those of the
            // payload. The checksum of an index covers the decompressed bytes only.
            let harmless = offsets.len() - noticed;
            assert!(
                harmless <= if part == Part::Index { 4 } else { 0 },
                "{what}: {harmless}"
            );
        }
        // Only tools read most of the anchor.
        assert!(try_each(&module, &stored.anchor, Part::Anchor, &what) > 8);
        eprintln!("{what}: {} bytes", stored.all().len());
    }
}

#[test]
fn damage_of_any_byte_of_a_merged_image_is_harmless() {
    every_byte_of_a_small_image(Binding::SEPARATE);
}

#[test]
fn damage_of_any_byte_of_a_linked_image_is_harmless() {
    every_byte_of_a_small_image(Binding::LINKED);
}

/// Index and payload are read as with a separate memory. Their places in the anchor
/// differ.
#[test]
fn damage_of_any_byte_of_a_single_anchor_is_harmless() {
    let tree = small();
    for options in &OPTIONS[..2] {
        let module = packed(tree.path(), Binding::SINGLE, options);
        let stored = Stored::find(&module);
        let what = format!("{options:?}");
        let noticed = try_each(&module, &stored.anchor, Part::Anchor, &what);
        assert!(noticed > 8, "{options:?}: {noticed}");
    }
}

/// So many places, spread over all of them and drawn within each stretch.
fn drawn(offsets: &[usize], count: usize) -> Vec<usize> {
    let mut random = Random::new(7);
    let step = offsets.len() / count;
    let draw = |number: usize| offsets[number * step + random.below(step)];
    (0..count).map(draw).collect()
}

#[test]
fn damage_of_a_larger_image_is_harmless() {
    let tree = sample();
    for binding in Binding::ALL {
        for options in &OPTIONS[..2] {
            let module = packed(tree.path(), binding, options);
            let stored = Stored::find(&module);
            let what = format!("{binding:?} {options:?}");
            for (part, offsets) in [
                (Part::Index, drawn(&stored.index, 10)),
                (Part::Payload, drawn(&stored.payload, 20)),
            ] {
                let noticed = try_each(&module, &offsets, part, &what);
                assert_eq!(noticed, offsets.len(), "{what}");
            }
        }
    }
}

#[test]
fn compiler_and_interpreter_see_the_same_damage() {
    let tree = small();
    let mut host = Host::new();
    let scratch = Tree::new();
    for (number, binding) in Binding::ALL.into_iter().enumerate() {
        let module = packed(tree.path(), binding, OPTIONS[1]);
        let stored = Stored::find(&module);
        let expected = Expected::of(&module);
        let mut offsets = drawn(&stored.index, 12);
        offsets.extend(drawn(&stored.payload, 12));
        offsets.extend(drawn(&stored.anchor, 8));
        for at in offsets {
            let mut damaged = module.clone();
            damage(&mut damaged, at);
            let name = format!("{number}-{at}.wasm");
            scratch.file(&name, &damaged);
            let found = host.run(&scratch.path().join(name), &[], &[], "");
            let interpreted = interpreter::run(&damaged, expected.fuel);
            match interpreted.status {
                Ok(0) => assert_eq!(found.as_deref(), Ok(&*interpreted.stdout), "byte {at:#x}"),
                status => {
                    let found = found.expect_err("it fails in the interpreter");
                    let status = status.expect("an exit, and no trap");
                    // The program's standard error follows.
                    let outcome = found.lines().next().unwrap_or_default();
                    assert!(
                        outcome.ends_with(&format!(": {status}")),
                        "byte {at:#x}: {found}"
                    );
                }
            }
        }
    }
}

/// A component that is wired, since it uses files of WASI 0.2 itself. An exit of a component
/// has no code, so only an exit before any output can be that of missing preopens.
fn run_component(damaged: &mut Damaged, at: usize, flipped: u8) -> Ran {
    let mut ran = damaged.run(at, flipped);
    if ran.status == Ok(1) && ran.stdout.is_empty() {
        ran.status = Ok(NO_PREOPENS);
    }
    ran
}

/// The engine compiles the component for each byte, so only some bytes are damaged.
#[test]
fn damage_of_a_wired_component_is_harmless() {
    let tree = small();
    let app = component::native(&guest::c("survey", Form::COMMAND));
    for options in &OPTIONS[..2] {
        let pack = Pack::new(&*app).dir(tree.path(), "/data");
        let pack = options
            .iter()
            .fold(pack, |pack, option| pack.option(option));
        let packed = pack.run();
        let stored = Stored::find_in_component(&fs::read(&packed).expect("it was written"));
        let whole = Damaged::new(&packed, u64::MAX / 2).run(0, 0);
        let expected = Expected::after(&whole);
        let mut damaged = Damaged::new(&packed, expected.fuel);
        for (part, offsets, least) in [
            (Part::Index, drawn(&stored.index, 16), 15),
            (Part::Payload, drawn(&stored.payload, 16), 16),
            (Part::Anchor, drawn(&stored.anchor, 12), 1),
        ] {
            let judge = |&at: &usize| {
                let ran = run_component(&mut damaged, at, flipped(at));
                let judged = expected.judge(&ran, part);
                judged.unwrap_or_else(|error| panic!("{part:?}, {options:?}, {at:#x}: {error}"))
            };
            let noticed = offsets.iter().map(judge).filter(|noticed| *noticed).count();
            assert!(noticed >= least, "{part:?}, {options:?}: {noticed}");
        }
    }
}
