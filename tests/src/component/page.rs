//! A page in headless Chromium that runs a component, translated by jco.

use crate::command::{Outcome, run};
use crate::workspace::{here, tool};
use std::path::Path;
use std::process::Command;

/// Runs a component with the command world. `has_files` is whether the page has a
/// `wasi:filesystem`, without directories.
pub(super) fn run_on_page(component: &Path, has_files: bool, args: &[&str]) -> Outcome {
    let page = tempfile::tempdir().expect("a temporary directory");
    let mut write = node("engines/jco_page.mjs");
    write.arg(tool("npm-components", "components").join("node_modules"));
    write.arg(page.path());
    write.args((!has_files).then_some("--no-files"));
    let written = run(write.arg(component).args(args), "");
    if written.status != 0 {
        return written;
    }
    let mut open = node("engines/open_page.mjs");
    outcome(run(open.arg(page.path()).arg("#out"), "").expect_success())
}

fn node(script: &str) -> Command {
    let mut command = Command::new(tool("node", "node"));
    command.arg("--no-warnings").arg(here(script));
    command
}

/// The outcome that the text of the page tells: the output and `exit 0`, or an error.
fn outcome(text: String) -> Outcome {
    let (status, stdout, stderr) = match text.strip_suffix("exit 0\n") {
        Some(output) => (0, output.to_owned(), String::new()),
        None => (1, String::new(), text),
    };
    Outcome {
        status,
        stdout,
        stderr,
    }
}
