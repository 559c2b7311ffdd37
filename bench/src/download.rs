//! What a download takes that is compressed in transit.

use crate::command::Command;
use crate::file::len;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::grouped;
use crate::storage::Storage;
use crate::today;
use crate::trees::RUBY;
use anyhow::Result;

/// Ruby, packed and not, through gzip.
pub(crate) fn run() -> Result<Section> {
    step("downloads");
    let mut section = Section::new(
        "Download that is compressed in transit",
        "A server's gzip shrinks files that lie in a module uncompressed, so there \
         `--compress` gains less.",
    )
    .head(&["`ruby.wasm`", "bytes", "through `gzip -9`"]);
    add_row(&mut section, "not packed", &Program::Ruby.path())?;
    add_row(&mut section, "wasi-vfs today, as published", today::RUBY)?;
    for storage in Storage::ALL {
        let packed = Packed::new(Program::Ruby, &RUBY, storage);
        packed.make()?;
        add_row(&mut section, storage.title(), &packed.path())?;
    }
    Ok(section)
}

fn add_row(section: &mut Section, what: &str, path: &str) -> Result<()> {
    let command = Command::shell(format!("gzip -9 -c {path} | wc -c"));
    section.row([what, &grouped(len(path)?), &grouped(command.number()?)]);
    section.command(&command);
    Ok(())
}
