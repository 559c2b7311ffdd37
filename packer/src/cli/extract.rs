//! `wasi-vfs extract`: packed files into a directory.

use super::complete::guest_path;
use super::opened::{self, Opened};
use super::progress::Bar;
use super::select::Wanted;
use super::{exit_codes, say, select, text};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use wasi_vfs::{Extract as Extraction, ExtractError, Extracted};

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs extract packed.wasm -o tree
  wasi-vfs extract packed.wasm -o tree /usr/lib/ruby '/etc/*.conf'
  wasi-vfs extract packed.wasm -o tree --force",
    exit_codes!()
);

/// Write packed files into a directory.
///
/// Everything, or each PATH and what is below it, goes to its path below DIR,
/// with its links, modification times and executable bits. Nothing is written
/// outside DIR, whatever the image says. A DIR that does not exist is made,
/// complete or not at all; in one that exists nothing is overwritten without
/// --force, and no file is left half written. Files of more than 1 GiB and more
/// than 1000 times the image in all are refused without --any-size, since a few
/// bytes of an image can make terabytes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Extract {
    /// Packed module or image; `-` is standard input
    #[arg(value_name = "PACKED")]
    packed: PathBuf,

    /// Directories, files or patterns in it; everything if none is given
    #[arg(value_name = "PATH", add = guest_path())]
    paths: Vec<String>,

    /// Directory to extract into
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Replace files and links that exist
    #[arg(short, long)]
    force: bool,

    /// Extract files of any size
    #[arg(long)]
    any_size: bool,

    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

impl Extract {
    pub(super) fn execute(self) -> Result<ExitCode> {
        let extracted = opened::with(&self.packed, |opened| self.extract(opened))?;
        if !self.quiet {
            say(&format!(
                "{}: {}",
                text::path(&self.output),
                summary(&extracted)
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn extract(&self, opened: &Opened<'_>) -> Result<Extracted> {
        opened.require_whole()?;
        let extraction = select::expand(&opened.image, &self.paths)?
            .into_iter()
            .fold(self.extraction(), |extraction, wanted| match wanted {
                Wanted::Path(path) => extraction.path(path),
                Wanted::Match(number) => extraction.inode(number),
            });
        let bar = Bar::on_terminal_unless(self.quiet, "extracting");
        let extracted = extraction.to(&opened.image, &self.output, &|len| bar.add(len));
        extracted.map_err(|error| self.explain(error))
    }

    /// Names the directory where the error names a path in it.
    fn explain(&self, error: ExtractError) -> anyhow::Error {
        let is_in_target = matches!(
            error,
            ExtractError::Exists { .. }
                | ExtractError::InTheWay { .. }
                | ExtractError::Collision { .. }
                | ExtractError::Write { .. }
        );
        match is_in_target {
            true => anyhow::Error::new(error)
                .context(format!("cannot extract into `{}`", self.output.display())),
            false => error.into(),
        }
    }

    fn extraction(&self) -> Extraction {
        let extraction = Extraction::new().force(self.force);
        extraction.any_len(self.any_size)
    }
}

fn summary(extracted: &Extracted) -> String {
    format!(
        "{}, {}, {}, {}",
        text::count(extracted.file_count.into(), "file"),
        text::count(extracted.directory_count.into(), "directory"),
        text::count(extracted.symlink_count.into(), "symbolic link"),
        text::len(extracted.file_len),
    )
}
