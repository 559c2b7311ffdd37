//! Command lines: the text that is recorded is the text that ran.
//!
//! Every command runs in the root of the repository, so that paths are relative to it.

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use std::fmt;
use std::path::Path;
use std::process::{Command as Process, Stdio};

/// A line for the shell.
#[derive(Clone, Debug)]
pub(crate) struct Command(String);

impl Command {
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }

    /// Runs the command to its end and returns its standard output.
    ///
    /// # Errors
    ///
    /// If the command fails, with its standard error.
    pub(crate) fn run(&self) -> Result<Vec<u8>> {
        let mut process = Process::new("sh");
        process.args(["-c", &self.0]).current_dir(root());
        let output = process.stdin(Stdio::null()).output();
        let output = output.with_context(|| self.to_string())?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{self}` failed:\n{complaint}");
        Ok(output.stdout)
    }

    /// Runs the command and returns its first line.
    pub(crate) fn line(&self) -> Result<String> {
        let output = String::from_utf8(self.run()?)?;
        Ok(output.lines().next().unwrap_or_default().to_owned())
    }

    /// Runs the command and parses the JSON it prints.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let output = self.run()?;
        serde_json::from_slice(&output).with_context(|| format!("the output of `{self}`"))
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate lies in the workspace")
}
