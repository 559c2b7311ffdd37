//! What packing Ruby's library costs and what it adds to a module.

use crate::command::Command;
use crate::cost::Cost;
use crate::file;
use crate::goal::Goal;
use crate::packed::{Packed, contents};
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::{grouped, ratio, short};
use crate::storage::Storage;
use crate::today;
use crate::trees::RUBY;
use anyhow::{Context, Result, ensure};

const ONTO_LARGE: Goal = Goal::at_most(
    "packing onto 16.7 MB, CPU more than onto the C program",
    2.0,
)
.in_unit(" s");
const MEMORY: Goal =
    Goal::at_most("packing onto 16.7 MB, peak memory", 10.0).in_unit(" times the module");

const ROUNDS: usize = 3;

/// Programs as long as Ruby, whose form the goals are for.
const LARGE: [Program; 2] = [Program::Ruby, Program::LinkedBulk];

/// What is packed, and what that cost each time.
type Costs = Vec<(Packed, Vec<Cost>)>;

/// Packs everything that the benchmarks of Ruby's library read.
pub(crate) fn run() -> Result<Vec<Section>> {
    let of_program = |&program: &Program| {
        Storage::ALL.map(|storage| (Packed::new(program, &RUBY, storage), Vec::new()))
    };
    let programs = LARGE.iter().chain(&Program::FORMS);
    let mut costs: Costs = programs.flat_map(of_program).collect();
    for round in 1..=ROUNDS {
        step(format_args!("packing Ruby's library, {round} of {ROUNDS}"));
        for (packed, costs) in &mut costs {
            costs.push(cost_of(packed)?);
        }
    }
    Ok(vec![size(&costs)?, cost(&costs)?])
}

/// Packs, and fails unless the bytes are those of the time before. That they are
/// the right ones is what the benchmarks of reading check.
fn cost_of(packed: &Packed) -> Result<Cost> {
    let path = packed.path();
    let before = file::is_newer(&path, &packed.sources())?.then(|| file::read(&path));
    let cost = Cost::of(&packed.command())?;
    if let Some(before) = before {
        ensure!(before? == file::read(&path)?, "{path} differs from itself");
    }
    Ok(cost)
}

fn size(costs: &Costs) -> Result<Section> {
    let mut section = Section::new(
        "Bytes added to the module",
        "Ruby's library. The packed module less the module. Index, payload and cold part are \
         those of the image, the index as it is in memory; the module has it compressed where \
         blocks are. The rest is the runtime, which a linked program had before. Two runs gave the \
         same bytes, each time. The commands are those of the next table.",
    )
    .head(&["", "added", "to the files", "index", "payload", "cold part"]);
    for (packed, _) in costs {
        if packed.program != Program::LinkedBulk {
            section.row(size_row(packed.title(), &packed.path(), packed.program)?);
        }
    }
    for size in ["64K", "256K", "1M"] {
        let (title, path, command) = in_blocks_of(size);
        command.run()?;
        section.row(size_row(title, &path, Program::Reader)?);
        section.command(&command);
    }
    let today = file::added(today::RUBY, &Program::Ruby.path())?;
    let title = "`ruby.wasm`, wasi-vfs today, as published".to_owned();
    section.row([title, grouped(today), to_files(today)?]);
    Ok(section)
}

fn in_blocks_of(size: &str) -> (String, String, Command) {
    let option = format!("--block-size={size}");
    let path = RUBY.file("blocks.wasm");
    let packed = Packed::new(Program::Reader, &RUBY, Storage::Default);
    let title = format!("{}, `{option}`", packed.title());
    let command = packed.command_with(&option, &path);
    (title, path, command)
}

fn to_files(added: u64) -> Result<String> {
    Ok(ratio(added, RUBY.content()?.bytes))
}

fn size_row(title: String, path: &str, program: Program) -> Result<[String; 6]> {
    let added = file::added(path, &program.path())?;
    let contents = contents(path)?;
    let cold = contents.cold.as_ref().map_or(0, |cold| cold.len());
    Ok([
        title,
        grouped(added),
        to_files(added)?,
        grouped(contents.index.len() as u64),
        grouped(contents.payload.len()),
        grouped(cold as u64),
    ])
}

fn cost(costs: &Costs) -> Result<Section> {
    let mut section = Section::new(
        "Cost of packing",
        format!(
            "Ruby's library. Medians of {ROUNDS} interleaved runs, each a process of its own. \
             Packing the C program, of some 30 KB, is next to nothing but building the image."
        ),
    )
    .head(&["", "CPU s", "wall s", "peak MiB"]);
    for (packed, costs) in costs {
        let cost = Cost::median(costs);
        section.row([
            packed.title(),
            short(cost.cpu_s),
            short(cost.wall_s),
            short(cost.peak_mib()),
        ]);
        section.command(&Cost::measured(&packed.command()));
    }
    let elsewhere = "wasi-vfs 0.6.2 on `ruby.wasm`, measured elsewhere";
    section.row([elsewhere, "63", "", "563"]);
    for program in LARGE {
        for storage in Storage::RUN {
            goals(&mut section, costs, program, storage)?;
        }
    }
    Ok(section)
}

fn goals(section: &mut Section, costs: &Costs, program: Program, storage: Storage) -> Result<()> {
    let small = Program::FORMS
        .into_iter()
        .find(|form| form.form() == program.form());
    let small = small.context("a form without a small program")?;
    let of = |program| {
        let wanted = Packed::new(program, &RUBY, storage);
        let found = costs.iter().find(|(packed, _)| *packed == wanted);
        found.map(|(_, costs)| Cost::median(costs))
    };
    let (large, small) = of(program).zip(of(small)).context("all were packed")?;
    let case = format!("{}, {}", program.title(), storage.title());
    section.case(ONTO_LARGE, &case, large.cpu_s - small.cpu_s);
    let module = file::len(&program.path())? as f64;
    section.case(MEMORY, case, large.peak_kib as f64 * 1024.0 / module);
    Ok(())
}
