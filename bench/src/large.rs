//! A very large file.

use crate::command::Command;
use crate::cost::Cost;
use crate::file;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::{grouped, short};
use crate::storage::Storage;
use crate::synthetic::Synthetic;
use crate::trees::{GUEST, LARGE};
use crate::variant::WASI_VFS;
use anyhow::Result;

/// Packs it and reads it back.
pub(crate) fn run() -> Result<Section> {
    let mut section = Section::new(
        "A very large file",
        "3 GiB that repeat 1 MiB of noise, packed into the C program, once. `wasi-vfs cat` gave \
         the same bytes.",
    )
    .head(&["", "CPU s", "wall s", "peak MiB", "bytes added", "index"]);
    step(format_args!("making {}", LARGE.title));
    let _file = Synthetic::of(&LARGE)?;
    let packed = Packed::new(Program::Reader, &LARGE, Storage::Stored);
    step(format_args!("packing {}", LARGE.title));
    let cost = Cost::of(&packed.command())?;
    section.row([
        packed.title(),
        short(cost.cpu_s),
        short(cost.wall_s),
        short(cost.peak_mib()),
        grouped(packed.added()?),
        grouped(packed.contents()?.index.len() as u64),
    ]);
    section.command(&Cost::measured(&packed.command()));
    compare(&mut section, &packed)?;
    file::remove(&packed.path())?;
    Ok(section)
}

fn compare(section: &mut Section, packed: &Packed) -> Result<()> {
    step("reading it back");
    let command = Command::shell(format!(
        "{WASI_VFS} cat {} {GUEST}/large | cmp - {}/large",
        packed.path(),
        LARGE.path()
    ));
    command.run()?;
    section.command(&command);
    Ok(())
}
