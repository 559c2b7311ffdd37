//! How fast packing is: compressed against zstd, stored against hashing.

use crate::command::Command;
use crate::content::{Content, SMALL_BYTES};
use crate::cost::Cost;
use crate::goal::Goal;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::{Estimate, median_of, short};
use crate::storage::Storage;
use crate::trees::Tree;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const LEVEL: u32 = 19;

const COMPRESSED: Goal = Goal::at_most("`pack --compress`, CPU, to `zstd -19 -T2`", 1.15);
const COMPRESSED_WALL: Goal =
    Goal::at_most("`pack --compress`, wall time, to `zstd -19 -T2`", 1.15);
const STORED: Goal =
    Goal::at_most("`pack`, CPU, to reading and hashing every file", 3.0).limited_by(STORED_LIMIT);
const STORED_WALL: Goal =
    Goal::at_most("`pack`, wall time, to reading and hashing every file", 3.0)
        .limited_by(STORED_LIMIT);
const STORED_LIMIT: &str = "packing an empty directory takes as long as hashing one of 10 MB: the \
                            runtime is run and validated";

/// How often with compression, which takes long, and without.
#[derive(Clone, Copy)]
struct Rounds {
    compressed: usize,
    stored: usize,
}

const SMALL: Rounds = Rounds {
    compressed: 3,
    stored: 9,
};
const LARGE: Rounds = Rounds {
    compressed: 1,
    stored: 5,
};

/// Ours and what it is measured by.
struct Pair {
    ours: Command,
    theirs: Command,
}

/// What both cost, in every round.
struct Costs {
    ours: Vec<Cost>,
    theirs: Vec<Cost>,
}

/// What is compared of a cost.
type Part = fn(&Cost) -> f64;
const CPU: Part = |cost| cost.cpu_s;
const WALL: Part = |cost| cost.wall_s;

/// Packs each tree.
pub(crate) fn run(contents: &[(Tree, Content)]) -> Result<Section> {
    let mut section = Section::new(
        "Speed of packing",
        format!(
            "Packing into the C program: compressed beside `zstd -{LEVEL} -T2` on one file with \
             the same bytes, and stored beside reading and hashing every file with BLAKE3, on one \
             core. Seconds of CPU / of wall time, and their ratios; medians of {} and {} \
             interleaved rounds, of {} and {} where a tree has more than {} MiB.",
            SMALL.compressed,
            SMALL.stored,
            LARGE.compressed,
            LARGE.stored,
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
        step(format_args!("speed of packing {}", tree.title));
        add_row(&mut section, tree, content)?;
    }
    Ok(section)
}

fn add_row(section: &mut Section, tree: &Tree, content: &Content) -> Result<()> {
    let rounds = if content.is_small() { SMALL } else { LARGE };
    let tar = tree.file("tar");
    Command::shell(format!("tar --sort=name -C {} -cf {tar} .", tree.path())).run()?;
    let pack = |storage| Packed::new(Program::Reader, tree, storage).command();
    let compressed = Pair {
        ours: pack(Storage::Default),
        theirs: Command::new("zstd").with(&format!("-q -f -{LEVEL} -T2 {tar} -o {tar}.zst")),
    };
    let stored = Pair {
        ours: pack(Storage::Stored),
        theirs: Command::new("target/release/wasi-vfs-bench hash").with(&tree.path()),
    };
    let (zstd, hashing) = (
        compressed.measure(rounds.compressed)?,
        stored.measure(rounds.stored)?,
    );
    Command::shell(format!("rm {tar} {tar}.zst")).run()?;
    let cells = [tree.title.to_owned()].into_iter();
    section.row(cells.chain(zstd.cells()).chain(hashing.cells()));
    section.case(COMPRESSED, tree.title, zstd.ratio(CPU));
    section.case(COMPRESSED_WALL, tree.title, zstd.ratio(WALL));
    section.case(STORED, tree.title, hashing.ratio(CPU));
    section.case(STORED_WALL, tree.title, hashing.ratio(WALL));
    for command in [
        &compressed.ours,
        &compressed.theirs,
        &stored.ours,
        &stored.theirs,
    ] {
        section.command(&Cost::measured(command));
    }
    Ok(())
}

impl Pair {
    fn measure(&self, rounds: usize) -> Result<Costs> {
        let mut costs = Costs {
            ours: Vec::new(),
            theirs: Vec::new(),
        };
        for _ in 0..rounds {
            costs.ours.push(Cost::of(&self.ours)?);
            costs.theirs.push(Cost::of(&self.theirs)?);
        }
        Ok(costs)
    }
}

impl Costs {
    fn ratio(&self, part: Part) -> Estimate {
        let of = |costs: &[Cost]| costs.iter().map(part).collect::<Vec<_>>();
        Estimate::ratio(&of(&self.ours), &of(&self.theirs))
    }

    fn cells(&self) -> [String; 3] {
        let cell = |costs: &[Cost]| {
            let (cpu, wall) = (median_of(costs, CPU), median_of(costs, WALL));
            format!("{} / {}", short(cpu), short(wall))
        };
        let ratios = [CPU, WALL].map(|part| short(self.ratio(part).value));
        [cell(&self.ours), cell(&self.theirs), ratios.join(" / ")]
    }
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
