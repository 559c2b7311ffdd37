//! Lines on standard error: errors, warnings, notes and summaries.
//!
//! A command ends well if its reader closes the pipe, as `head` does. A closed standard
//! error is never an error.

use super::text;
use anyhow::Result;
use clap::builder::styling::{AnsiColor, Style};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Prints an error and its causes in one line.
pub(super) fn report(error: &anyhow::Error) {
    let line = text::escape(format!("{error:#}").as_bytes());
    print_coloured(&format!("{ERROR}error:{ERROR:#} {line}"));
}

/// Prints a warning.
pub(super) fn warn(line: &str) {
    print_coloured(&format!("{WARNING}warning:{WARNING:#} {line}"));
}

/// Set by `--quiet`.
static HIDES_NOTES: AtomicBool = AtomicBool::new(false);

/// Hides later notes.
pub(super) fn hide_notes() {
    HIDES_NOTES.store(true, Ordering::Relaxed);
}

/// Prints a decision of the command that a user may not expect.
pub(super) fn note(line: &str) {
    if HIDES_NOTES.load(Ordering::Relaxed) {
        return;
    }
    print_coloured(&format!("{NOTE}note:{NOTE:#} {line}"));
}

/// Prints a line without a prefix.
pub(super) fn say(line: &str) {
    // `eprintln!` panics if standard error is closed.
    let _ = writeln!(io::stderr(), "{line}");
}

/// The colours appear on a terminal only, and not if `NO_COLOR` is set.
fn print_coloured(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Returns `code` if `printed` succeeded or its reader closed the pipe. Scripts depend
/// on the code.
pub(super) fn code_after(printed: Result<()>, code: ExitCode) -> Result<ExitCode> {
    match printed {
        Err(error) if !is_closed_pipe(&error) => Err(error),
        _ => Ok(code),
    }
}

/// Whether the reader of standard output closed the pipe.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
