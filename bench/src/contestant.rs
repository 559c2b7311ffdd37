//! A program that does its work once for each line that it is given, and prints
//! the nanoseconds that took: so that several take turns.

use crate::command::Command;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout};

/// The running program.
pub(crate) struct Contestant {
    line: String,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Contestant {
    pub(crate) fn start(command: &Command) -> Result<Self> {
        let mut process = command.start()?;
        let input = process.stdin.take().context("stdin")?;
        let output = BufReader::new(process.stdout.take().context("stdout")?);
        Ok(Self {
            line: command.to_string(),
            process,
            input,
            output,
        })
    }

    /// One turn, in nanoseconds.
    pub(crate) fn turn(&mut self) -> Result<f64> {
        let failed = || format!("`{}` has failed", self.line);
        writeln!(self.input).with_context(failed)?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        line.trim().parse().with_context(failed)
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
