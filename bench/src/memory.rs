//! Linear memory of packed programs, by `engines/memory_node.mjs`.

use crate::command::Command;
use crate::engines::mapping;
use crate::report::Section;
use crate::statistics::grouped;
use crate::tree::Content;
use crate::variant::{Program, Variant, words};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
struct Memory {
    instantiated: Lengths,
    started: Lengths,
    after: Lengths,
    content: Content,
}

#[derive(Debug, Deserialize)]
struct Lengths {
    application: u64,
    runtime: u64,
}

/// What reads the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A program in Ruby, which counts files and bytes.
    Ruby,
    /// `guests/read.c`, which gives the digest as well.
    Reader,
}

/// As instantiated, after start, and after reading every file.
pub(crate) fn run(expected: &Content) -> Result<Section> {
    let mut section = Section::new(
        "Linear memory",
        "In KiB: the application's memory + the runtime's, which a merged one has to itself. \
         16 MiB of the C program are its stack. Ruby reads some of its library as it starts. \
         Zig's allocator, of which a linked runtime gets its memory, rounds lengths up to \
         powers of two.",
    )
    .head(&["", "instantiated", "started", "every file read"]);
    add_rows(&mut section, Kind::Ruby, &[Program::Ruby], expected)?;
    let readers = [Program::Reader, Program::LinkedReader];
    add_rows(&mut section, Kind::Reader, &readers, expected)?;
    section.row([
        "wasi-vfs 0.6.2 onto `ruby.wasm`, measured elsewhere",
        "35,776",
        "",
        "",
    ]);
    Ok(section)
}

fn add_rows(
    section: &mut Section,
    kind: Kind,
    programs: &[Program],
    expected: &Content,
) -> Result<()> {
    let mut all = Vec::new();
    for &program in programs {
        all.push(Variant::unpacked(program).preopened());
        all.extend(Variant::packed(program));
    }
    let command = Command::new(".tools/node --no-warnings bench/engines/memory_node.mjs")
        .with(&format!("{kind:?} {}", mapping()))
        .with(&words(&all));
    let memories: BTreeMap<String, Memory> = command.json()?;
    for Variant { name, title, .. } in &all {
        let memory = memories.get(name).context("a variant is missing")?;
        check(kind, expected, &memory.content)?;
        let stages = [&memory.instantiated, &memory.started, &memory.after];
        section.row([title.clone()].into_iter().chain(stages.map(cell)));
    }
    section.command(&command);
    Ok(())
}

fn check(kind: Kind, expected: &Content, found: &Content) -> Result<()> {
    let mut found = *found;
    if kind == Kind::Ruby {
        found.digest = expected.digest;
    }
    expected.expect(&found, &format!("{kind:?}"))
}

fn cell(lengths: &Lengths) -> String {
    let application = grouped(lengths.application / 1024);
    match lengths.runtime {
        0 => application,
        runtime => format!("{application} + {}", grouped(runtime / 1024)),
    }
}
