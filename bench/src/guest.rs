//! Builds `guests/read.c`, by itself and linked with the library that matches
//! the command under test.

use crate::command::Command;
use crate::report::Section;
use crate::variant::{Program, WASI_VFS, WORK};
use anyhow::Result;

const CC: &str = ".tools/venv/bin/python -m ziglang cc -target wasm32-wasi -O2 -D_GNU_SOURCE \
                  -mexec-model=reactor -Wl,--strip-debug bench/guests/read.c";

/// Builds both; the commands go into the report.
pub(crate) fn build() -> Result<Section> {
    let library = format!("{WORK}/libwasi_vfs.a");
    let commands = [
        Command::new(CC).with(&format!("-o {}", Program::Reader.path())),
        Command::new(WASI_VFS).with(&format!("lib -o {library}")),
        Command::new(CC).with(&format!("{library} -o {}", Program::LinkedReader.path())),
    ];
    let mut section = Section::new(
        "The C program",
        "Reads every file, in 64 KiB, and adds up a digest of paths and content.",
    );
    for command in commands {
        command.run()?;
        section.command(&command);
    }
    Ok(section)
}
