//! `wasi-vfs extract`: writes packed files into a directory.

use super::complete::guest_path;
use super::exit_codes::exit_codes;
use super::message::say;
use super::opened::{self, Opened};
use super::path_args::PathArg;
use super::progress::Bar;
use super::{path_args, text};
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
/// Writes the whole tree, or each PATH with everything below it, to the same path below
/// DIR. Links, modification times and executable bits are kept. No image can make
/// `extract` write outside of DIR.
///
/// If DIR does not exist, `extract` creates it, complete or not at all. In an existing
/// DIR, files are replaced only with --force, and each file is written as a whole.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Extract {
    /// Packed module, component or image; `-` is standard input
    #[arg(value_name = "PACKED")]
    packed: PathBuf,

    /// Directories, files or patterns [default: the whole tree]
    #[arg(value_name = "PATH", add = guest_path())]
    paths: Vec<String>,

    /// Directory to extract into
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Replace existing files and links
    #[arg(short, long)]
    force: bool,

    /// Disable the decompression-bomb limit
    ///
    /// By default the files may have 1 GiB or 1000 times the bytes of the image,
    /// whichever is larger.
    #[arg(long)]
    no_size_limit: bool,

    /// Print only errors
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
        let extraction = path_args::expand(&opened.image, &self.paths)?
            .into_iter()
            .fold(self.extraction(), |extraction, wanted| match wanted {
                PathArg::Path(path) => extraction.path(path),
                PathArg::Match(number) => extraction.inode(number),
            });
        let bar = Bar::on_terminal_unless(self.quiet, "extracting");
        let extracted = extraction.to(&opened.image, &self.output, &|len| bar.add(len));
        extracted.map_err(|error| self.explain(error))
    }

    /// Adds the target directory to an error that names a path in it.
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
        extraction.no_size_limit(self.no_size_limit)
    }
}

fn summary(extracted: &Extracted) -> String {
    let removed = match extracted.removed_count {
        0 => String::new(),
        count => format!(
            "; not extracted: {}",
            text::count(count.into(), "removed name")
        ),
    };
    format!(
        "{}, {}, {}, {}{removed}",
        text::count(extracted.file_count.into(), "file"),
        text::count(extracted.directory_count.into(), "directory"),
        text::count(extracted.symlink_count.into(), "symbolic link"),
        text::len(extracted.file_len),
    )
}
