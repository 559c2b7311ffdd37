//! `wasi-vfs snapshot`: keeps the state of a started module.

use super::exit_codes::exit_codes;
use super::message::{note, say, warn};
use super::size::parse_len;
use super::usage::WrongUsage;
use super::{input, output, text};
use anyhow::{Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasi_vfs::state::{DEFAULT_ADDED_LIMIT, Finished, Limits, State, StateError, finish, prepare};

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs snapshot --prepare packed.wasm -o prepared.wasm
  wasi-vfs snapshot packed.wasm --state state.bin --done start -o fast.wasm",
    exit_codes!()
);

/// Start a packed module once, and keep its state.
///
/// For programs that take long until they are ready, such as an interpreter that loads its
/// library. The program must be a reactor: a host calls its exports, and there is no
/// `_start`.
///
/// --prepare writes a module that exports its memories and globals. Run it in your host,
/// call the exports that make the program ready, and copy the state into a file, as
/// docs/EMBEDDING.md shows. Then --state writes the packed module in that state. The
/// exports of --done do nothing there, so your host may call them again.
///
/// The state has all that the program has seen: arguments, the environment, the time, and
/// random numbers, which are then the same in each instance.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Snapshot {
    /// Packed module; `-` is standard input
    #[arg(value_name = "PACKED.wasm")]
    packed: PathBuf,

    /// Write the module to start, with exports for its state
    #[arg(long, required_unless_present = "state", conflicts_with_all = ["state", "done", "limit"])]
    prepare: bool,

    /// State that a host copied from the prepared module
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Function that has run, and does nothing from now on; repeatable
    #[arg(long, value_name = "EXPORT")]
    done: Vec<String>,

    /// Most bytes that the state may add to the module [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_len)]
    limit: Option<u64>,

    /// Module to write; `-` is standard output
    #[arg(short, long, value_name = "OUT.wasm")]
    output: PathBuf,

    /// Print errors and warnings only
    #[arg(short, long)]
    quiet: bool,
}

// The help names it.
const _: () = assert!(DEFAULT_ADDED_LIMIT == 64 << 20);

impl Snapshot {
    pub(super) fn execute(self) -> Result<ExitCode> {
        output::check(&self.output)?;
        let packed = input::read(&self.packed)?;
        let module = match &self.state {
            Some(state) => self.finish(packed, state)?,
            None => {
                let prepared = prepare(&packed);
                prepared.with_context(|| format!("cannot prepare `{}`", self.packed.display()))?
            }
        };
        output::write(&self.output, &module)?;
        Ok(ExitCode::SUCCESS)
    }

    fn finish(&self, packed: Vec<u8>, path: &Path) -> Result<Vec<u8>> {
        let state = State::read(&input::read(path)?);
        let state = state.with_context(|| format!("cannot use `{}`", path.display()))?;
        let limits = self.limit.map_or_else(Limits::default, Limits::added);
        let finished = finish(packed, &state, &self.done, limits);
        let finished = finished.map_err(|error| self.explain(error))?;
        for warning in &finished.warnings {
            warn(&warning.to_string());
        }
        if !self.quiet {
            self.report(&finished);
        }
        Ok(finished.module)
    }

    fn report(&self, finished: &Finished) {
        for name in &finished.returning {
            let name = text::escape(name.as_bytes());
            note(&format!("`{name}` does nothing now, and returns 0"));
        }
        say(&format!(
            "the state adds {} in {}",
            text::len(finished.added_len),
            text::count(finished.segment_count as u64, "data segment"),
        ));
    }

    fn explain(&self, error: StateError) -> anyhow::Error {
        let hint = match error {
            StateError::TooLong { .. } => " with --limit",
            StateError::UnknownExport { .. } => {
                return WrongUsage(format!("--done: {error}")).into();
            }
            _ => "",
        };
        let cannot = format!("cannot keep the state of `{}`", self.packed.display());
        match hint {
            "" => anyhow::Error::new(error).context(cannot),
            hint => anyhow::anyhow!("{cannot}: {error}{hint}"),
        }
    }
}
