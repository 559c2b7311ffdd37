//! Measures wasi-vfs, checks that what it measures is right, prints tables and
//! writes `docs/BENCHMARKS.md`. `make bench` brings what it needs. With the
//! argument `decoder` it measures and prints that alone.
//!
//! One benchmark is one file and gives one or two [`report::Section`]s. A tree
//! or a peer to add is a constant in `tree` or `peers`.

mod command;
mod decoder;
mod engines;
mod guest;
mod memory;
mod pack;
mod peers;
mod report;
mod runtime_size;
mod statistics;
mod tree;
mod variant;

use anyhow::{Context, Result};
use command::{Command, root};
use report::Section;
use statistics::grouped;
use tree::{Content, TREE};

const OUTPUT: &str = "docs/BENCHMARKS.md";

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("decoder") {
        print!("{}", decoder::run()?);
        return Ok(());
    }
    std::fs::create_dir_all(root().join(variant::WORK))?;
    let expected = Content::of(&root().join(TREE)).context("run `tools/install ruby`")?;
    let mut text = introduction(&expected)?;
    print!("{text}");
    let mut add = |section: Section| {
        print!("{section}");
        text.push_str(&section.to_string());
    };
    let guest = guest::build()?;
    pack::run()?.into_iter().for_each(&mut add);
    add(peers::sizes(&expected)?);
    add(peers::download()?);
    add(runtime_size::run()?);
    add(memory::run(&expected)?);
    add(engines::instantiate()?);
    add(engines::read(&expected)?);
    add(decoder::run()?);
    add(guest);
    let output = root().join(OUTPUT);
    std::fs::write(&output, text.trim_end().to_owned() + "\n").context(OUTPUT)?;
    Ok(())
}

fn introduction(tree: &Content) -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let node = String::from_utf8(Command::new(".tools/node --version").run()?)?;
    let versions = std::fs::read_to_string(root().join("tools/versions"))?;
    let wasmtime = versions
        .lines()
        .find_map(|line| line.strip_prefix("WASMTIME=")?.split_whitespace().next())
        .context("tools/versions has no WASMTIME")?;
    Ok(format!(
        "# Benchmarks\n\n\
         Written by `make bench`, which measures all of it in one run and fails where a result \
         is not right. Commands are to be run in the root of the repository.\n\n\
         The tree is the standard library of Ruby 3.4 from npm: {} files, {} bytes. Measured on \
         {cores} cores with wasmtime {wasmtime} and Node {}. The machine is shared and its \
         clock noisy: figures are medians of interleaved runs, and ratios tell more than times. \
         Rows marked *measured elsewhere* are figures of wasi-vfs 0.6.2 from another run, on \
         another copy of the library (1,918 files, 14.5 MB).\n\n",
        grouped(tree.files),
        grouped(tree.bytes),
        node.trim(),
    ))
}
