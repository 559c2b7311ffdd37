//! Starts of real interpreters that load much of their library, under Node, by
//! `engines/start_node.mjs`.

use crate::command::Command;
use crate::engine::Engine;
use crate::file;
use crate::goal::Goal;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::rounds::rounds;
use crate::statistics::{Estimate, grouped, median};
use crate::today;
use crate::trees::{CPYTHON, RUBY, Tree};
use crate::variant::Variant;
use anyhow::{Result, ensure};
use serde::Deserialize;
use std::time::Duration;

const TIME: Goal = Goal::at_most("a real start, to wasi-vfs today", 1.05);
const BYTES: Goal = Goal::at_most("bytes added, `--compress`, to wasi-vfs today", 1.0 / 3.0)
    .limited_by("CPython's library is `.pyc` alone, of which zstd leaves a third");
const MEMORY: Goal = Goal::at_most(
    "memory added at that start, `--compress`, to wasi-vfs today",
    1.0 / 3.0,
);

const ROUNDS: usize = 9;
const ENOUGH: Duration = Duration::from_secs(60);

/// The first of the variants.
const HOST: usize = 0;

#[derive(Debug, Deserialize)]
struct Start {
    total_ms: f64,
    start_ms: f64,
    memory: u64,
    output: String,
}

/// An interpreter, its library and what it is to do.
struct Interpreter {
    title: &'static str,
    program: Program,
    script: &'static str,
    tree: Tree,
    /// As its makers pack it.
    today: Option<fn() -> Variant>,
}

const INTERPRETERS: [Interpreter; 2] = [
    Interpreter {
        title: "Ruby",
        program: Program::Ruby,
        script: "bench/guests/require.rb",
        tree: RUBY,
        today: Some(today::ruby),
    },
    Interpreter {
        title: "CPython",
        program: Program::CPython,
        script: "bench/guests/import.py",
        tree: CPYTHON,
        today: None,
    },
];

/// One way to have the library: what it adds and how long starts took.
struct Figures {
    total_ms: Vec<f64>,
    start_ms: Vec<f64>,
    added: u64,
    memory: u64,
}

/// Both interpreters.
pub(crate) fn run() -> Result<Section> {
    let mut section = Section::new(
        "A real start",
        format!(
            "Ruby that requires 40 libraries and CPython that imports 60 modules, under Node, each \
             time in a process of its own: until done, and of that from when the module is \
             compiled. Medians of {ROUNDS} interleaved starts in ms, of 3 and more where they take \
             longer than a minute. Memory is linear memory beyond \
             that of the same start with the directory preopened, in KiB, the runtime's included. \
             For Ruby, wasi-vfs today is the package's `ruby+stdlib.wasm`. The published CPython is \
             not linked with it and could not be packed by it. There the goal for time is held \
             against our own stored image, and \
             those for size against the bytes of the files, of which it keeps each once in the \
             module and in memory."
        ),
    )
    .head(&["", "bytes added", "total", "from compiled", "memory added"]);
    for interpreter in &INTERPRETERS {
        interpreter.add_rows(&mut section)?;
    }
    Ok(section)
}

impl Interpreter {
    fn variants(&self) -> Result<Vec<Variant>> {
        let [stored, compressed] = Packed::both(self.program, &self.tree);
        let mut all = vec![
            Variant::host(self.program),
            stored.variant()?,
            compressed.variant()?,
        ];
        all.extend(self.today.map(|today| today()));
        Ok(all)
    }

    fn command(&self, variant: &Variant) -> Command {
        Engine::Node.program("start").with(&format!(
            "{} {} {} {}",
            self.title,
            self.script,
            variant.path(),
            self.tree.mapping()
        ))
    }

    fn add_rows(&self, section: &mut Section) -> Result<()> {
        let variants = self.variants()?;
        let figures = self.measure(&variants)?;
        for (variant, one) in variants.iter().zip(&figures) {
            section.row([
                variant.title.clone(),
                grouped(one.added),
                format!("{:.0}", median(&one.total_ms)),
                format!("{:.0}", median(&one.start_ms)),
                grouped(one.memory_beyond(&figures[HOST]) / 1024),
            ]);
            section.command(&self.command(variant));
        }
        self.goals(section, &figures)
    }

    fn goals(&self, section: &mut Section, figures: &[Figures]) -> Result<()> {
        let [host, stored, compressed, rest @ ..] = figures else {
            return Ok(());
        };
        let ratio = |of: &Figures, to: &Figures| Estimate::ratio(&of.total_ms, &to.total_ms);
        let (added, memory) = match rest.first() {
            Some(today) => {
                let case = format!("{}, stored", self.title);
                section.case(TIME, case, ratio(stored, today));
                let case = format!("{}, `--compress`", self.title);
                section.case(TIME, case, ratio(compressed, today));
                (today.added, today.memory_beyond(host))
            }
            None => {
                let case = format!("{}, `--compress` to stored", self.title);
                section.case(TIME, case, ratio(compressed, stored));
                let bytes = self.tree.content()?.bytes;
                (bytes, bytes)
            }
        };
        section.case(BYTES, self.title, compressed.added as f64 / added as f64);
        let ours = compressed.memory_beyond(host);
        section.case(MEMORY, self.title, ours as f64 / memory as f64);
        Ok(())
    }

    fn measure(&self, variants: &[Variant]) -> Result<Vec<Figures>> {
        let new = |variant: &Variant| self.figures(variant);
        let mut figures: Vec<_> = variants.iter().map(new).collect::<Result<_>>()?;
        let mut expected = None;
        for round in rounds(ROUNDS, ENOUGH) {
            step(format_args!("starting {}, round {round}", self.title));
            for (variant, figures) in variants.iter().zip(&mut figures) {
                let start: Start = self.command(variant).json()?;
                let expected = expected.get_or_insert_with(|| start.output.clone());
                ensure!(
                    start.output == *expected,
                    "{}: {}",
                    variant.title,
                    start.output
                );
                figures.total_ms.push(start.total_ms);
                figures.start_ms.push(start.start_ms);
            }
        }
        Ok(figures)
    }

    /// What does not depend on time.
    fn figures(&self, variant: &Variant) -> Result<Figures> {
        let counting: Start = self.command(variant).with("--memory").json()?;
        Ok(Figures {
            total_ms: Vec::new(),
            start_ms: Vec::new(),
            added: file::added(variant.module(), &self.program.path())?,
            memory: counting.memory,
        })
    }
}

impl Figures {
    fn memory_beyond(&self, host: &Self) -> u64 {
        self.memory.saturating_sub(host.memory)
    }
}
