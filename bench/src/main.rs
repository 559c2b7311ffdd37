//! Measures wasi-vfs and renders docs/BENCHMARKS.md.
//!
//! Each question has a module, whose `measure` runs commands, asserts that the results
//! are right, and adds records to `bench/results.json`. The page and the charts are
//! rendered from that file only, so that rendering needs no measurement.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a panic is how a test reports a failure"
    )
)]

mod calls;
mod chart;
mod command;
mod compare;
mod component;
mod coredump;
mod cost;
mod decoder;
mod earlier;
mod engine;
mod export;
mod formats;
mod frames;
mod number;
mod packed;
mod packing;
mod page;
mod reading;
mod record;
mod scaling;
mod size;
mod start;
mod table;
mod tree;
mod writing;

use anyhow::{Context, Result};
use clap::Parser;
use packed::Packer;
use record::{Notebook, Results};
use std::path::PathBuf;

type Measure = fn(&Packer, &mut Notebook) -> Result<()>;

const QUESTIONS: [(&str, Measure); 10] = [
    ("size", size::measure),
    ("formats", formats::measure),
    ("packing", packing::measure),
    ("start", start::measure),
    ("reading", reading::measure),
    ("decoder", decoder::measure),
    ("calls", calls::measure),
    ("writing", writing::measure),
    ("component", component::measure),
    ("scaling", scaling::measure),
];

/// Measure wasi-vfs.
///
/// `wasi-vfs-bench size calls` measures size and calls and renders the page. The other
/// questions are formats, packing, start, reading, decoder, writing, component and scaling.
/// `all` means all of them.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    task: Task,

    /// Command to measure
    #[arg(long, value_name = "PATH", default_value = "target/release/wasi-vfs")]
    wasi_vfs: String,

    /// On a busy machine, replace only bytes, memory and instructions
    #[arg(long)]
    exact: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Render docs/BENCHMARKS.md and its charts from bench/results.json
    Render,

    /// Print size, instructions and times of builds of the command
    Compare(compare::Compare),

    /// Read and hash every file below a directory, for comparison with packing
    Hash { directory: PathBuf },

    #[command(external_subcommand)]
    Measure(Vec<String>),
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.task {
        Task::Render => page::write(&Results::read()?),
        Task::Compare(compare) => compare.run(),
        Task::Hash { directory } => {
            println!("{}", packing::hash(&directory)?);
            Ok(())
        }
        Task::Measure(names) => measure(&cli.wasi_vfs, &names, cli.exact),
    }
}

/// Writes the records after each question, so that an interruption loses one question.
fn measure(command: &str, names: &[String], exact: bool) -> Result<()> {
    let known = QUESTIONS.map(|(name, _)| name);
    let is_known = |name: &&String| *name == "all" || known.contains(&&***name);
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        anyhow::bail!("no question {unknown}; use all, {}", known.join(", "));
    }
    let packer = Packer::new(command, "target/bench/modules")?;
    let mut results = Results::read()?;
    for (name, measure) in QUESTIONS {
        if names.iter().any(|wanted| wanted == name || wanted == "all") {
            let mut notebook = Notebook::new(name, exact)?;
            measure(&packer, &mut notebook).context(name)?;
            results.replace(notebook)?;
        }
    }
    page::write(&results)
}
