//! Reading every file of a tree in modules beside each other, by
//! `engines/read_*`, and holding what was read against the directory.

use crate::command::Command;
use crate::content::Content;
use crate::engine::Engine;
use crate::trees::Tree;
use crate::variant::{Variant, words};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What an engine says of one variant.
#[derive(Debug, Deserialize)]
struct Reading {
    ms: Vec<f64>,
    content: Content,
}

/// Rounds that are not counted, and rounds that are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds {
    pub(crate) warmup: usize,
    pub(crate) counted: usize,
}

/// Milliseconds of every round, for each variant.
pub(crate) struct Times {
    pub(crate) ms: Vec<Vec<f64>>,
    pub(crate) command: Command,
}

/// Reads, in a fresh instance each time.
pub(crate) fn read(
    engine: Engine,
    tree: &Tree,
    expected: &Content,
    rounds: Rounds,
    variants: &[Variant],
) -> Result<Times> {
    let command = engine
        .program("read")
        .with(&format!("{} {}", rounds.warmup, rounds.counted))
        .with(&tree.mapping())
        .with(&words(variants));
    let mut readings: BTreeMap<String, Reading> = command.json()?;
    let mut of_variant = |variant: &Variant| {
        let reading = readings.remove(&variant.name);
        let reading = reading.context("a variant is missing")?;
        let who = format!("{} under {}", variant.title, engine.title());
        expected.expect(&reading.content, &who)?;
        Ok(reading.ms)
    };
    let ms = variants
        .iter()
        .map(&mut of_variant)
        .collect::<Result<_>>()?;
    Ok(Times { ms, command })
}
