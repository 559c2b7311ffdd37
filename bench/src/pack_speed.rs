//! How fast packing is: compressed against zstd, stored against hashing.

use crate::command::Command;
use crate::content::Content;
use crate::cost::Cost;
use crate::goal::Goal;
use crate::report::Section;
use crate::trees::Tree;
use crate::variant::{Program, Storage, pack};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Trees up to this size are measured several times.
const SMALL_BYTES: u64 = 32 << 20;
const ROUNDS: usize = 3;

const LEVEL: u32 = 19;

/// What is measured, in the order of the columns.
struct Commands {
    pack: Command,
    zstd: Command,
    store: Command,
    hash: Command,
}

impl Commands {
    fn new(tree: &Tree) -> Self {
        let tar = tree.file("tar");
        Self {
            pack: pack(Program::Reader, tree, Storage::Default),
            zstd: Command::new("zstd").with(&format!("-q -f -{LEVEL} -T2 {tar} -o {tar}.zst")),
            store: pack(Program::Reader, tree, Storage::Stored),
            hash: Command::new("target/release/wasi-vfs-bench hash").with(tree.path()),
        }
    }

    fn all(&self) -> [&Command; 4] {
        [&self.pack, &self.zstd, &self.store, &self.hash]
    }

    /// Medians, of interleaved rounds.
    fn measure(&self, rounds: usize) -> Result<[Cost; 4]> {
        let mut costs = [const { Vec::new() }; 4];
        for _ in 0..rounds {
            for (command, costs) in self.all().into_iter().zip(&mut costs) {
                costs.push(Cost::of(command)?);
            }
        }
        Ok(costs.map(|costs| Cost::median(&costs)))
    }
}

/// Packs each tree, which other benchmarks read then.
pub(crate) fn run(contents: &[(Tree, Content)]) -> Result<Section> {
    let mut section = Section::new(
        "Speed of packing",
        format!(
            "Packing into the C program: compressed beside `zstd -{LEVEL} -T2` on one file with \
             the same bytes, and stored beside reading and hashing every file with BLAKE3, on one \
             core. Seconds of CPU / of wall time, and their ratios; medians of {ROUNDS} rounds \
             where a tree has less than {} MiB, else one.",
            SMALL_BYTES >> 20
        ),
    )
    .head(&[
        "",
        "`--compress`",
        "`zstd`",
        "ratio",
        "stored",
        "hashing",
        "ratio",
    ]);
    for (tree, content) in contents {
        add_row(&mut section, tree, content)?;
    }
    Ok(section)
}

fn add_row(section: &mut Section, tree: &Tree, content: &Content) -> Result<()> {
    let tar = tree.file("tar");
    let make_tar = format!("tar --sort=name -C {} -cf {tar} .", tree.path());
    Command::shell(make_tar).run()?;
    let commands = Commands::new(tree);
    let rounds = if content.bytes < SMALL_BYTES {
        ROUNDS
    } else {
        1
    };
    let costs = commands.measure(rounds)?;
    Command::shell(format!("rm {tar} {tar}.zst")).run()?;
    let [pack, zstd, store, hash] = costs.map(|cost| (cost.cpu_s, cost.wall_s));
    let ratios = |a: (f64, f64), b: (f64, f64)| (a.0 / b.0, a.1 / b.1);
    let (compressed, stored) = (ratios(pack, zstd), ratios(store, hash));
    let cells = [pack, zstd, compressed, store, hash, stored];
    let cells = cells.map(|(cpu, wall)| format!("{cpu:.2} / {wall:.2}"));
    section.row([tree.title.to_owned()].into_iter().chain(cells));
    let mut goal = |what: &str, (cpu, wall): (f64, f64), bound: f64| {
        let what = format!("{what}, {}, CPU", tree.title);
        section.goal(Goal::at_most(&what, cpu, bound));
        let what = what.replace(", CPU", ", wall");
        section.goal(Goal::at_most(what, wall, bound));
    };
    goal("`pack --compress` to `zstd -19 -T2`", compressed, 1.15);
    goal("`pack` to reading and hashing", stored, 3.0);
    for command in commands.all() {
        section.command(&Cost::measured(command));
    }
    Ok(())
}

/// Reads every file below a directory and hashes all of them: what this
/// program does when it is called as `hash DIRECTORY`.
pub(crate) fn hash(directory: &Path) -> Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    add_directory(&mut hasher, directory)?;
    Ok(hasher.finalize())
}

fn add_directory(hasher: &mut blake3::Hasher, directory: &Path) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            add_directory(hasher, &entry.path())?;
        } else {
            hasher.update(&fs::read(entry.path())?);
        }
    }
    Ok(())
}
