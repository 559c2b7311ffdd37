//! What the runtime alone adds: modules packed with an empty directory.

use crate::file::added;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::grouped;
use crate::storage::Storage;
use crate::synthetic::Synthetic;
use crate::today;
use crate::trees::EMPTY;
use anyhow::Result;
use wasi_vfs::runtime;

/// Merged and linked, unpacked and with an empty directory.
pub(crate) fn run() -> Result<Section> {
    step("size of the runtime");
    let mut section = Section::new(
        "Size of the runtime",
        "What an empty directory adds to a program that is neither packed nor linked, and what \
         linking alone adds.",
    )
    .head(&["", "bytes"]);
    let merged = runtime::MERGED.len() as u64;
    section.row(["runtime to be merged, as built", &grouped(merged)]);
    let _empty = Synthetic::of(&EMPTY)?;
    for program in [Program::Ruby].iter().chain(&Program::FORMS) {
        let packed = Packed::new(*program, &EMPTY, Storage::Stored);
        packed.make()?;
        let bytes = added(&packed.path(), &program.without_runtime().path())?;
        let title = format!("{}, empty directory", program.title());
        section.row([title, grouped(bytes)]);
        section.command(&packed.command());
    }
    let bare = Program::Reader.path();
    let ours = added(&Program::LinkedReader.path(), &bare)?;
    let of_today = added(today::PROGRAM, &bare)?;
    section.row(["C program, linked, not packed", &grouped(ours)]);
    section.row(["C program, linked with wasi-vfs today", &grouped(of_today)]);
    Ok(section)
}
