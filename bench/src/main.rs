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
mod content;
mod cost;
mod decoder;
mod earlier;
mod engine;
mod export;
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

use anyhow::Result;
use clap::Parser;
use packed::Packer;
use record::{Notebook, Results};
use std::path::PathBuf;

/// Measure wasi-vfs.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    task: Task,

    /// Command to measure
    #[arg(
        long,
        value_name = "PATH",
        default_value = "target/release/wasi-vfs",
        global = true
    )]
    wasi_vfs: String,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Measure everything and render the page
    All,

    #[command(flatten)]
    Question(Question),

    /// Render docs/BENCHMARKS.md and its charts from bench/results.json
    Render,

    /// Print size, instructions and times of builds of the command
    Compare(compare::Compare),

    /// Read and hash every file below a directory, for comparison with packing
    Hash { directory: PathBuf },
}

#[derive(Clone, Copy, Debug, clap::Subcommand)]
enum Question {
    /// Bytes added to modules, beside other formats
    Size,
    /// CPU time, wall time and memory of packing
    Packing,
    /// Starts of modules and interpreters, and linear memory
    Start,
    /// Reading every file of a tree
    Reading,
    /// Speed of the decoder beside libzstd
    Decoder,
    /// Single calls, in nanoseconds and instructions
    Calls,
    /// Very many files, and a very large one
    Scaling,
}

impl Question {
    const ALL: [Self; 7] = [
        Self::Size,
        Self::Packing,
        Self::Start,
        Self::Reading,
        Self::Decoder,
        Self::Calls,
        Self::Scaling,
    ];

    /// The name in records.
    fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Packing => "packing",
            Self::Start => "start",
            Self::Reading => "reading",
            Self::Decoder => "decoder",
            Self::Calls => "calls",
            Self::Scaling => "scaling",
        }
    }

    fn measure(self, packer: &Packer, notebook: &mut Notebook) -> Result<()> {
        match self {
            Self::Size => size::measure(packer, notebook),
            Self::Packing => packing::measure(packer, notebook),
            Self::Start => start::measure(packer, notebook),
            Self::Reading => reading::measure(packer, notebook),
            Self::Decoder => decoder::measure(packer, notebook),
            Self::Calls => calls::measure(packer, notebook),
            Self::Scaling => scaling::measure(packer, notebook),
        }
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.task {
        Task::All => measure(&cli.wasi_vfs, &Question::ALL),
        Task::Question(question) => measure(&cli.wasi_vfs, &[question]),
        Task::Render => page::write(&Results::read()?),
        Task::Compare(compare) => compare.run(),
        Task::Hash { directory } => {
            println!("{}", packing::hash(&directory)?);
            Ok(())
        }
    }
}

/// Writes the records after each question, so that an interruption loses one question.
fn measure(command: &str, questions: &[Question]) -> Result<()> {
    let packer = Packer::new(command, "target/bench/modules")?;
    let mut results = Results::read()?;
    for question in questions {
        let mut notebook = Notebook::new(question.name())?;
        question.measure(&packer, &mut notebook)?;
        results.replace(question.name(), notebook.records)?;
    }
    page::write(&results)
}
