//! `wasi-vfs info`: where the bytes go.
//!
//! `facts` finds out, the other files show: as text, as JSON, as a page.

mod ballast;
mod directories;
mod facts;
mod page;
mod table;

use super::opened::{self, Opened};
use super::output::is_stdout;
use super::{exit_codes, output, say, text};
use anyhow::{Result, bail};
use clap::Args;
use facts::Facts;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs info packed.wasm
  wasi-vfs info --html report.html packed.wasm
  wasi-vfs info --json packed.wasm | jq '.file.payload / .file.total'

Fields of --json, lengths in bytes: form (linked, merged or null for a bare
image), memory (separate or single if merged), digest, format_version,
tool_version and options (level, block_len) if they were not stripped,
runtime_version, mounts; file (total, application, runtime, index, payload,
cold; application is null where it cannot be told from the runtime); tree (files, directories, symlinks, raw, unique, stored); blocks
(count, len, uncompressed, fill, stored, other); deduplication (saved,
duplicate_files, groups of equal files: len, saved, paths); left_out (files,
raw) if packed with --only; ballast (files that a program probably does not
need: kind, exclude, files, raw, stored); extensions and directories (name, files, raw,
unique, stored). raw is before deduplication, unique after it, stored after
compression.",
    exit_codes!()
);

/// Show where the bytes of a packed module go.
///
/// The parts of the module, the options it was packed with, what each file
/// extension and each directory takes, and what deduplication saves and where. Names
/// probable ballast, such as tests and package caches, with the --exclude that drops it.
/// Bytes that several files have in common are counted for each in equal parts,
/// so the shares of all files add up.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Info {
    /// Packed module or image; `-` is standard input
    #[arg(value_name = "PACKED")]
    packed: PathBuf,

    /// Print a JSON object, whose fields are described in --help
    #[arg(long)]
    json: bool,

    /// Write a page for a browser as well: a map of the tree, the largest files,
    /// duplicates, a search box; needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Show all extensions, directories and duplicates, not the largest only
    #[arg(short, long)]
    all: bool,

    /// Print nothing; for use with --html
    #[arg(short, long, conflicts_with = "json", requires = "html")]
    quiet: bool,
}

impl Info {
    pub(super) fn execute(self) -> Result<ExitCode> {
        if let Some(html) = &self.html {
            output::check(html)?;
            if self.json && is_stdout(html) {
                bail!("the page and what --json prints cannot both go to standard output");
            }
        }
        opened::with(&self.packed, |opened| self.show(opened))
    }

    fn show(&self, opened: &Opened<'_>) -> Result<ExitCode> {
        let accounting = opened.accounting()?;
        let facts = Facts::gather(opened, &accounting)?;
        if let Some(html) = &self.html {
            let page = page::page(&self.title(), &opened.image, &accounting, &facts)?;
            output::write(html, page.as_bytes())?;
            if is_stdout(html) {
                // The text would be in the page.
                return Ok(ExitCode::SUCCESS);
            }
            if !self.quiet {
                say(&format!("{}: written", text::path(html)));
            }
        }
        if self.quiet {
            return Ok(ExitCode::SUCCESS);
        }
        let mut out = BufWriter::new(io::stdout().lock());
        if self.json {
            serde_json::to_writer_pretty(&mut out, &facts).map_err(io::Error::from)?;
            writeln!(out)?;
        } else {
            table::print(&self.title(), &facts, self.all, &mut out)?;
        }
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }

    fn title(&self) -> String {
        match self.packed.file_name() {
            Some(name) => name.to_string_lossy().into_owned(),
            None => self.packed.display().to_string(),
        }
    }
}
