//! What packing Ruby's library costs and what it adds to a module.

use crate::command::root;
use crate::cost::Cost;
use crate::goal::Goal;
use crate::report::Section;
use crate::statistics::{grouped, ratio};
use crate::trees::RUBY;
use crate::variant::{Program, Storage, added, len, pack, pack_as, packed};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;

const ROUNDS: usize = 3;

type Costs = BTreeMap<(Program, Storage), Vec<Cost>>;

fn variants() -> impl Iterator<Item = (Program, Storage)> {
    let each = |program| Storage::ALL.map(|storage| (program, storage));
    Program::ALL.into_iter().flat_map(each)
}

/// Packs everything that the benchmarks of Ruby's library read.
pub(crate) fn run() -> Result<Vec<Section>> {
    let mut costs = Costs::new();
    for _ in 0..ROUNDS {
        for (program, storage) in variants() {
            let cost = Cost::of(&pack(program, &RUBY, storage))?;
            costs.entry((program, storage)).or_default().push(cost);
        }
    }
    for (program, storage) in variants() {
        check_repeatable(program, storage)?;
    }
    Ok(vec![size()?, cost(&costs)?])
}

/// Another run gives the same bytes. That they are the right ones is what the
/// reading benchmarks check.
fn check_repeatable(program: Program, storage: Storage) -> Result<()> {
    let path = root().join(packed(program, &RUBY, storage));
    let read = || std::fs::read(&path).with_context(|| path.display().to_string());
    let first = read()?;
    pack(program, &RUBY, storage).run()?;
    ensure!(first == read()?, "{} differs from itself", path.display());
    Ok(())
}

fn size() -> Result<Section> {
    let mut section = Section::new(
        "Bytes added to the module",
        "Ruby's library. The packed module less the module. Index, payload and cold part are \
         those of the image; the rest is the runtime, which a linked program had before.",
    )
    .head(&["", "added", "to the files", "index", "payload", "cold part"]);
    for (program, storage) in variants() {
        let title = format!("{}, {}", program.title(), storage.title());
        let path = packed(program, &RUBY, storage);
        section.row(size_row(title, &path, program)?);
    }
    for size in ["256K", "1M"] {
        let options = format!("--compress --block-size={size}");
        let path = RUBY.file("blocks.wasm");
        let command = pack_as(Program::Reader, &RUBY, &options, &path);
        command.run()?;
        let title = format!("{}, `{options}`", Program::Reader.title());
        section.row(size_row(title, &path, Program::Reader)?);
        section.command(&command);
    }
    let today = added(crate::today::RUBY, &Program::Ruby.path())?;
    let title = "`ruby.wasm`, wasi-vfs today, as published".to_owned();
    section.row([title, grouped(today), to_files(today)?]);
    Ok(section)
}

fn to_files(added: u64) -> Result<String> {
    Ok(ratio(added, RUBY.content()?.bytes))
}

fn size_row(title: String, path: &str, program: Program) -> Result<[String; 6]> {
    let added = added(path, &program.path())?;
    let module = std::fs::read(root().join(path))?;
    let contents = wasi_vfs::Contents::find(&module)?;
    let cold = contents.cold.as_ref().map_or(0, |cold| cold.len());
    Ok([
        title,
        grouped(added),
        to_files(added)?,
        grouped(contents.index.len() as u64),
        grouped(contents.payload.len() as u64),
        grouped(cold as u64),
    ])
}

fn cost(costs: &Costs) -> Result<Section> {
    let mut section = Section::new(
        "Cost of packing",
        format!(
            "Ruby's library. Medians of {ROUNDS} interleaved runs, each a process of its own. \
             Two runs gave the same bytes, each time. Packing the C program, of some 30 KB, is \
             next to nothing but building the image."
        ),
    )
    .head(&["", "CPU s", "wall s", "peak MiB"]);
    for (&(program, storage), costs) in costs {
        let cost = Cost::median(costs);
        section.row([
            format!("{}, {}", program.title(), storage.title()),
            format!("{:.2}", cost.cpu_s),
            format!("{:.2}", cost.wall_s),
            format!("{:.0}", cost.peak_mib()),
        ]);
        section.command(&Cost::measured(&pack(program, &RUBY, storage)));
    }
    let elsewhere = "wasi-vfs 0.6.2 on `ruby.wasm`, measured elsewhere";
    section.row([elsewhere, "63", "", "563"]);
    for storage in Storage::RUN {
        goals(costs, storage, &mut section)?;
    }
    Ok(section)
}

fn goals(costs: &Costs, storage: Storage, section: &mut Section) -> Result<()> {
    let of = |program| Cost::median(&costs[&(program, storage)]);
    let (ruby, image) = (of(Program::Ruby), of(Program::Reader));
    let title = storage.title();
    let more = ruby.cpu_s - image.cpu_s;
    let what = format!("`pack` onto `ruby.wasm` beyond the image, {title}");
    section.goal(Goal::at_most(what, more, 2.0).in_unit(" s of CPU"));
    let modules = ruby.peak_kib as f64 * 1024.0 / len(&Program::Ruby.path())? as f64;
    let what = format!("its peak memory, {title}");
    section.goal(Goal::at_most(what, modules, 10.0).in_unit(" modules"));
    Ok(())
}
