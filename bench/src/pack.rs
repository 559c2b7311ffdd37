//! What packing costs and what it adds to a module.

use crate::command::Command;
use crate::report::Section;
use crate::statistics::{grouped, median_of, ratio};
use crate::variant::{Program, Storage, added, pack, packed};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;

const ROUNDS: usize = 5;

/// Runs what follows it and prints a [`Cost`].
const RUSAGE: &str = ".tools/venv/bin/python bench/engines/rusage.py";

/// What one run cost.
#[derive(Debug, Deserialize)]
struct Cost {
    wall_s: f64,
    cpu_s: f64,
    peak_kib: u64,
}

type Costs = BTreeMap<(Program, Storage), Vec<Cost>>;

fn variants() -> impl Iterator<Item = (Program, Storage)> {
    let each = |program| Storage::ALL.map(|storage| (program, storage));
    Program::ALL.into_iter().flat_map(each)
}

fn measured(program: Program, storage: Storage) -> Command {
    Command::new(RUSAGE).with(&pack(program, storage).to_string())
}

/// Packs everything that the other benchmarks read.
pub(crate) fn run() -> Result<Vec<Section>> {
    let mut costs = Costs::new();
    for _ in 0..ROUNDS {
        for (program, storage) in variants() {
            let cost = measured(program, storage).json()?;
            costs.entry((program, storage)).or_default().push(cost);
        }
    }
    for (program, storage) in variants() {
        check_repeatable(program, storage)?;
    }
    Ok(vec![size()?, cost(&costs)])
}

/// Another run gives the same bytes. That they are the right ones is what the
/// reading benchmarks check.
fn check_repeatable(program: Program, storage: Storage) -> Result<()> {
    let path = crate::command::root().join(packed(program, storage));
    let read = || std::fs::read(&path).with_context(|| path.display().to_string());
    let first = read()?;
    pack(program, storage).run()?;
    ensure!(first == read()?, "{} differs from itself", path.display());
    Ok(())
}

fn size() -> Result<Section> {
    let mut section = Section::new(
        "Bytes added to the module",
        "The packed module less the module. Index, payload and cold part are those of the image; \
         the rest is the runtime, which a linked program had before. The commands are those of the next table.",
    )
    .head(&["", "added", "to the files", "index", "payload", "cold part"]);
    let files = crate::tree::Content::of(&crate::command::root().join(crate::tree::TREE))?.bytes;
    for (program, storage) in variants() {
        let path = packed(program, storage);
        let added = added(&path, &program.path())?;
        let module = std::fs::read(crate::command::root().join(&path))?;
        let contents = wasi_vfs::Contents::find(&module)?;
        let cold = contents.cold.as_ref().map_or(0, |cold| cold.len());
        section.row([
            format!("{}, {}", program.title(), storage.title()),
            grouped(added),
            ratio(added, files),
            grouped(contents.index.len() as u64),
            grouped(contents.payload.len() as u64),
            grouped(cold as u64),
        ]);
    }
    section.row([
        "wasi-vfs 0.6.2, measured elsewhere on a tree of 14.5 MB",
        "14,600,000",
        "1.01",
        "",
        "",
        "",
    ]);
    Ok(section)
}

fn cost(costs: &Costs) -> Section {
    let mut section = Section::new(
        "Cost of packing",
        format!(
            "Medians of {ROUNDS} interleaved runs, each a process of its own. Two runs gave the \
             same bytes, each time."
        ),
    )
    .head(&["", "CPU s", "wall s", "peak MiB"]);
    for (&(program, storage), costs) in costs {
        section.row([
            format!("{}, {}", program.title(), storage.title()),
            format!("{:.2}", median_of(costs, |cost| cost.cpu_s)),
            format!("{:.2}", median_of(costs, |cost| cost.wall_s)),
            format!(
                "{:.0}",
                median_of(costs, |cost| cost.peak_kib as f64) / 1024.0
            ),
        ]);
        section.command(&measured(program, storage));
    }
    section.row([
        "wasi-vfs 0.6.2 on `ruby.wasm`, measured elsewhere",
        "63",
        "",
        "563",
    ]);
    section.row([
        "wasi-vfs 0.6.2 on a linked C program, measured elsewhere",
        "",
        "0.72",
        "",
    ]);
    section
}
