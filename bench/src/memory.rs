//! Linear memory of packed programs at each moment, by `engines/memory_node.mjs`.

use crate::command::Command;
use crate::content::Content;
use crate::engine::Engine;
use crate::goal::Goal;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::grouped;
use crate::storage::Storage;
use crate::synthetic::Synthetic;
use crate::today;
use crate::trees::{EMPTY, RUBY, Tree};
use crate::variant::{Variant, words};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

const GOAL: Goal = Goal::at_most(
    "linear memory that an image adds, at its highest, to its index and the cache of 2 MiB",
    1.0,
);

/// What the runtime keeps of decompressed blocks, with the base (`runtime/src/cache.rs`).
const CACHE_LEN: usize = 2 << 20;

/// When memory is looked at: as instantiated, with the runtime's first call, and
/// after every file was read.
const MOMENTS: usize = 4;
const HEAD: [&str; 1 + MOMENTS] = [
    "",
    "instantiated",
    "started",
    "a directory looked up",
    "every file read",
];

#[derive(Clone, Debug, Deserialize)]
struct Memory {
    moments: [Lengths; MOMENTS],
    content: Content,
}

/// Bytes of the application's memory, and of one that the runtime has to itself.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Lengths {
    application: u64,
    runtime: u64,
}

/// Bytes at each moment, of all memories.
type Totals = [i64; MOMENTS];

impl Memory {
    fn totals(&self) -> Totals {
        let total = |lengths: Lengths| (lengths.application + lengths.runtime) as i64;
        self.moments.map(total)
    }
}

impl Lengths {
    fn cell(self) -> String {
        let kib = |bytes: u64| grouped(bytes / 1024);
        match self.runtime {
            0 => kib(self.application),
            runtime => format!("{} + {}", kib(self.application), kib(runtime)),
        }
    }
}

/// What reads the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A program in Ruby, which counts files and bytes.
    Ruby,
    /// `guests/read.c`, which gives the digest as well.
    Reader,
}

/// Every moment of Ruby and of the C program with each tree, and what images add.
pub(crate) fn run(contents: &[(Tree, Content)]) -> Result<Vec<Section>> {
    let mut section = Section::new(
        "Linear memory",
        "Under Node, in KiB, where linear memory never shrinks: the application's memory + the runtime's, where it has one to itself. \
         16 MiB of the C program are its stack. Ruby reads some of its library as it starts. Zig's \
         allocator, of which a linked runtime gets its memory, rounds lengths up to powers of two.",
    )
    .head(&HEAD);
    let mut added = Section::new(
        "Linear memory that an image adds",
        "In KiB, of the same runs: what the packed C program has more than the bare one on the \
         preopened directory, less the same for an empty directory, which is the runtime. The bound \
         is the image's index and the cache of 2 MiB.",
    )
    .head(HEAD[..1].iter().chain(&["bound"]).chain(&HEAD[1..]));
    for (tree, content) in contents {
        step(format_args!("memory with {}", tree.title));
        if *tree == RUBY {
            measure(&mut section, Kind::Ruby, tree, content, &of_ruby()?)?;
        }
        add_tree(&mut section, &mut added, tree, content)?;
    }
    Ok(vec![section, added])
}

fn of_ruby() -> Result<Vec<Variant>> {
    let [stored, compressed] = Packed::both(Program::Ruby, &RUBY);
    Ok(vec![
        Variant::host(Program::Ruby),
        stored.variant()?,
        compressed.variant()?,
        today::ruby(),
    ])
}

fn add_tree(
    section: &mut Section,
    added: &mut Section,
    tree: &Tree,
    content: &Content,
) -> Result<()> {
    // A linked image lies in memory with its payload, as the first table shows.
    let programs = match *tree {
        RUBY => &Program::FORMS[..],
        _ => &Program::FORMS[..1],
    };
    let mut variants = vec![Variant::host(Program::Reader), today::variant(tree)?];
    for program in programs {
        for packed in Packed::both(*program, tree) {
            variants.push(packed.variant()?);
        }
    }
    let memories = measure(section, Kind::Reader, tree, content, &variants)?;
    let runtime = of_runtime()?;
    for (packed, memory) in Packed::both(Program::Reader, tree)
        .iter()
        .zip(&memories[2..])
    {
        let image = less(less(*memory, memories[0]), runtime);
        add_image(added, packed, image)?;
    }
    Ok(())
}

/// What an empty directory adds.
fn of_runtime() -> Result<Totals> {
    let _empty = Synthetic::of(&EMPTY)?;
    let packed = Packed::new(Program::Reader, &EMPTY, Storage::Stored);
    let variants = [Variant::host(Program::Reader), packed.variant()?];
    let memories = of_all(&command(Kind::Reader, &EMPTY, &variants), &variants)?;
    for memory in &memories {
        Content::default().expect(&memory.content, "an empty directory")?;
    }
    Ok(less(memories[1].totals(), memories[0].totals()))
}

fn add_image(section: &mut Section, packed: &Packed, image: Totals) -> Result<()> {
    let bound = (packed.contents()?.index.len() + CACHE_LEN) as i64;
    let kib = |bytes: i64| format!("{}", bytes / 1024);
    let case = format!("{}, {}", packed.tree.title, packed.storage.title());
    let cells = [bound].into_iter().chain(image).map(kib);
    section.row([case.clone()].into_iter().chain(cells));
    let highest = image.into_iter().max().unwrap_or_default();
    section.case(GOAL, case, highest as f64 / bound as f64);
    Ok(())
}

fn command(kind: Kind, tree: &Tree, variants: &[Variant]) -> Command {
    Engine::Node
        .program("memory")
        .with(&format!("{kind:?} {}", tree.mapping()))
        .with(&words(variants))
}

fn of_all(command: &Command, variants: &[Variant]) -> Result<Vec<Memory>> {
    let memories: BTreeMap<String, Memory> = command.json()?;
    let of_variant = |variant: &Variant| {
        let memory = memories.get(&variant.name);
        Ok(memory.context("a variant is missing")?.clone())
    };
    variants.iter().map(of_variant).collect()
}

/// Adds a row for each variant, and gives what they have in all.
fn measure(
    section: &mut Section,
    kind: Kind,
    tree: &Tree,
    expected: &Content,
    variants: &[Variant],
) -> Result<Vec<Totals>> {
    let command = command(kind, tree, variants);
    let memories = of_all(&command, variants)?;
    for (variant, memory) in variants.iter().zip(&memories) {
        check(kind, expected, &memory.content)?;
        let title = format!("{}, {}", tree.title, variant.title);
        let cells = memory.moments.iter().map(|lengths| lengths.cell());
        section.row([title].into_iter().chain(cells));
    }
    section.command(&command);
    Ok(memories.iter().map(Memory::totals).collect())
}

fn less(a: Totals, b: Totals) -> Totals {
    std::array::from_fn(|moment| a[moment] - b[moment])
}

fn check(kind: Kind, expected: &Content, found: &Content) -> Result<()> {
    let mut found = *found;
    if kind == Kind::Ruby {
        found.digest = expected.digest;
    }
    expected.expect(&found, &format!("{kind:?}"))
}
