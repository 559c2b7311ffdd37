//! What it costs that a merged runtime shares the program's memory: the same
//! program with a separate memory, a single one, and linked.

use crate::command::Command;
use crate::engine::Engine;
use crate::report::Section;
use crate::statistics::median;
use crate::trees::RUBY;
use crate::variant::{Program, Variant, WASI_VFS, WORK, pack_as, words};
use anyhow::{Result, ensure};
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
            add_rows(&mut section, &command, &[(title, "/ms")])?;
        }
    }
    let variants = variants("--compress")?;
    for engine in Engine::ALL {
        let command = engine.program("calls");
        let command = command.with(&format!("{warmup} {rounds} {CALLS}"));
        let command = command.with(&RUBY.mapping()).with(&words(&variants));
        let calls = [
            ("stat", "/stat/ns"),
            ("open_close", "/open_close/ns"),
            ("pread", "/pread/ns"),
        ];
        let rows = calls.map(|(call, times)| (format!("`{call}`, {}", engine.title()), times));
        add_rows(&mut section, &command, &rows)?;
    }
    let command = Engine::Node.program("instantiate");
    let command = command
        .with(&format!("{warmup} {rounds}"))
        .with(&words(&variants));
    add_rows(
        &mut section,
        &command,
        &[("instantiation, Node".to_owned(), "")],
    )?;
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
        let row = (format!("growing, {}", engine.title()), "");
        add_rows(section, &command.with(&words(&variants)), &[row])?;
    }
    Ok(())
}

/// Runs a command whose JSON has the times of each variant, for each row at its
/// place.
fn add_rows(section: &mut Section, command: &Command, rows: &[(String, &str)]) -> Result<()> {
    let results: Value = command.json()?;
    for (title, place) in rows {
        let times = WAYS.map(|(name, ..)| times(&results, &format!("/{name}{place}")));
        let [separate, ..] = times;
        let cell = |time: f64| format!("{time:.1} ({:.2})", time / separate);
        section.row([title.clone()].into_iter().chain(times.map(cell)));
        ensure!(
            times.iter().all(|time| time.is_finite()),
            "{title} has no times"
        );
    }
    section.command(command);
    Ok(())
}

/// The median of the times at `place`.
fn times(results: &Value, place: &str) -> f64 {
    let times = results.pointer(place).and_then(Value::as_array);
    let times = times.into_iter().flatten().filter_map(Value::as_f64);
    let times: Vec<f64> = times.collect();
    if times.is_empty() {
        f64::NAN
    } else {
        median(&times)
    }
}
