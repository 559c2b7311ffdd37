//! `wasi-vfs diff`: what differs between two images.

use super::opened;
use super::{report, text};
use anyhow::Result;
use clap::Args;
use clap::builder::styling::{AnsiColor, Style};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use wasi_vfs::{Change, Comparison, compare};

const EXAMPLES: &str = "\
Examples:
  wasi-vfs diff old.wasm new.wasm
  wasi-vfs diff --times old.wasm tree.wvfs
  wasi-vfs diff --json old.wasm new.wasm | jq -r '.added[]'

Fields of --json: added and removed (paths), changed (path, and what: any of
kind, content, executable, target, time), moved (from, to).

Exit codes: 0 no difference, 1 differences, 2 trouble, as diff(1).";

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const MOVED: Style = AnsiColor::Cyan.on_default();

/// `diff` says 1 where there are differences, so 2 is all that is left.
const TROUBLE: u8 = 2;

/// Compare two images, path by path.
///
/// Prints what B has and A has not as added, the reverse as removed, and what
/// both have and differs as changed. A file that is gone from one path and is
/// at another with the same bytes is moved. How the images store their files
/// makes no difference.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Diff {
    /// Packed module or image, the older one; `-` is standard input
    #[arg(value_name = "A")]
    before: PathBuf,

    /// Packed module or image, the newer one
    #[arg(value_name = "B")]
    after: PathBuf,

    /// Modification times count as well
    #[arg(long)]
    times: bool,

    /// Print a JSON object, whose fields are described in --help
    #[arg(long)]
    json: bool,

    /// Print nothing, only give the exit code
    #[arg(short, long, conflicts_with = "json")]
    quiet: bool,
}

impl Diff {
    pub(super) fn execute(self) -> Result<ExitCode> {
        match self.compare().and_then(|comparison| self.tell(&comparison)) {
            Ok(code) => Ok(code),
            Err(error) if super::is_closed_pipe(&error) => Err(error),
            Err(error) => {
                report(&error);
                Ok(ExitCode::from(TROUBLE))
            }
        }
    }

    fn compare(&self) -> Result<Comparison> {
        opened::with(&self.before, |before| {
            before.require_whole()?;
            opened::with(&self.after, |after| {
                after.require_whole()?;
                Ok(compare(&before.image, &after.image, self.times)?)
            })
        })
    }

    fn tell(&self, comparison: &Comparison) -> Result<ExitCode> {
        let mut out = BufWriter::new(anstream::stdout().lock());
        if self.json {
            serde_json::to_writer_pretty(&mut out, comparison).map_err(io::Error::from)?;
            writeln!(out)?;
        } else if !self.quiet {
            print(comparison, &mut out)?;
        }
        out.flush()?;
        Ok(match comparison.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

fn print(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    for path in &comparison.added {
        writeln!(out, "{ADDED}added{ADDED:#}    {}", name(path))?;
    }
    for path in &comparison.removed {
        writeln!(out, "{REMOVED}removed{REMOVED:#}  {}", name(path))?;
    }
    for changed in &comparison.changed {
        let what: Vec<_> = changed.what.iter().map(word).collect();
        let (path, what) = (name(&changed.path), what.join(", "));
        writeln!(out, "{CHANGED}changed{CHANGED:#}  {path} ({what})")?;
    }
    for moved in &comparison.moved {
        let (from, to) = (name(&moved.from), name(&moved.to));
        writeln!(out, "{MOVED}moved{MOVED:#}    {from} -> {to}")?;
    }
    Ok(())
}

fn name(path: &str) -> String {
    text::escape(path.as_bytes())
}

fn word(change: &Change) -> &'static str {
    match change {
        Change::Kind => "kind",
        Change::Content => "content",
        Change::Executable => "executable",
        Change::Target => "target",
        Change::Time => "time",
        _ => "other",
    }
}
