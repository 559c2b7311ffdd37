//! Linear memory of packed programs, by `engines/memory_node.mjs`.

use crate::command::{Command, root};

use crate::content::Content;
use crate::engine::Engine;
use crate::goal::Goal;
use crate::report::Section;
use crate::runtime_size;
use crate::statistics::grouped;
use crate::today;
use crate::trees::{RUBY, Tree};
use crate::variant::{Program, Storage, Variant, packed, words};
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

/// By name of the variant.
type Memories = BTreeMap<String, Memory>;

/// What the runtime keeps of decompressed blocks, with the base (`runtime/src/cache.rs`).
const CACHE_LEN: usize = 2 << 20;

/// What reads the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A program in Ruby, which counts files and bytes.
    Ruby,
    /// `guests/read.c`, which gives the digest as well.
    Reader,
    /// The same, which reads nothing.
    Memory,
}

/// As instantiated, after start, and after reading every file.
pub(crate) fn run(contents: &[(Tree, Content)]) -> Result<Section> {
    let mut section = Section::new(
        "Linear memory",
        "In KiB: the application's memory + the runtime's, which a merged one has to itself. \
         16 MiB of the C program are its stack. Ruby reads some of its library as it starts. \
         Zig's allocator, of which a linked runtime gets its memory, rounds lengths up to \
         powers of two. The bound of an image is its index and the cache of 2 MiB; what the runtime has with an empty directory is not its doing.",
    )
    .head(&["", "instantiated", "started", "every file read"]);
    let (ruby, expected) = contents.first().context("there are trees")?;
    let of_ruby = variants(&[Program::Ruby], ruby);
    measure(&mut section, Kind::Ruby, ruby, expected, &of_ruby)?;
    let empty = empty(&mut section)?;
    for (tree, expected) in contents {
        let programs = [Program::Reader, Program::LinkedReader];
        let count = if *tree == RUBY { 2 } else { 1 };
        let mut all = variants(&programs[..count], tree);
        all.push(Variant::new(
            "today",
            "wasi-vfs today",
            &today::packed(tree),
        ));
        today::pack(tree).run()?;
        let memories = measure(&mut section, Kind::Reader, tree, expected, &all)?;
        goals(&mut section, tree, empty, &memories)?;
    }
    Ok(section)
}

/// The program as it is, with the tree preopened, and packed.
fn variants(programs: &[Program], tree: &Tree) -> Vec<Variant> {
    let of_program = |&program: &Program| {
        let bare = Variant::unpacked(program).preopened();
        [bare].into_iter().chain(Variant::packed(program, tree))
    };
    programs.iter().flat_map(of_program).collect()
}

/// Bytes that the runtime has with an empty directory.
fn empty(section: &mut Section) -> Result<u64> {
    let path = runtime_size::output(Program::Reader);
    let command = command(Kind::Memory, &RUBY, &[Variant::new("empty", "", &path)]);
    let memories: Memories = command.json()?;
    let memory = memories.get("empty").context("a variant is missing")?;
    let title = "C program, merged, an empty directory".to_owned();
    let stages = [&memory.instantiated, &memory.started];
    section.row([title].into_iter().chain(stages.map(cell)));
    section.command(&command);
    Ok(memory.started.runtime)
}

fn command(kind: Kind, tree: &Tree, variants: &[Variant]) -> Command {
    Engine::Node
        .program("memory")
        .with(&format!("{kind:?} {}", tree.mapping()))
        .with(&words(variants))
}

fn measure(
    section: &mut Section,
    kind: Kind,
    tree: &Tree,
    expected: &Content,
    variants: &[Variant],
) -> Result<Memories> {
    let command = command(kind, tree, variants);
    let memories: Memories = command.json()?;
    for Variant { name, title, .. } in variants {
        let memory = memories.get(name).context("a variant is missing")?;
        check(kind, expected, &memory.content)?;
        let stages = [&memory.instantiated, &memory.started, &memory.after];
        let title = format!("{}, {title}", tree.title);
        section.row([title].into_iter().chain(stages.map(cell)));
    }
    section.command(&command);
    Ok(memories)
}

/// What a merged image adds to the runtime's memory, to its index and cache.
fn goals(section: &mut Section, tree: &Tree, empty: u64, memories: &Memories) -> Result<()> {
    let module = std::fs::read(root().join(packed(Program::Reader, tree, Storage::Default)))?;
    let image = wasi_vfs::Contents::find(&module)?;
    let bound = (image.index.len() + CACHE_LEN) as f64;
    for (name, title) in [
        ("reader-stored", "stored"),
        ("reader-compressed", "compressed"),
    ] {
        let after = &memories.get(name).context("a variant is missing")?.after;
        let added = after.runtime.saturating_sub(empty) as f64;
        let what = format!("memory added by {}, {title}, to its bound", tree.title);
        section.goal(Goal::at_most(what, added / bound, 1.0));
    }
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
