//! What it costs that a merged runtime shares the program's memory: the same
//! program with a separate memory, a single one, and linked.

use crate::command::Command;
use crate::engine::Engine;
use crate::report::Section;
use crate::statistics::median;
use crate::trees::RUBY;
use crate::variant::{Program, Variant, WASI_VFS, WORK, pack_as, words};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Rounds to warm up and rounds that count.
const ROUNDS: [usize; 2] = [2, 15];

/// Calls of each in a round.
const CALLS: usize = 1_000;

/// How often a program grows its memory by a page.
const GROWS: usize = 10_000;

/// The ways, with the options of `pack`.
const WAYS: [(&str, Program, &str); 3] = [
    ("separate", Program::Reader, "--memory separate"),
    ("single", Program::Reader, "--memory single"),
    ("linked", Program::LinkedReader, ""),
];

const CC: &str = ".tools/venv/bin/python -m ziglang cc -target wasm32-wasi -O2 -D_GNU_SOURCE \
                  -mexec-model=reactor -Wl,--strip-debug bench/guests/grow.c";

/// Medians and their ratios to the separate memory.
pub(crate) fn run() -> Result<Section> {
    let [warmup, rounds] = ROUNDS;
    let mut section = Section::new(
        "One memory or two",
        format!(
            "Ruby's library under the C program. Medians of {rounds} interleaved rounds: reading \
             every file and instantiation in ms, calls in ns, a program that read a file and \
             grows its memory {GROWS} times by a page in ms. In brackets the ratio to a separate \
             memory."
        ),
    )
    .head(&["", "separate", "single", "linked"]);
    for storage in ["", "--compress"] {
        let variants = variants(storage)?;
        let title = if storage.is_empty() {
            "stored"
        } else {
            "`--compress`"
        };
        for engine in Engine::ALL {
            let command = engine.program("read").with(&format!("{warmup} {rounds}"));
            let command = command.with(&RUBY.mapping()).with(&words(&variants));
            let title = format!("reading every file, {title}, {}", engine.title());
            add_row(&mut section, &title, &command, "/ms")?;
        }
    }
    let variants = variants("--compress")?;
    for engine in Engine::ALL {
        let command = engine.program("calls");
        let command = command.with(&format!("{warmup} {rounds} {CALLS}"));
        let command = command.with(&RUBY.mapping()).with(&words(&variants));
        for call in ["stat", "open_close", "pread"] {
            let title = format!("`{call}`, {}", engine.title());
            add_row(&mut section, &title, &command, &format!("/{call}/ns"))?;
        }
    }
    let command = Engine::Node.program("instantiate");
    let command = command
        .with(&format!("{warmup} {rounds}"))
        .with(&words(&variants));
    add_row(&mut section, "instantiation, Node", &command, "")?;
    add_growing(&mut section)?;
    Ok(section)
}

/// The program packed each way.
fn variants(storage: &str) -> Result<Vec<Variant>> {
    let pack = |&(name, program, options): &(&str, Program, &str)| {
        let output = RUBY.file(&format!("memory-{name}{storage}.wasm"));
        pack_as(program, &RUBY, &format!("{storage} {options}"), &output).run()?;
        Ok(Variant::new(name, name, &output))
    };
    WAYS.iter().map(pack).collect()
}

fn add_growing(section: &mut Section) -> Result<()> {
    let [warmup, rounds] = ROUNDS;
    let (merged, linked) = (
        format!("{WORK}/grow.wasm"),
        format!("{WORK}/grow-linked.wasm"),
    );
    Command::new(CC).with(&format!("-o {merged}")).run()?;
    let library = format!("{WORK}/libwasi_vfs.a");
    Command::new(CC)
        .with(&format!("{library} -o {linked}"))
        .run()?;
    let mut variants = Vec::new();
    for (name, program, options) in WAYS {
        let module = if program == Program::LinkedReader {
            &linked
        } else {
            &merged
        };
        let output = RUBY.file(&format!("grow-{name}.wasm"));
        let dir = RUBY.mapping();
        let pack = Command::new(WASI_VFS).with(&format!("pack {module} --dir {dir} --compress"));
        pack.with(&format!("{options} -o {output}")).run()?;
        variants.push(Variant::new(name, name, &output));
    }
    for engine in Engine::ALL {
        let command = engine.program("grow");
        let command = command.with(&format!("{warmup} {rounds} {GROWS}"));
        let title = format!("growing, {}", engine.title());
        add_row(section, &title, &command.with(&words(&variants)), "")?;
    }
    Ok(())
}

/// Runs a command whose JSON has the times of each variant at `pointer`.
fn add_row(section: &mut Section, title: &str, command: &Command, pointer: &str) -> Result<()> {
    let results: Value = command.json()?;
    let mut times = Vec::new();
    for (name, ..) in WAYS {
        let found = results.pointer(&format!("/{name}{pointer}"));
        let found = found
            .and_then(Value::as_array)
            .context("a variant is missing")?;
        let found: Vec<f64> = found.iter().filter_map(Value::as_f64).collect();
        ensure!(!found.is_empty(), "{name} has no times");
        times.push(median(&found));
    }
    let cell = |time: &f64| format!("{time:.1} ({:.2})", time / times[0]);
    section.row([title.to_owned()].into_iter().chain(times.iter().map(cell)));
    section.command(command);
    Ok(())
}
