//! Instantiation under Node, by `engines/instantiate_node.mjs`.

use crate::engine::Engine;
use crate::goal::Goal;
use crate::report::Section;
use crate::statistics::median;
use crate::today;
use crate::trees::RUBY;
use crate::variant::{Program, Variant, words};
use anyhow::Result;
use std::collections::BTreeMap;

const WARMUP: usize = 3;
const ROUNDS: usize = 31;

/// Time to instantiate, with Ruby's library.
pub(crate) fn run() -> Result<Section> {
    let mut section = Section::new(
        "Instantiation",
        format!(
            "With Ruby's library, under Node, which copies data segments into memory; compiled \
             before. Medians of {ROUNDS} interleaved instances in ms, in brackets the ratio to \
             the program that is not packed."
        ),
    )
    .head(&["", "bare", "stored", "`--compress`", "wasi-vfs today"]);
    for program in Program::ALL {
        let mut all = vec![Variant::unpacked(program)];
        all.extend(Variant::packed(program, &RUBY));
        all.extend(of_today(program));
        let command = Engine::Node
            .program("instantiate")
            .with(&format!("{WARMUP} {ROUNDS}"))
            .with(&words(&all));
        let times: BTreeMap<String, Vec<f64>> = command.json()?;
        let time = |variant: &Variant| times.get(&variant.name).map_or(f64::NAN, |ms| median(ms));
        let times: Vec<_> = all.iter().map(time).collect();
        let cell = |time: &f64| format!("{time:.2} ({:.2})", time / times[0]);
        let title = program.title().to_owned();
        section.row([title].into_iter().chain(times.iter().map(cell)));
        section.command(&command);
        if program == Program::Ruby {
            for (time, storage) in times[1..].iter().zip(["stored", "compressed"]) {
                let what = format!("instantiation of `ruby.wasm` with its library, {storage}");
                section.goal(Goal::at_most(what, time / times[0], 1.1));
            }
        }
    }
    Ok(section)
}

fn of_today(program: Program) -> Option<Variant> {
    let path = match program {
        Program::Ruby => today::RUBY.to_owned(),
        Program::LinkedReader => today::packed(&RUBY),
        _ => return None,
    };
    Some(Variant::new("today", "wasi-vfs today", &path))
}
