//! `wasi-vfs diff`: the differences between two images.

use super::lazy_path::LazyPath;
use super::message::{code_after, report};
use super::opened::{self, Opened};
use super::text;
use anyhow::{Context, Result};
use clap::Args;
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasi_vfs::{Change, Compare, Comparison, ImageReader, with_changes};
use wasi_vfs_format::InodeNumber;

const EXAMPLES: &str = "\
Examples:
  wasi-vfs diff old.wasm new.wasm
  wasi-vfs diff --times old.wasm tree.wvfs
  wasi-vfs diff packed.wasm changes.wvfs
  wasi-vfs diff --json old.wasm new.wasm | jq -r '.added[]'

Exit codes: 0 no difference, 1 differences, 2 failure, as for diff(1).";

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const MOVED: Style = AnsiColor::Cyan.on_default();

/// The exit code of a failure. Exit code 1 means differences, as for diff(1).
const FAILURE: u8 = 2;

/// Compare two images, path by path.
///
/// Prints the paths that are added in B, removed from A, or changed. A file is moved if
/// its content is at another path in B. A directory is changed if only one image mounts
/// it, or if the mounts have other paths or another order.
///
/// The images may be stored in different ways, with other compression for example. If B is
/// an image of changes, it is applied to A first.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Diff {
    /// Packed module, component or image, the older one; `-` is standard input
    #[arg(value_name = "A")]
    before: PathBuf,

    /// Packed module, component or image, the newer one
    #[arg(value_name = "B")]
    after: PathBuf,

    /// Compare modification times as well
    #[arg(long)]
    times: bool,

    /// Disable the decompression-bomb limit
    ///
    /// By default the compared files may have 1 GiB or 1000 times the bytes of their
    /// image, whichever is larger.
    #[arg(long)]
    no_size_limit: bool,

    /// Print a JSON object, which docs/JSON.md describes
    #[arg(long)]
    json: bool,

    /// Print nothing, only set the exit code
    #[arg(short, long, conflicts_with = "json")]
    quiet: bool,
}

impl Diff {
    pub(super) fn execute(self) -> Result<ExitCode> {
        match self.compare() {
            Ok(code) => Ok(code),
            Err(error) => {
                report(&error);
                Ok(ExitCode::from(FAILURE))
            }
        }
    }

    fn compare(&self) -> Result<ExitCode> {
        opened::with(&self.before, |before| {
            before
                .require_whole()
                .with_context(|| cannot(&self.before))?;
            opened::with(&self.after, |after| {
                after.require_whole().with_context(|| cannot(&self.after))?;
                let is_changes =
                    |opened: &Opened<'_>| opened.image.index().superblock().is_changes();
                if !is_changes(before) && is_changes(after) {
                    let changed = with_changes(&before.image, &after.image);
                    let changed = changed.with_context(|| cannot(&self.after))?;
                    let after = ImageReader::new(&changed.index, &*changed.payload, None)?;
                    return self.compare_images(&before.image, &after);
                }
                self.compare_images(&before.image, &after.image)
            })
        })
    }

    fn compare_images(
        &self,
        before: &ImageReader<'_>,
        after: &ImageReader<'_>,
    ) -> Result<ExitCode> {
        let compare = Compare::new()
            .times(self.times)
            .no_size_limit(self.no_size_limit);
        let comparison = compare.images(before, after)?;
        let printed = self.print(&Differences::new(before, after, &comparison));
        let code = match comparison.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        };
        code_after(printed, code)
    }

    fn print(&self, differences: &Differences<'_>) -> Result<()> {
        let mut out = BufWriter::new(anstream::stdout().lock());
        if self.json {
            serde_json::to_writer_pretty(&mut out, differences).map_err(io::Error::from)?;
            writeln!(out)?;
        } else if !self.quiet {
            print_lines(differences, &mut out)?;
        }
        Ok(out.flush()?)
    }
}

fn cannot(path: &Path) -> String {
    format!("cannot compare `{}`", path.display())
}

/// A comparison with paths, as `--json` prints it. docs/JSON.md describes the fields.
#[derive(Serialize)]
struct Differences<'i> {
    added: Vec<LazyPath<'i>>,
    removed: Vec<LazyPath<'i>>,
    changed: Vec<Changed<'i>>,
    moved: Vec<Moved<'i>>,
}

#[derive(Serialize)]
struct Changed<'i> {
    path: LazyPath<'i>,
    what: Vec<&'static str>,
}

#[derive(Serialize)]
struct Moved<'i> {
    from: LazyPath<'i>,
    to: LazyPath<'i>,
}

impl<'i> Differences<'i> {
    fn new(
        before: &'i ImageReader<'i>,
        after: &'i ImageReader<'i>,
        comparison: &Comparison,
    ) -> Self {
        let old = |number: InodeNumber| LazyPath {
            image: before,
            number,
        };
        let new = |number: InodeNumber| LazyPath {
            image: after,
            number,
        };
        let changed = comparison.changed.iter().map(|changed| Changed {
            path: new(changed.after),
            what: changed.what.iter().map(word).collect(),
        });
        let moved = comparison.moved.iter().map(|moved| Moved {
            from: old(moved.from),
            to: new(moved.to),
        });
        Self {
            added: comparison.added.iter().copied().map(new).collect(),
            removed: comparison.removed.iter().copied().map(old).collect(),
            changed: changed.collect(),
            moved: moved.collect(),
        }
    }
}

fn print_lines(differences: &Differences<'_>, out: &mut dyn Write) -> Result<()> {
    for &place in &differences.added {
        writeln!(out, "{ADDED}added{ADDED:#}    {}", path(place)?)?;
    }
    for &place in &differences.removed {
        writeln!(out, "{REMOVED}removed{REMOVED:#}  {}", path(place)?)?;
    }
    for changed in &differences.changed {
        let (path, what) = (path(changed.path)?, changed.what.join(", "));
        writeln!(out, "{CHANGED}changed{CHANGED:#}  {path} ({what})")?;
    }
    for moved in &differences.moved {
        let (from, to) = (path(moved.from)?, path(moved.to)?);
        writeln!(out, "{MOVED}moved{MOVED:#}    {from} -> {to}")?;
    }
    Ok(())
}

/// The path without characters that control a terminal.
fn path(place: LazyPath<'_>) -> Result<String> {
    Ok(text::escape(place.path()?.as_bytes()))
}

fn word(change: &Change) -> &'static str {
    match change {
        Change::Kind => "kind",
        Change::Content => "content",
        Change::Executable => "executable",
        Change::Target => "target",
        Change::Time => "time",
        Change::Mount => "mount",
        Change::MountOrder => "mount order",
        _ => "other",
    }
}
