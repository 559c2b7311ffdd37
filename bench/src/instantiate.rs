//! Instantiation under Node, by `engines/instantiate_node.mjs`.

use crate::engine::Engine;
use crate::goal::Goal;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::{Estimate, median};
use crate::today;
use crate::trees::RUBY;
use crate::variant::{Variant, words};
use anyhow::{Context, Result};
use std::collections::BTreeMap;

const GOAL: Goal = Goal::at_most(
    "instantiating `ruby.wasm` with its library merged, under Node, to without",
    1.1,
);

const WARMUP: usize = 3;
const ROUNDS: usize = 41;

/// Time to instantiate, with Ruby's library.
pub(crate) fn run() -> Result<Section> {
    let mut section = Section::new(
        "Instantiation",
        format!(
            "With Ruby's library, under Node, which has no copy-on-write memory and copies data \
             segments into it; compiled before. Medians of {ROUNDS} interleaved instances in ms, \
             in brackets the median ratio to the program as it is in the same round."
        ),
    )
    .head(&["", "not packed", "stored", "`--compress`", "wasi-vfs today"]);
    for program in [Program::Ruby].iter().chain(&Program::FORMS) {
        add_row(&mut section, *program)?;
    }
    Ok(section)
}

fn add_row(section: &mut Section, program: Program) -> Result<()> {
    step(format_args!("instantiating {}", program.title()));
    let all = variants(program)?;
    let command = Engine::Node
        .program("instantiate")
        .with(&format!("{WARMUP} {ROUNDS}"))
        .with(&words(&all));
    let times = times(&command.json()?, &all)?;
    let to_bare = |ms: &Vec<f64>| Estimate::ratio(ms, &times[0]);
    let cell = |ms: &Vec<f64>| format!("{:.2} ({:.2})", median(ms), to_bare(ms).value);
    section.row([program.title()].into_iter().chain(times.iter().map(cell)));
    section.command(&command);
    if program == Program::Ruby {
        section.case(GOAL, "stored", to_bare(&times[1]));
        section.case(GOAL, "`--compress`", to_bare(&times[2]));
    }
    Ok(())
}

fn variants(program: Program) -> Result<Vec<Variant>> {
    let [stored, compressed] = Packed::both(program, &RUBY);
    let today = match program {
        Program::Ruby => today::ruby(),
        _ => today::variant(&RUBY)?,
    };
    Ok(vec![
        Variant::bare(program),
        stored.variant()?,
        compressed.variant()?,
        today,
    ])
}

fn times(results: &BTreeMap<String, Vec<f64>>, all: &[Variant]) -> Result<Vec<Vec<f64>>> {
    let of_variant = |variant: &Variant| {
        let ms = results.get(&variant.name);
        Ok(ms.context("a variant is missing")?.clone())
    };
    all.iter().map(of_variant).collect()
}
