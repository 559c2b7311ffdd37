//! Very many files, and a very large one. Measured once: they take long.

use crate::command::Command;
use crate::content::Content;
use crate::cost::Cost;
use crate::engine::Engine;
use crate::goal::Goal;
use crate::report::Section;
use crate::statistics::grouped;
use crate::synthetic::Synthetic;
use crate::trees::{GUEST, HUNDRED_THOUSAND, LARGE, MILLION, Tree};
use crate::variant::{Program, Storage, Variant, added, pack, packed, words};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How much slower ten times as many files may be, for each of them.
const LINEAR: f64 = 1.2;

#[derive(Debug, Deserialize)]
struct Reading {
    ms: Vec<f64>,
    content: Content,
}

struct Figures {
    files: u64,
    cost: Cost,
}

/// Packs and reads them.
pub(crate) fn run() -> Result<Section> {
    let mut section = Section::new(
        "Very many files and a very large one",
        "Packed into the C program, once each. Every file was read from the packed module, under \
         wasmtime, and was right; the large one by `wasi-vfs cat`.",
    )
    .head(&[
        "",
        "CPU s",
        "wall s",
        "µs a file",
        "peak MiB",
        "bytes added",
        "reading every file, ms",
    ]);
    let fewer = small(
        &mut section,
        &HUNDRED_THOUSAND,
        Synthetic::hundred_thousand()?,
    )?;
    let more = small(&mut section, &MILLION, Synthetic::million()?)?;
    goals(&mut section, &fewer, &more);
    large(&mut section)?;
    Ok(section)
}

fn small(section: &mut Section, tree: &Tree, _files: Synthetic) -> Result<Figures> {
    let content = tree.content()?;
    let cost = pack_row(section, tree, content.files, |path| {
        read(tree, path, &content)
    })?;
    Ok(Figures {
        files: content.files,
        cost,
    })
}

fn pack_row(
    section: &mut Section,
    tree: &Tree,
    files: u64,
    check: impl Fn(&str) -> Result<String>,
) -> Result<Cost> {
    let command = pack(Program::Reader, tree, Storage::Stored);
    let cost = Cost::of(&command)?;
    let path = packed(Program::Reader, tree, Storage::Stored);
    section.row([
        tree.title.to_owned(),
        format!("{:.2}", cost.cpu_s),
        format!("{:.2}", cost.wall_s),
        format!("{:.1}", cost.wall_s * 1e6 / files as f64),
        format!("{:.0}", cost.peak_mib()),
        grouped(added(&path, &Program::Reader.path())?),
        check(&path)?,
    ]);
    section.command(&Cost::measured(&command));
    std::fs::remove_file(crate::command::root().join(path))?;
    Ok(cost)
}

/// Reads every file in a module, and gives the milliseconds that took.
fn read(tree: &Tree, path: &str, expected: &Content) -> Result<String> {
    let variant = Variant::new("stored", "merged, stored", path);
    let command = Engine::Wasmtime
        .program("read")
        .with("0 1")
        .with(&tree.mapping())
        .with(&words(&[variant]));
    let readings: BTreeMap<String, Reading> = command.json()?;
    let reading = readings.get("stored").context("a variant is missing")?;
    expected.expect(&reading.content, tree.title)?;
    let ms = reading.ms.first().context("a time is missing")?;
    Ok(format!("{ms:.0}"))
}

fn goals(section: &mut Section, fewer: &Figures, more: &Figures) {
    let a_file = |figures: &Figures| figures.cost.wall_s / figures.files as f64;
    let what = "time to pack a file, of 1,000,000 to of 100,000";
    section.goal(Goal::at_most(what, a_file(more) / a_file(fewer), LINEAR));
    // The difference is without the blocks in flight, which both have.
    let bytes = (more.cost.peak_kib as f64 - fewer.cost.peak_kib as f64) * 1024.0;
    let a_file = bytes / (more.files - fewer.files) as f64;
    let what = "peak memory of packing, a file more";
    section.goal(Goal::at_most(what, a_file, 1024.0).in_unit(" bytes"));
}

fn large(section: &mut Section) -> Result<()> {
    let _file = Synthetic::large()?;
    let compare = |path: &str| {
        let line = format!(
            "target/release/wasi-vfs cat {path} {GUEST}/large | cmp - {}/large",
            LARGE.path()
        );
        Command::shell(line).run().map(|_| String::new())
    };
    pack_row(section, &LARGE, 1, compare)?;
    Ok(())
}
