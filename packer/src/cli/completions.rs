//! `wasi-vfs completions`: what a shell needs to complete our arguments.

use super::{Cli, exit_codes};
use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::{self, Write};
use std::process::ExitCode;

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs completions bash > wasi-vfs.bash && . ./wasi-vfs.bash
  wasi-vfs completions zsh > ~/.zfunc/_wasi-vfs
  wasi-vfs completions fish > ~/.config/fish/completions/wasi-vfs.fish",
    exit_codes!()
);

/// Print a completion script for a shell.
///
/// It completes commands, options and files, and is of this version of the
/// command.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(super) fn execute(self) -> Result<ExitCode> {
        let mut script = Vec::new();
        let mut command = Cli::command();
        clap_complete::generate(self.shell, &mut command, "wasi-vfs", &mut script);
        let mut stdout = io::stdout().lock();
        stdout.write_all(&script)?;
        stdout.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
