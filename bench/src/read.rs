//! Reading every file of a tree, by `engines/read_*`.

use crate::content::Content;
use crate::engine::Engine;
use crate::goal::Goal;
use crate::report::Section;
use crate::statistics::median;
use crate::today;
use crate::trees::{RUBY, Tree};
use crate::variant::{Program, Variant, words};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

const WARMUP: usize = 2;

/// Trees up to this size are read more often.
const SMALL_BYTES: u64 = 32 << 20;
const ROUNDS: usize = 15;
const ROUNDS_LARGE: usize = 5;

#[derive(Debug, Deserialize)]
struct Reading {
    ms: Vec<f64>,
    content: Content,
}

/// Each tree in each engine.
pub(crate) fn run(contents: &[(Tree, Content)]) -> Result<Section> {
    let mut section = Section::new(
        "Reading every file",
        format!(
            "By the C program, in a fresh instance each time, so that every block is cold. \
             Medians of {ROUNDS} interleaved instances in ms, of {ROUNDS_LARGE} where a tree has \
             more than {} MiB; in brackets the ratio to wasi-vfs today. What was read was the \
             same each time.",
            SMALL_BYTES >> 20
        ),
    )
    .head(&[
        "",
        "wasi-vfs today",
        "directory preopened",
        "merged, stored",
        "merged, `--compress`",
        "linked, stored",
        "linked, `--compress`",
    ]);
    for (tree, content) in contents {
        let variants = variants(tree)?;
        for engine in Engine::ALL {
            add_row(&mut section, engine, tree, content, &variants)?;
        }
    }
    Ok(section)
}

fn variants(tree: &Tree) -> Result<Vec<Variant>> {
    let mut all = vec![today::variant(tree)?];
    all.push(Variant::unpacked(Program::Reader).preopened());
    all.extend(Variant::packed(Program::Reader, tree));
    if *tree == RUBY {
        all.extend(Variant::packed(Program::LinkedReader, tree));
    }
    Ok(all)
}

fn add_row(
    section: &mut Section,
    engine: Engine,
    tree: &Tree,
    content: &Content,
    variants: &[Variant],
) -> Result<()> {
    let rounds = if content.bytes < SMALL_BYTES {
        ROUNDS
    } else {
        ROUNDS_LARGE
    };
    let command = engine
        .program("read")
        .with(&format!("{WARMUP} {rounds}"))
        .with(&tree.mapping())
        .with(&words(variants));
    let times = times(engine, &command, variants, content)?;
    let title = format!("{}, {}", tree.title, engine.title());
    let cell = |ms: &f64| format!("{ms:.1} ({:.2})", ms / times[0]);
    section.row([title.clone()].into_iter().chain(times.iter().map(cell)));
    section.command(&command);
    for (at, storage, bound) in [(2, "stored", 1.0), (3, "compressed", 2.5)] {
        let what = format!("reading every file, {title}, {storage}, to today");
        section.goal(Goal::at_most(what, times[at] / times[0], bound));
    }
    Ok(())
}

fn times(
    engine: Engine,
    command: &crate::command::Command,
    variants: &[Variant],
    expected: &Content,
) -> Result<Vec<f64>> {
    let readings: BTreeMap<String, Reading> = command.json()?;
    let time = |Variant { name, .. }: &Variant| {
        let reading = readings.get(name).context("a variant is missing")?;
        expected.expect(
            &reading.content,
            &format!("{name} under {}", engine.title()),
        )?;
        Ok(median(&reading.ms))
    };
    variants.iter().map(time).collect()
}
