//! Starts of real interpreters that load much of their library, under Node, by
//! `engines/start_node.mjs`.

use crate::command::Command;
use crate::engine::Engine;
use crate::goal::Goal;
use crate::report::Section;
use crate::statistics::{grouped, median_of};
use crate::today;
use crate::trees::{CPYTHON, RUBY, Tree};
use crate::variant::{Program, Storage, Variant, added, len, pack, packed, words};
use anyhow::{Result, ensure};
use serde::Deserialize;

const ROUNDS: usize = 5;

/// What a third is, with which two numbers are compared.
const THIRD: f64 = 1.0 / 3.0;

#[derive(Debug, Deserialize)]
struct Start {
    total_ms: f64,
    start_ms: f64,
    memory: u64,
    output: String,
}

/// An interpreter, its library and what it is to do.
struct Interpreter {
    language: &'static str,
    title: &'static str,
    program: Program,
    script: &'static str,
    tree: Tree,
    /// As its makers pack it with wasi-vfs today.
    today: Option<&'static str>,
}

const INTERPRETERS: [Interpreter; 2] = [
    Interpreter {
        language: "Ruby",
        title: "Ruby",
        program: Program::Ruby,
        script: "bench/guests/require.rb",
        tree: RUBY,
        today: Some(today::RUBY),
    },
    Interpreter {
        language: "CPython",
        title: "CPython",
        program: Program::CPython,
        script: "bench/guests/import.py",
        tree: CPYTHON,
        today: None,
    },
];

/// One way to have the library.
struct Figures {
    title: String,
    added: u64,
    total_ms: f64,
    start_ms: f64,
    memory: u64,
}

/// Both interpreters.
pub(crate) fn run() -> Result<Section> {
    let mut section = Section::new(
        "A real start",
        format!(
            "Ruby that requires 40 libraries and CPython that imports 60 modules, under Node, each \
             time in a process of its own: until done, and of that from when the module is \
             compiled. Medians of {ROUNDS} interleaved starts in ms. Memory is what is added to \
             that of the same start with the directory preopened, in KiB, the runtime's \
             included. wasi-vfs today is the package's `ruby+stdlib.wasm`; a published CPython is \
             not linked with its library, so it cannot pack one."
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
        let mut all = vec![Variant::unpacked(self.program).preopened()];
        for (storage, title) in Storage::RUN.into_iter().zip(["stored", "`--compress`"]) {
            pack(self.program, &self.tree, storage).run()?;
            let path = packed(self.program, &self.tree, storage);
            all.push(Variant::new(title, title, &path));
        }
        all.extend(
            self.today
                .map(|path| Variant::new("today", "wasi-vfs today", path)),
        );
        Ok(all)
    }

    fn command(&self, variant: &Variant) -> Command {
        let word = words(std::slice::from_ref(variant));
        let (_, path) = word.split_once('=').expect("a name and a path");
        Engine::Node.program("start").with(&format!(
            "{} {} {path} {}",
            self.language,
            self.script,
            self.tree.mapping()
        ))
    }

    fn add_rows(&self, section: &mut Section) -> Result<()> {
        let variants = self.variants()?;
        let figures = self.measure(&variants)?;
        let host = figures[0].memory;
        for one in &figures {
            section.row([
                format!("{}, {}", self.title, one.title),
                grouped(one.added),
                format!("{:.0}", one.total_ms),
                format!("{:.0}", one.start_ms),
                grouped(one.memory.saturating_sub(host) / 1024),
            ]);
        }
        variants
            .iter()
            .for_each(|variant| section.command(&self.command(variant)));
        // Where there is no packed one today, the directory is what there is.
        let against = figures.get(3).unwrap_or(&figures[0]);
        for ours in &figures[1..3] {
            let what = format!(
                "start of {}, {}, to {}",
                self.title, ours.title, against.title
            );
            section.goal(Goal::at_most(what, ours.total_ms / against.total_ms, 1.05));
        }
        if self.today.is_some() {
            thirds(section, &figures[2], against, host);
        }
        Ok(())
    }

    fn measure(&self, variants: &[Variant]) -> Result<Vec<Figures>> {
        let mut starts: Vec<Vec<Start>> = variants.iter().map(|_| Vec::new()).collect();
        for _ in 0..ROUNDS {
            for (variant, starts) in variants.iter().zip(&mut starts) {
                starts.push(self.command(variant).json()?);
            }
        }
        let expected = starts[0][0].output.clone();
        let all = variants.iter().zip(&starts);
        all.map(|(variant, starts)| self.figures(variant, starts, &expected))
            .collect()
    }

    fn figures(&self, variant: &Variant, starts: &[Start], expected: &str) -> Result<Figures> {
        for Start { output, .. } in starts {
            ensure!(output == expected, "{}: {output}", variant.title);
        }
        let counting: Start = self.command(variant).with("--memory").json()?;
        Ok(Figures {
            title: variant.title.clone(),
            added: self.added(variant)?,
            total_ms: median_of(starts, |start| start.total_ms),
            start_ms: median_of(starts, |start| start.start_ms),
            memory: counting.memory,
        })
    }

    fn added(&self, variant: &Variant) -> Result<u64> {
        let word = words(std::slice::from_ref(variant));
        let path = word.split_once('=').expect("a name and a path").1;
        if path.starts_with("host:") {
            return Ok(0);
        }
        ensure!(len(path)? > 0, "{path} is empty");
        added(path, &self.program.path())
    }
}

fn thirds(section: &mut Section, ours: &Figures, today: &Figures, host: u64) {
    let bytes = ours.added as f64 / today.added as f64;
    let what = "bytes added to Ruby with `--compress`, to today";
    section.goal(Goal::at_most(what, bytes, THIRD));
    let memory = |figures: &Figures| figures.memory.saturating_sub(host) as f64;
    let what = "memory added to that start, to today";
    section.goal(Goal::at_most(what, memory(ours) / memory(today), THIRD));
}
