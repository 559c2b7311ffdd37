//! More and more small files: what packing a file costs, and what a call costs
//! among them. Packed once each: they take long.

use crate::calling::{NAMES, Rounds, call, count};
use crate::calls::{self, COUNTED_CALLS, ROUNDS};
use crate::content::Content;
use crate::cost::Cost;
use crate::engine::Engine;
use crate::file;
use crate::goal::Goal;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::reading;
use crate::report::Section;
use crate::statistics::{grouped, short};
use crate::storage::Storage;
use crate::synthetic::Synthetic;
use crate::trees::{HUNDRED_THOUSAND, MILLION, THOUSAND, Tree};
use crate::variant::Variant;
use anyhow::Result;

const LINEAR: Goal = Goal::at_most(
    "packing 1,000,000 files, CPU a file, to packing 100,000",
    1.2,
);
const MEMORY: Goal = Goal::at_most(
    "packing, peak memory for each of 900,000 files more",
    1024.0,
)
.in_unit(" bytes");

const CALL: Goal =
    Goal::at_most("a call among 100,000 files, to among 1,000", 1.25).limited_by(CACHES);
const CALL_MILLION: Goal =
    Goal::at_most("a call among 1,000,000 files, to among 1,000", 1.25).limited_by(CACHES);
const CACHES: &str = "the processor's caches: a lookup makes the same steps, and those of 1,000 files \
                      far from each other touch more of memory than those of neighbours";

const TREES: [Tree; 3] = [THOUSAND, HUNDRED_THOUSAND, MILLION];

const STORAGES: [Storage; 2] = [Storage::Stored, Storage::Level3];

/// What is compared with the directory itself, which is slow to list.
const CHECKED: Rounds = Rounds {
    warmup: 0,
    counted: 1,
    calls: 1_000,
};

/// One tree packed.
struct Figures {
    files: u64,
    cost: Cost,
}

/// Packs and reads them, then makes calls.
pub(crate) fn run() -> Result<Vec<Section>> {
    let mut packing = packing_section();
    let mut figures = Vec::new();
    for tree in TREES {
        step(format_args!("making {}", tree.title));
        let files = Synthetic::of(&tree)?;
        figures.push(pack(&mut packing, &tree)?);
        check_calls(&tree)?;
        step(format_args!("removing {}", tree.title));
        drop(files);
    }
    goals(&mut packing, &figures);
    Ok(vec![packing, calls()?])
}

fn packing_section() -> Section {
    Section::new(
        "Packing very many files",
        "Small files of 110 to 210 bytes, a hundred in a directory, packed into the C program, once \
         each. Every file was read from the packed module, under wasmtime, and was right.",
    )
    .head(&[
        "",
        "CPU s",
        "wall s",
        "CPU µs a file",
        "peak MiB",
        "bytes added",
        "reading every file, ms",
    ])
}

/// Packs and reads a tree in each way. Gives the figures of the first.
fn pack(section: &mut Section, tree: &Tree) -> Result<Figures> {
    let content = tree.content()?;
    let mut costs = Vec::new();
    for storage in STORAGES {
        let packed = Packed::new(Program::Reader, tree, storage);
        step(format_args!("packing {}, {}", tree.title, storage.title()));
        let cost = Cost::of(&packed.command())?;
        section.row([
            format!("{}, {}", tree.title, storage.title()),
            short(cost.cpu_s),
            short(cost.wall_s),
            short(cost.cpu_s * 1e6 / content.files as f64),
            short(cost.peak_mib()),
            grouped(packed.added()?),
            short(read(&packed, &content)?),
        ]);
        section.command(&Cost::measured(&packed.command()));
        costs.push(cost);
    }
    Ok(Figures {
        files: content.files,
        cost: costs[0],
    })
}

/// Reads every file, and gives the milliseconds that took.
fn read(packed: &Packed, content: &Content) -> Result<f64> {
    let once = reading::Rounds {
        warmup: 0,
        counted: 1,
    };
    let variants = [packed.variant()?];
    let times = reading::read(Engine::Wasmtime, &packed.tree, content, once, &variants)?;
    Ok(times.ms[0][0])
}

fn goals(section: &mut Section, figures: &[Figures]) {
    let [_, fewer, more] = figures else { return };
    let a_file = |figures: &Figures| figures.cost.cpu_s / figures.files as f64;
    section.case(LINEAR, "", a_file(more) / a_file(fewer));
    // The difference is without the blocks in flight, which both have.
    let bytes = (more.cost.peak_kib as f64 - fewer.cost.peak_kib as f64) * 1024.0;
    section.case(MEMORY, "", bytes / (more.files - fewer.files) as f64);
}

fn stored(tree: &Tree) -> Packed {
    Packed::new(Program::Reader, tree, Storage::Stored)
}

/// Calls answer what they answer in the directory.
fn check_calls(tree: &Tree) -> Result<()> {
    let variants = [Variant::host(Program::Reader), stored(tree).variant()?];
    call(Engine::Wasmtime, tree, CHECKED, &variants)?.expect_same()
}

fn calls() -> Result<Section> {
    let about = format!(
        "In the same trees, stored, under wasmtime: 1,000 files from all over each, in directories \
         that are as large in all of them. Nanoseconds a call: medians of {} interleaved rounds of {} calls, \
         in brackets the median ratio to the tree of 1,000 in the same round. Answers were those \
         of the directory. The last rows count instructions of WebAssembly instead.",
        ROUNDS.counted, ROUNDS.calls
    );
    let mut section = calls::section("Single calls among very many files", about);
    step("calls among very many files");
    let variant = |tree: &Tree| Ok(Variant::new(tree.name, tree.title, &stored(tree).path()));
    let variants: Vec<_> = TREES.iter().map(variant).collect::<Result<_>>()?;
    let called = call(Engine::Wasmtime, &THOUSAND, ROUNDS, &variants)?;
    for (at, tree) in TREES.iter().enumerate() {
        section.row(called.row(tree.title.to_owned(), at, 0));
    }
    for (number, name) in NAMES.into_iter().enumerate() {
        section.case(CALL, format!("`{name}`"), called.ratio(number, 1, 0));
        section.case(
            CALL_MILLION,
            format!("`{name}`"),
            called.ratio(number, 2, 0),
        );
    }
    section.command(&called.command);
    let counted = count(COUNTED_CALLS, &variants)?;
    for (at, tree) in TREES.iter().enumerate() {
        section.row(counted.row(format!("{}, instructions", tree.title), at, 0));
    }
    section.command(&counted.command);
    for tree in TREES {
        for storage in STORAGES {
            file::remove(&Packed::new(Program::Reader, &tree, storage).path())?;
        }
    }
    Ok(section)
}
