//! `wasi-vfs lib`: writes the static library of this version.

use super::exit_codes::exit_codes;
use super::output;
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use wasi_vfs::runtime;

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs lib -o libwasi_vfs.a
  wasi-vfs lib --writable -o libwasi_vfs.a
  clang --target=wasm32-wasi app.c libwasi_vfs.a -o app.wasm",
    exit_codes!()
);

/// Write the static library that matches this command.
///
/// Linking is optional. `pack` bakes the files into the memory of a linked program, so
/// the packed module needs only one memory.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Lib {
    /// Write the library for `pack --writable`, which is larger
    #[arg(long)]
    writable: bool,

    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Lib {
    pub(super) fn execute(self) -> Result<ExitCode> {
        output::check(&self.output)?;
        let library = match self.writable {
            true => runtime::LINKED_WRITABLE,
            false => runtime::LINKED,
        };
        output::write(&self.output, library)?;
        Ok(ExitCode::SUCCESS)
    }
}
