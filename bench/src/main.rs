//! Measures wasi-vfs, checks that what it measures is right, prints tables and
//! writes `docs/BENCHMARKS.md`. `make bench` brings what it needs. With names of
//! benchmarks as arguments it measures and prints those alone; `hash DIRECTORY`
//! is what packing is compared with.
//!
//! One benchmark is one file and gives one or two [`report::Section`]s. A tree
//! or a peer to add is a constant in `trees` or `peers`.

mod calls;
mod command;
mod content;
mod cost;
mod decoder;
mod engine;
mod goal;
mod guest;
mod index;
mod instantiate;
mod many;
mod memory;
mod pack;
mod pack_speed;
mod peers;
mod read;
mod report;
mod runtime_size;
mod single;
mod start;
mod statistics;
mod synthetic;
mod today;
mod trees;
mod variant;

use anyhow::{Context, Result, bail, ensure};
use command::{Command, root};
use content::Content;
use report::Section;
use std::path::Path;
use trees::Tree;

const OUTPUT: &str = "docs/BENCHMARKS.md";

type Contents = [(Tree, Content)];

/// A benchmark by its name. The first two pack what the others read.
type Benchmark = (&'static str, fn(&Contents) -> Result<Vec<Section>>);

const BENCHMARKS: [Benchmark; 13] = [
    ("pack", |_| pack::run()),
    ("pack_speed", |trees| Ok(vec![pack_speed::run(trees)?])),
    ("peers", |trees| Ok(vec![peers::sizes(trees)?])),
    ("download", |_| Ok(vec![peers::download()?])),
    ("index", |trees| Ok(vec![index::run(trees)?])),
    ("memory", |trees| {
        Ok(vec![runtime_size::run()?, memory::run(trees)?])
    }),
    ("read", |trees| Ok(vec![read::run(trees)?])),
    ("calls", |_| Ok(vec![calls::run()?])),
    ("instantiate", |_| Ok(vec![instantiate::run()?])),
    ("single", |_| Ok(vec![single::run()?])),
    ("start", |_| Ok(vec![start::run()?])),
    ("decoder", |_| Ok(vec![decoder::run()?])),
    ("many", |_| Ok(vec![many::run()?])),
];

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

/// Prints what it measures as it goes; the report is written at the end.
fn run_all() -> Result<()> {
    let guest = prepare()?;
    let contents = contents()?;
    let mut text = introduction()?;
    print!("{text}");
    let mut goals = Vec::new();
    let mut add = |section: Section| {
        print!("{section}");
        goals.extend_from_slice(section.goals());
        text.push_str(&section.to_string());
    };
    for (name, benchmark) in BENCHMARKS {
        let sections = benchmark(&contents).context(name)?;
        sections.into_iter().for_each(&mut add);
    }
    add(guest);
    let summary = goal::summary(&goals);
    print!("{summary}");
    text.push_str(&summary.to_string());
    let output = root().join(OUTPUT);
    std::fs::write(&output, text.trim_end().to_owned() + "\n").context(OUTPUT)
}

fn run_some(names: &[String]) -> Result<()> {
    let contents = contents()?;
    prepare()?;
    for name in names {
        let found = BENCHMARKS.iter().find(|(known, _)| known == name);
        let Some((_, benchmark)) = found else {
            let known: Vec<_> = BENCHMARKS.iter().map(|(name, _)| *name).collect();
            bail!("no benchmark {name}; there are {}", known.join(", "));
        };
        for section in benchmark(&contents)? {
            print!("{section}{}", goal::summary(section.goals()));
        }
    }
    Ok(())
}

fn prepare() -> Result<Section> {
    std::fs::create_dir_all(root().join(variant::WORK))?;
    ensure!(
        root().join(today::LIBRARY).exists(),
        "run `tools/install today`"
    );
    guest::build()
}

fn contents() -> Result<Vec<(Tree, Content)>> {
    let content = |tree: Tree| Ok((tree, tree.content()?));
    trees::REAL.into_iter().map(content).collect()
}

fn introduction() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let node = String::from_utf8(Command::new(".tools/node --version").run()?)?;
    let versions = std::fs::read_to_string(root().join("tools/versions"))?;
    let wasmtime = versions
        .lines()
        .find_map(|line| line.strip_prefix("WASMTIME=")?.split_whitespace().next())
        .context("tools/versions has no WASMTIME")?;
    Ok(format!(
        "# Benchmarks\n\n\
         Written by `make bench`, which measures all of it in one run and fails where a result \
         is not right. Commands are to be run in the root of the repository. The last table has \
         the goals.\n\n\
         Trees, at fixed versions: the library of Ruby 3.4, from npm; of Python 3.13, from its \
         sources, alone and with what CPython 3.15 compiles it to; the `node_modules` of a \
         project with React, Vite and TypeScript, without native binaries, which cannot run \
         in WebAssembly; three versions of TypeScript side by side; fonts, pictures and a gzipped \
         module, compressed already. Others are made on the spot.\n\n\
         *wasi-vfs today* is its released runtime, 0.3.0, built from source and packed with \
         Wizer as its command does, or what Ruby's makers packed with it. Rows marked *measured \
         elsewhere* are figures of wasi-vfs 0.6.2 from another run.\n\n\
         Measured on {cores} cores with wasmtime {wasmtime} and Node {}. The machine is shared \
         and its clock noisy: figures are medians of interleaved runs, and ratios tell more than \
         times. wasmtime runs from Python, which is slow at reading a host directory.\n\n",
        node.trim(),
    ))
}
