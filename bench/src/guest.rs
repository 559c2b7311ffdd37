//! Builds the C program of `guests`: by itself, linked with the library that
//! matches the command under test, and linked with the released one.

use crate::bulk;
use crate::command::Command;
use crate::file;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::today;
use crate::variant::{WASI_VFS, WORK};
use anyhow::Result;

const CC: &str = ".tools/venv/bin/python -m ziglang cc -target wasm32-wasi -O2 -D_GNU_SOURCE \
                  -mexec-model=reactor -Wl,--strip-debug \
                  bench/guests/read.c bench/guests/calls.c";

/// `close` as a program has it that a runtime can be linked with, see there.
pub(crate) const CLOSE: &str = "tests/guests/linked/close.c";

/// Builds all; the commands go into the report.
pub(crate) fn build() -> Result<Section> {
    step("building the C program");
    let mut section = Section::new(
        "The C program",
        "Reads every file, in 64 KiB, and adds up a digest of paths and content; or makes one \
         call many times. The program of 16.7 MB is the linked one with all of its functions so \
         often again.",
    );
    let library = format!("{WORK}/libwasi_vfs.a");
    let write_library = Command::new(WASI_VFS).with(&format!("lib -o {library}"));
    write_library.run()?;
    section.command(&write_library);
    let linked = Program::LinkedReader.path();
    // Wizer runs constructors; the files are set up by running them again.
    let with_today = format!("-Wl,--export=__wasm_call_ctors {}", today::LIBRARY);
    for (options, output) in [
        ("", Program::Reader.path().as_str()),
        (&format!("{CLOSE} {library}"), &linked),
        (&with_today, today::PROGRAM),
    ] {
        let command = Command::new(CC).with(&format!("{options} -o {output}"));
        file::remake(output, || command.run().map(drop))?;
        section.command(&command);
    }
    let bulk = Program::LinkedBulk.path();
    file::remake(&bulk, || {
        let grown = bulk::grow(&file::read(&linked)?, file::len(&Program::Ruby.path())?)?;
        file::write(&bulk, &grown)
    })?;
    Ok(section)
}
