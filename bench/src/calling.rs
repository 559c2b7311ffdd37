//! Timing single calls in modules beside each other, by `engines/calls_*`, and
//! counting their instructions.

use crate::command::Command;
use crate::engine::Engine;
use crate::statistics::{Estimate, median};
use crate::trees::Tree;
use crate::variant::{Variant, words};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The calls, as `guests/calls.c` exports them.
pub(crate) const NAMES: [&str; 5] = ["stat", "open_close", "readdir", "seek", "pread"];

/// The first of them look for a name; the others do not depend on a directory.
pub(crate) const LOOKUPS: usize = 3;

/// How often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds {
    pub(crate) warmup: usize,
    pub(crate) counted: usize,
    /// Of each call in a round.
    pub(crate) calls: usize,
}

/// What an engine says of a variant and a call.
#[derive(Debug, Deserialize)]
struct Calls {
    /// Nanoseconds or instructions of one, in every round.
    each: Vec<f64>,
    /// Made of what the calls answered.
    sum: String,
}

/// What one of each of the calls takes in every round.
type Times = [Vec<f64>; NAMES.len()];

/// What was measured, for each variant in turn.
pub(crate) struct Called {
    times: Vec<Times>,
    sums: Vec<[String; NAMES.len()]>,
    pub(crate) command: Command,
}

/// Makes all the calls in all of the variants.
pub(crate) fn call(
    engine: Engine,
    tree: &Tree,
    rounds: Rounds,
    variants: &[Variant],
) -> Result<Called> {
    let Rounds {
        warmup,
        counted,
        calls,
    } = rounds;
    let command = engine
        .program("calls")
        .with(&format!("{warmup} {counted} {calls}"))
        .with(&tree.mapping())
        .with(&words(variants));
    run(command, variants)
}

/// Counts the instructions of all the calls in all of the variants: they do not
/// depend on the machine, and are only those in the module.
pub(crate) fn count(calls: usize, variants: &[Variant]) -> Result<Called> {
    let command = Engine::Wasmtime.program("instructions");
    run(
        command.with(&format!("{calls} {}", words(variants))),
        variants,
    )
}

fn run(command: Command, variants: &[Variant]) -> Result<Called> {
    let mut results: BTreeMap<String, BTreeMap<String, Calls>> = command.json()?;
    let (mut times, mut sums) = (Vec::new(), Vec::new());
    for variant in variants {
        let mut result = results.remove(&variant.name).unwrap_or_default();
        let calls = NAMES.map(|name| result.remove(name));
        let [Some(a), Some(b), Some(c), Some(d), Some(e)] = calls else {
            anyhow::bail!("`{command}` says not all of {}", variant.title);
        };
        let calls = [a, b, c, d, e];
        sums.push(calls.each_ref().map(|calls| calls.sum.clone()));
        times.push(calls.map(|calls| calls.each));
    }
    Ok(Called {
        times,
        sums,
        command,
    })
}

impl Called {
    /// Fails unless all variants, which have the same files, answered the same.
    pub(crate) fn expect_same(&self) -> Result<()> {
        let first = self.sums.first().context("there are variants")?;
        let same = self.sums.iter().all(|sums| sums == first);
        ensure!(same, "`{}`: answers differ: {:?}", self.command, self.sums);
        Ok(())
    }

    /// How long a call takes in a variant, to how long in another.
    pub(crate) fn ratio(&self, call: usize, of: usize, to: usize) -> Estimate {
        Estimate::ratio(&self.times[of][call], &self.times[to][call])
    }

    /// A row for a variant: what calls take, and ratios to another one.
    pub(crate) fn row(&self, title: String, of: usize, to: usize) -> Vec<String> {
        let cell = |call: usize| {
            let each = median(&self.times[of][call]);
            format!("{each:.0} ({:.2})", self.ratio(call, of, to).value)
        };
        let cells = (0..NAMES.len()).map(cell);
        [title].into_iter().chain(cells).collect()
    }
}
