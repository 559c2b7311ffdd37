//! Builds the C program of `guests`: by itself, linked with the library that
//! matches the command under test, and linked with the released one.

use crate::command::Command;
use crate::report::Section;
use crate::today;
use crate::variant::{Program, WASI_VFS, WORK};
use anyhow::Result;

const CC: &str = ".tools/venv/bin/python -m ziglang cc -target wasm32-wasi -O2 -D_GNU_SOURCE \
                  -mexec-model=reactor -Wl,--strip-debug \
                  bench/guests/read.c bench/guests/calls.c";

/// Builds all; the commands go into the report.
pub(crate) fn build() -> Result<Section> {
    let library = format!("{WORK}/libwasi_vfs.a");
    let commands = [
        Command::new(CC).with(&format!("-o {}", Program::Reader.path())),
        Command::new(WASI_VFS).with(&format!("lib -o {library}")),
        Command::new(CC).with(&format!("{library} -o {}", Program::LinkedReader.path())),
        // Wizer runs constructors; the files are set up by running them again.
        Command::new(CC).with(&format!(
            "-Wl,--export=__wasm_call_ctors {} -o {}",
            today::LIBRARY,
            today::PROGRAM
        )),
    ];
    let mut section = Section::new(
        "The C program",
        "Reads every file, in 64 KiB, and adds up a digest of paths and content; or makes one \
         call many times.",
    );
    for command in commands {
        command.run()?;
        section.command(&command);
    }
    Ok(section)
}
