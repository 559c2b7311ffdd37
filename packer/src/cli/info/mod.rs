//! `wasi-vfs info`: the sizes of a packed module.
//!
//! [`report`] computes the sizes. [`table`] prints them as text, [`page`] as a page for a
//! browser. JSON is the serialised report.

mod ballast;
mod component;
mod directories;
mod look;
mod page;
mod report;
mod runtime_parts;
mod table;
mod writable;

use super::exit_codes::exit_codes;
use super::message::{hide_notes, say};
use super::opened::{self, Opened};
use super::output::is_stdout;
use super::usage::WrongUsage;
use super::{output, text};
use anyhow::{Result, bail};
use clap::Args;
use look::Look;
use report::Report;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs info packed.wasm
  wasi-vfs info --html report.html packed.wasm
  wasi-vfs info --json packed.wasm | jq '.file.payload / .file.total'
  wasi-vfs info --json --digests packed.wasm | jq '.files'",
    exit_codes!()
);

/// Show where the bytes of a packed module go.
///
/// Prints the sizes of the parts of the module, the options of the pack, and the savings
/// by deduplication. For a component, names the packed core module, the imported versions
/// of WASI and the mechanism. Tables show the size of each file extension and directory.
///
/// Names probable ballast, such as tests and package caches, with the --exclude that
/// drops it.
///
/// If files share bytes, each file counts an equal part of them, so the shares of all
/// files add up.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Info {
    /// Packed module, component or image; `-` is standard input
    #[arg(value_name = "PACKED")]
    packed: PathBuf,

    /// Print a JSON object, which docs/JSON.md describes
    #[arg(long)]
    json: bool,

    /// With --json, list the files with their BLAKE3 digests
    ///
    /// The digest is that of the uncompressed content. All files are read.
    #[arg(long, requires = "json")]
    digests: bool,

    /// With --digests, disable the decompression-bomb limit
    ///
    /// By default the files may have 1 GiB or 1000 times the bytes of the image,
    /// whichever is larger.
    #[arg(long, requires = "digests")]
    no_size_limit: bool,

    /// Print exact sizes in bytes instead of units
    #[arg(long)]
    bytes: bool,

    /// Write a page for a browser as well; `-` is standard output
    ///
    /// The page has a map of the tree, the largest files, the duplicates and a search
    /// box. It needs no network.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Show all extensions, directories and duplicates
    ///
    /// By default the tables end with the largest rows.
    #[arg(short, long)]
    all: bool,

    /// Print nothing, only write the page of --html
    #[arg(short, long, conflicts_with = "json", requires = "html")]
    quiet: bool,
}

impl Info {
    pub(super) fn execute(self) -> Result<ExitCode> {
        if self.quiet {
            hide_notes();
        }
        if let Some(html) = &self.html {
            output::check(html)?;
            output::require_other_file(html, &self.packed)?;
            if self.json && is_stdout(html) {
                let message = "--html and --json cannot both write to standard output";
                bail!(WrongUsage(message.to_owned()));
            }
        }
        opened::with(&self.packed, |opened| self.show(opened))
    }

    fn show(&self, opened: &Opened<'_>) -> Result<ExitCode> {
        let accounting = opened.accounting()?;
        let mut report = Report::gather(opened, &accounting)?;
        if self.digests {
            report.add_files(&opened.image, self.no_size_limit)?;
        }
        if let Some(html) = &self.html {
            let page = page::page(&self.title(), &opened.image, &accounting, &report)?;
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
            serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
            writeln!(out)?;
        } else {
            let look = Look {
                all: self.all,
                bytes: self.bytes,
            };
            table::print(&self.title(), &report, look, &mut out)?;
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
