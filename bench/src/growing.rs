//! A program that grows its memory page by page, by `engines/grow_*`: what it
//! costs that the runtime's memory may have to make room.

use crate::command::Command;
use crate::engine::Engine;
use crate::file;
use crate::guest::CLOSE;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::{Estimate, median};
use crate::storage::Storage;
use crate::trees::RUBY;
use crate::variant::{Variant, WORK, words};
use anyhow::{Context, Result};
use std::collections::BTreeMap;

const WARMUP: usize = 2;
const ROUNDS: usize = 15;

/// How often it grows.
const GROWS: usize = 10_000;

const CC: &str = ".tools/venv/bin/python -m ziglang cc -target wasm32-wasi -O2 -D_GNU_SOURCE \
                  -mexec-model=reactor -Wl,--strip-debug bench/guests/grow.c";

/// Milliseconds for all of it, and the ratio to a runtime with its own memory.
pub(crate) fn run() -> Result<Section> {
    let about = format!(
        "A program that has read a file of Ruby's library grows its memory {GROWS} times by a \
         page. Medians of {ROUNDS} interleaved rounds in ms, in brackets the median ratio to the \
         first column in the same round."
    );
    let titles = Program::FORMS.map(Program::form);
    let mut section = Section::new("Growing memory", about).head([""].iter().chain(&titles));
    let variants = Program::FORMS.map(|program| packed(&mut section, program));
    let variants = variants.into_iter().collect::<Result<Vec<_>>>()?;
    for engine in Engine::ALL {
        add_row(&mut section, engine, &variants)?;
    }
    Ok(section)
}

/// The growing program, packed in the form of `program`.
fn packed(section: &mut Section, program: Program) -> Result<Variant> {
    let library = match program {
        Program::LinkedReader => format!("{CLOSE} {WORK}/libwasi_vfs.a"),
        _ => String::new(),
    };
    let module = format!("{WORK}/grow-{}.wasm", program.name());
    let build = Command::new(CC).with(&format!("{library} -o {module}"));
    file::remake(&module, || build.run().map(drop))?;
    section.command(&build);
    let output = RUBY.file(&format!("grow-{}.wasm", program.name()));
    let pack = Packed::new(program, &RUBY, Storage::Default).command_into(&module, "", &output);
    pack.run()?;
    section.command(&pack);
    Ok(Variant::new(program.name(), program.form(), &output))
}

fn add_row(section: &mut Section, engine: Engine, variants: &[Variant]) -> Result<()> {
    step(format_args!("growing, {}", engine.title()));
    let command = engine.program("grow");
    let command = command.with(&format!("{WARMUP} {ROUNDS} {GROWS}"));
    let command = command.with(&words(variants));
    let results: BTreeMap<String, Vec<f64>> = command.json()?;
    let of_variant = |variant: &Variant| results.get(&variant.name).context("a variant is missing");
    let times = variants.iter().map(of_variant);
    let times = times.collect::<Result<Vec<_>>>()?;
    let cell = |ms: &&Vec<f64>| {
        let to_first = Estimate::ratio(ms, times[0]);
        format!("{:.1} ({:.2})", median(ms), to_first.value)
    };
    section.row(
        [engine.title().to_owned()]
            .into_iter()
            .chain(times.iter().map(cell)),
    );
    section.command(&command);
    Ok(())
}
