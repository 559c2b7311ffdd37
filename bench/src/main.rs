//! Measures wasi-vfs, checks that what it measures is right, prints tables and
//! writes `docs/BENCHMARKS.md`. `make bench` brings what it needs. With names of
//! benchmarks as arguments it measures and prints those alone; `hash DIRECTORY`
//! is what packing is compared with.
//!
//! One benchmark is one file and gives one or two [`Section`]s. A tree, a peer
//! or a form of packing to add is a constant in `trees`, `peers` or `program`.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a panic is how a test reports a failure"
    )
)]

mod bulk;
mod calling;
mod calls;
mod command;
mod content;
mod contestant;
mod cost;
mod decoder;
mod download;
mod engine;
mod file;
mod frames;
mod goal;
mod growing;
mod guest;
mod index;
mod instantiate;
mod introduction;
mod large;
mod many;
mod memory;
mod pack;
mod pack_speed;
mod packed;
mod peers;
mod program;
mod progress;
mod read;
mod reading;
mod report;
mod rounds;
mod runtime_size;
mod start;
mod statistics;
mod storage;
mod synthetic;
mod today;
mod trees;
mod variant;

use anyhow::{Context, Result, ensure};
use command::root;
use content::Content;
use goal::Case;
use progress::step;
use report::Section;
use std::path::Path;
use trees::Tree;

const OUTPUT: &str = "docs/BENCHMARKS.md";

type Contents = [(Tree, Content)];

/// A benchmark by its name.
type Benchmark = (&'static str, fn(&Contents) -> Result<Vec<Section>>);

const BENCHMARKS: [Benchmark; 15] = [
    ("pack", |_| pack::run()),
    ("pack_speed", |trees| one(pack_speed::run(trees))),
    ("peers", |trees| one(peers::sizes(trees))),
    ("download", |_| one(download::run())),
    ("index", |trees| one(index::run(trees))),
    ("decoder", |_| decoder::run()),
    ("read", |trees| read::run(trees)),
    ("calls", |_| calls::run()),
    ("runtime_size", |_| one(runtime_size::run())),
    ("memory", |trees| memory::run(trees)),
    ("instantiate", |_| one(instantiate::run())),
    ("growing", |_| one(growing::run())),
    ("start", |_| one(start::run())),
    ("many", |_| many::run()),
    ("large", |_| one(large::run())),
];

fn one(section: Result<Section>) -> Result<Vec<Section>> {
    Ok(vec![section?])
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [] => run_all(),
        [name, directory] if name == "hash" => {
            println!("{}", pack_speed::hash(Path::new(directory))?);
            Ok(())
        }
        names => run_some(names),
    }
}

/// Prints tables as it goes; the report is written at the end.
fn run_all() -> Result<()> {
    let (guest, contents) = prepare()?;
    let (mut text, mut cases) = (String::new(), Vec::new());
    let mut add = |section: &Section| {
        print!("{section}");
        text.push_str(&section.to_string());
        cases.extend_from_slice(section.cases());
    };
    for benchmark in BENCHMARKS {
        run(benchmark, &contents)?.iter().for_each(&mut add);
    }
    add(&guest);
    let goals = goal::summary(&cases);
    print!("{goals}");
    let text = format!("{}{goals}{text}", introduction::introduction()?);
    std::fs::write(root().join(OUTPUT), text.trim_end().to_owned() + "\n").context(OUTPUT)?;
    step(format_args!("{OUTPUT} is written"));
    Ok(())
}

fn run_some(names: &[String]) -> Result<()> {
    let chosen = names.iter().map(|name| find(name));
    let chosen = chosen.collect::<Result<Vec<_>>>()?;
    let (_, contents) = prepare()?;
    for benchmark in chosen {
        let sections = run(benchmark, &contents)?;
        sections.iter().for_each(|section| print!("{section}"));
        let cases = sections.iter().flat_map(Section::cases).cloned();
        let cases: Vec<Case> = cases.collect();
        if !cases.is_empty() {
            print!("{}", goal::summary(&cases));
        }
    }
    Ok(())
}

fn find(name: &str) -> Result<Benchmark> {
    let found = BENCHMARKS.into_iter().find(|(known, _)| *known == name);
    let known = || BENCHMARKS.map(|(name, _)| name).join(", ");
    found.with_context(|| format!("no benchmark {name}; there are {}", known()))
}

fn run((name, benchmark): Benchmark, contents: &Contents) -> Result<Vec<Section>> {
    step(format_args!("# {name}"));
    benchmark(contents).context(name)
}

fn prepare() -> Result<(Section, Vec<(Tree, Content)>)> {
    ensure!(
        root().join(today::LIBRARY).exists(),
        "run `tools/install today`"
    );
    std::fs::create_dir_all(root().join(variant::WORK))?;
    step("reading the trees");
    let content = |tree: Tree| Ok((tree, tree.content()?));
    let contents = trees::REAL.into_iter().map(content);
    let contents = contents.collect::<Result<_>>()?;
    Ok((guest::build()?, contents))
}
