//! What the runtime alone adds: modules packed with an empty directory.

use crate::command::{Command, root};
use crate::report::Section;
use crate::statistics::grouped;
use crate::today;
use crate::variant::{Program, WASI_VFS, WORK, added};
use anyhow::Result;
use wasi_vfs::runtime;

const EMPTY: &str = "target/bench/empty";

/// Merged and linked, unpacked and with an empty directory.
pub(crate) fn run() -> Result<Section> {
    std::fs::create_dir_all(root().join(EMPTY))?;
    let mut section = Section::new(
        "Size of the runtime",
        "What an empty directory adds to a program that is neither packed nor linked, and what \
         linking alone adds.",
    )
    .head(&["", "bytes"]);
    let mut row = |what: &str, bytes: u64| section.row([what, &grouped(bytes)]);

    let merged = runtime::MERGED.len() as u64;
    row("runtime to be merged, as built", merged);
    let commands = Program::ALL.map(pack_empty);
    for (program, command) in Program::ALL.into_iter().zip(&commands) {
        command.run()?;
        let added = added(&output(program), &unpacked(program).path())?;
        row(&format!("{}, empty directory", program.title()), added);
    }
    let of_today = added(today::PROGRAM, &Program::Reader.path())?;
    let linked = Program::LinkedReader.path();
    let added = added(&linked, &Program::Reader.path())?;
    row("C program, linked, not packed", added);
    row("C program, linked with wasi-vfs today", of_today);
    for command in &commands {
        section.command(command);
    }
    Ok(section)
}

/// The program without runtime and image.
fn unpacked(program: Program) -> Program {
    match program {
        Program::LinkedReader => Program::Reader,
        other => other,
    }
}

/// The program with an empty directory.
pub(crate) fn output(program: Program) -> String {
    format!("{WORK}/empty-{program:?}.wasm").to_lowercase()
}

fn pack_empty(program: Program) -> Command {
    let words = format!(
        "pack {} --dir {EMPTY}::/empty -o {}",
        program.path(),
        output(program)
    );
    Command::new(WASI_VFS).with(&words)
}
