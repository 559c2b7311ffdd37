//! Reading and instantiating, in engines. The programs that measure
//! are in `engines/`; here their results are checked and set beside each other.

use crate::command::Command;
use crate::report::Section;
use crate::statistics::median;
use crate::tree::{Content, GUEST, TREE};
use crate::variant::{Program, Variant, words};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

const WARMUP: usize = 3;
const ROUNDS: usize = 31;

const NODE: &str = ".tools/node --no-warnings --expose-gc";

#[derive(Debug, Deserialize)]
struct Reading {
    ms: Vec<f64>,
    content: Content,
}

fn rounds() -> String {
    format!("{WARMUP} {ROUNDS}")
}

/// The argument that says what to preopen, and where.
pub(crate) fn mapping() -> String {
    format!("{TREE}::{GUEST}")
}

/// Time to instantiate, under Node.
pub(crate) fn instantiate() -> Result<Section> {
    let mut section = Section::new(
        "Instantiation",
        format!(
            "Under Node, which copies data segments into memory; compiled before. Medians of \
             {ROUNDS} interleaved instances, and their ratio to the program that is not packed."
        ),
    )
    .head(&[
        "",
        "bare ms",
        "stored ms",
        "ratio",
        "compressed ms",
        "ratio",
    ]);
    for program in Program::ALL {
        let mut all = vec![Variant::unpacked(program)];
        all.extend(Variant::packed(program));
        let command = Command::new(NODE)
            .with("bench/engines/instantiate_node.mjs")
            .with(&rounds())
            .with(&words(&all));
        let times: BTreeMap<String, Vec<f64>> = command.json()?;
        let time = |at: usize| {
            times
                .get(&all[at].name)
                .map_or(f64::NAN, |times| median(times))
        };
        let (bare, stored, compressed) = (time(0), time(1), time(2));
        section.row([
            program.title().to_owned(),
            format!("{bare:.2}"),
            format!("{stored:.2}"),
            format!("{:.2}", stored / bare),
            format!("{compressed:.2}"),
            format!("{:.2}", compressed / bare),
        ]);
        section.command(&command);
    }
    section.row([
        "wasi-vfs 0.6.2, linked, measured elsewhere",
        "10",
        "48",
        "4.8",
        "",
        "",
    ]);
    Ok(section)
}

/// Time to read every file, against the same directory preopened.
pub(crate) fn read(expected: &Content) -> Result<Section> {
    let mut section = Section::new(
        "Reading every file",
        format!(
            "By the C program, in a fresh instance each time, so that every block is cold. \
             Medians of {ROUNDS} interleaved instances in ms, in brackets the ratio to the same \
             directory preopened. What was read was the same each time."
        ),
    )
    .head(&[
        "",
        "directory preopened",
        "merged, stored",
        "merged, compressed",
        "linked, stored",
        "linked, compressed",
    ]);
    let wasmtime = ".tools/venv/bin/python bench/engines/read_wasmtime.py";
    let node = format!("{NODE} bench/engines/read_node.mjs");
    for (engine, program) in [("wasmtime", wasmtime), ("Node", &node)] {
        let mut all = vec![Variant::unpacked(Program::Reader).preopened()];
        for program in [Program::Reader, Program::LinkedReader] {
            all.extend(Variant::packed(program));
        }
        let command = Command::new(program)
            .with(&rounds())
            .with(&mapping())
            .with(&words(&all));
        section.row(read_row(engine, &command, &all, expected)?);
        section.command(&command);
    }
    section.row([
        "wasi-vfs 0.6.2 under wasmtime, measured elsewhere, CPU ms",
        "75.8",
        "",
        "",
        "14.7 (0.19)",
        "",
    ]);
    Ok(section)
}

fn read_row(
    engine: &str,
    command: &Command,
    variants: &[Variant],
    expected: &Content,
) -> Result<Vec<String>> {
    let readings: BTreeMap<String, Reading> = command.json()?;
    let mut row = vec![engine.to_owned()];
    let mut host = None;
    for Variant { name, .. } in variants {
        let reading = readings.get(name).context("a variant is missing")?;
        expected.expect(&reading.content, &format!("{name} under {engine}"))?;
        let ms = median(&reading.ms);
        let host = *host.get_or_insert(ms);
        row.push(format!("{ms:.1} ({:.2})", ms / host));
    }
    Ok(row)
}
