//! What single calls cost, by `engines/calls_*`.

use crate::command::Command;
use crate::engine::Engine;
use crate::goal::Goal;
use crate::report::Section;
use crate::statistics::median;
use crate::synthetic::Synthetic;
use crate::today;
use crate::trees::{FLAT, HUNDRED_THOUSAND, RUBY, THOUSAND, Tree};
use crate::variant::{Program, Storage, Variant, pack, packed, words};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Rounds to warm up, rounds that count, and calls of each.
type Rounds = [usize; 3];
const ROUNDS: Rounds = [1, 7, 1_000];

/// In a large directory wasi-vfs today takes a millisecond and more for a call.
const ROUNDS_FLAT: Rounds = [0, 3, 50];

const NAMES: [&str; 5] = ["stat", "open_close", "readdir", "seek", "pread"];

/// How much a call may cost among a hundred times the files: a lookup searches
/// its directory, which is no larger, and the directories above it.
const FLAT_BOUND: f64 = 1.25;

#[derive(Debug, Deserialize)]
struct Calls {
    ns: Vec<f64>,
    sum: String,
}

/// Nanoseconds a call, by variant and call.
type Times = Vec<[f64; NAMES.len()]>;

/// Small trees, a large directory, and many files.
pub(crate) fn run() -> Result<Section> {
    let ([_, rounds, calls], [_, flat, fewer]) = (ROUNDS, ROUNDS_FLAT);
    let mut section = Section::new(
        "Single calls",
        format!(
            "By the C program, on files from all over the tree; `readdir` with \
             opening and closing each directory, per entry; `seek` and `pread` (4 KiB) in one \
             file, which is warm unless it is longer than the cache. Nanoseconds a call: medians \
             of {rounds} interleaved rounds of {calls}, in the large directory of {flat} rounds \
             of {fewer}. All answers were the same. wasi-vfs today has no \
             `pread`; the program seeks and reads."
        ),
    );
    let mut head = vec![""];
    head.extend(NAMES);
    section = section.head(&head);
    small(&mut section)?;
    large_directory(&mut section)?;
    many(&mut section)?;
    Ok(section)
}

/// Host, today, stored and compressed, in that order.
fn variants(tree: &Tree) -> Result<Vec<Variant>> {
    for storage in Storage::RUN {
        pack(Program::Reader, tree, storage).run()?;
    }
    let mut all = vec![host(), today::variant(tree)?];
    all.extend(Variant::packed(Program::Reader, tree));
    Ok(all)
}

fn host() -> Variant {
    Variant::new("host", "directory preopened", &Program::Reader.path()).preopened()
}

fn small(section: &mut Section) -> Result<()> {
    let variants = variants(&RUBY)?;
    for engine in Engine::ALL {
        let times = measure(section, engine, &RUBY, ROUNDS, &variants)?;
        for (call, name) in NAMES.into_iter().enumerate() {
            for (at, storage) in [(2, "stored"), (3, "compressed")] {
                let ratio = times[at][call] / times[1][call];
                let title = engine.title();
                let what = format!("{name}, Ruby's library, {title}, {storage}, to today");
                section.goal(Goal::at_most(what, ratio, 1.0));
            }
        }
    }
    Ok(())
}

fn large_directory(section: &mut Section) -> Result<()> {
    let _files = Synthetic::flat()?;
    let variants = variants(&FLAT)?;
    let times = measure(section, Engine::Wasmtime, &FLAT, ROUNDS_FLAT, &variants)?;
    for (call, name) in NAMES.into_iter().enumerate().take(3) {
        let faster = times[1][call] / times[2][call];
        let what = format!("{name} in a directory of 10,000 files, times as fast as today");
        section.goal(Goal::at_least(what, faster, 20.0));
    }
    Ok(())
}

fn many(section: &mut Section) -> Result<()> {
    let mut all = Vec::new();
    let of = [
        (THOUSAND, Synthetic::thousand()?),
        (HUNDRED_THOUSAND, Synthetic::hundred_thousand()?),
    ];
    for (tree, _files) in &of {
        pack(Program::Reader, tree, Storage::Stored).run()?;
        let path = packed(Program::Reader, tree, Storage::Stored);
        let variants = [Variant::new("stored", "merged, stored", &path)];
        all.push(measure(section, Engine::Wasmtime, tree, ROUNDS, &variants)?);
    }
    for (call, name) in NAMES.into_iter().enumerate() {
        let ratio = all[1][0][call] / all[0][0][call];
        let what = format!("{name} among 100,000 files to among 1,000");
        section.goal(Goal::at_most(what, ratio, FLAT_BOUND));
    }
    Ok(())
}

fn measure(
    section: &mut Section,
    engine: Engine,
    tree: &Tree,
    [warmup, rounds, calls]: Rounds,
    variants: &[Variant],
) -> Result<Times> {
    let command = engine
        .program("calls")
        .with(&format!("{warmup} {rounds} {calls}"))
        .with(&tree.mapping())
        .with(&words(variants));
    let times = times(&command, variants)?;
    for (variant, times) in variants.iter().zip(&times) {
        let title = format!("{}, {}, {}", tree.title, engine.title(), variant.title);
        let cells = times.map(|ns| format!("{ns:.0}"));
        section.row([title].into_iter().chain(cells));
    }
    section.command(&command);
    Ok(times)
}

fn times(command: &Command, variants: &[Variant]) -> Result<Times> {
    let results: BTreeMap<String, BTreeMap<String, Calls>> = command.json()?;
    let mut expected = None;
    let of_variant = |variant: &Variant| {
        let calls = results.get(&variant.name).context("a variant is missing")?;
        let sums = NAMES.map(|name| calls.get(name).map(|calls| calls.sum.clone()));
        let expected = expected.get_or_insert_with(|| sums.clone());
        ensure!(*expected == sums, "{} answers otherwise", variant.title);
        Ok(NAMES.map(|name| {
            let ns = calls.get(name).map(|calls| median(&calls.ns));
            ns.unwrap_or(f64::NAN)
        }))
    };
    variants.iter().map(of_variant).collect()
}
