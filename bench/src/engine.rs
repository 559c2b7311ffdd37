//! The engines that run modules, by the programs in `engines/`.

use crate::command::Command;
use crate::packed::{Packer, Program, Subject};
use crate::tree::Tree;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The calls that `guests/reader.c` repeats, and their names in tables.
pub(crate) const CALLS: [(&str, &str); 4] = [
    ("stat", "`stat`"),
    ("open_close", "`open` and `close`"),
    ("readdir", "`readdir`, one entry"),
    ("pread", "`pread` of 4 KiB"),
];

/// An engine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Engine {
    Wasmtime,
    Node,
}

impl Engine {
    pub(crate) const ALL: [Self; 2] = [Self::Wasmtime, Self::Node];

    /// The name in tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Wasmtime => "wasmtime",
            Self::Node => "Node",
        }
    }

    /// The command that runs `mode` with the words before the subjects and the subjects.
    pub(crate) fn command(self, mode: &str, words: &str, subjects: &[Subject]) -> Command {
        let program = match self {
            Self::Wasmtime => ".tools/venv/bin/python bench/engines/run_wasmtime.py",
            Self::Node => ".tools/node --no-warnings --expose-gc bench/engines/run_node.mjs",
        };
        let subjects: Vec<_> = subjects.iter().map(Subject::argument).collect();
        let subjects = subjects.join(" ");
        Command::new(format!("{program} {mode} {words} {subjects}"))
    }

    /// Runs this command.
    pub(crate) fn run(self, mode: &str, words: &str, subjects: &[Subject]) -> Result<Run> {
        Run::of(self.command(mode, words, subjects))
    }
}

/// Count, bytes and digest of the files of a tree, as the C program finds them in the
/// directory itself under Node: the oracle of every packed module.
pub(crate) fn content(packer: &Packer, tree: &Tree) -> Result<String> {
    let host = [packer.host(Program::Merged)];
    let run = Engine::Node.run("read", &format!("0 {}", tree.mapping()), &host)?;
    Ok(run.series("host", "read")?.sum.clone())
}

/// One operation of one subject.
#[derive(Debug, Deserialize)]
pub(crate) struct Series {
    /// One a round.
    pub(crate) values: Vec<f64>,
    /// Depends on the answers of the operation.
    pub(crate) sum: String,
}

/// The output of a program: subject, operation, series.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) command: Command,
    output: BTreeMap<String, BTreeMap<String, Series>>,
}

impl Run {
    /// Runs a command of [`Engine::command`].
    pub(crate) fn of(command: Command) -> Result<Self> {
        let output = command.json()?;
        Ok(Self { command, output })
    }

    /// The series of an operation of a subject.
    pub(crate) fn series(&self, subject: &str, operation: &str) -> Result<&Series> {
        let operations = self.output.get(subject);
        let series = operations.and_then(|operations| operations.get(operation));
        series.with_context(|| format!("`{}`: no {operation} of {subject}", self.command))
    }

    /// # Errors
    ///
    /// If the answers of an operation differ between subjects, or from `expected`.
    pub(crate) fn expect(&self, operation: &str, expected: Option<&String>) -> Result<()> {
        let series = self.output.values().filter_map(|one| one.get(operation));
        let mut sums = series.map(|series| &series.sum);
        let expected = expected.or_else(|| sums.clone().next());
        let wrong = sums.find(|sum| Some(*sum) != expected);
        ensure!(
            wrong.is_none(),
            "`{}`: {operation} answers {wrong:?} instead of {expected:?}",
            self.command
        );
        Ok(())
    }
}
