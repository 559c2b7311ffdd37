//! `wasi-vfs man`: the manual, made from the same declarations as the help.

use super::{Cli, exit_codes, output, wrong_usage};
use anyhow::{Context, Result};
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, roman};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs man pack | man -l -
  wasi-vfs man -o ~/.local/share/man/man1",
    exit_codes!()
);

/// Print a page of the manual, or write all of them.
///
/// Without COMMAND, the page of `wasi-vfs` itself.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Man {
    /// The command whose page is printed
    #[arg(value_name = "COMMAND", conflicts_with = "output")]
    command: Option<String>,

    /// Write all pages into this directory, which is made
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Man {
    pub(super) fn execute(self) -> Result<ExitCode> {
        match &self.output {
            Some(directory) => write_all(directory)?,
            None => self.print()?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn print(&self) -> Result<()> {
        let wanted = match &self.command {
            Some(name) => format!("wasi-vfs-{name}"),
            None => "wasi-vfs".to_owned(),
        };
        let mut commands = commands().into_iter();
        let Some(command) = commands.find(|command| name(command) == wanted) else {
            let name = self.command.as_deref().unwrap_or_default();
            let message = format!("there is no command `{name}`; `wasi-vfs help` lists them");
            wrong_usage("man", message)
        };
        let mut stdout = io::stdout().lock();
        stdout.write_all(&page(command)?)?;
        stdout.flush()?;
        Ok(())
    }
}

fn write_all(directory: &Path) -> Result<()> {
    let cannot = || format!("cannot make the directory `{}`", directory.display());
    fs::create_dir_all(directory).with_context(cannot)?;
    for command in commands() {
        let path = directory.join(format!("{}.1", name(&command)));
        output::write(&path, &page(command)?)?;
    }
    Ok(())
}

/// The command itself and its commands.
fn commands() -> Vec<Command> {
    let mut whole = Cli::command().disable_help_subcommand(true);
    // Gives each command its name of two words and its page's with a dash.
    whole.build();
    let parts: Vec<_> = whole.get_subcommands().cloned().collect();
    std::iter::once(whole).chain(parts).collect()
}

/// What a page is called, such as `wasi-vfs-pack`.
fn name(command: &Command) -> &str {
    let name = command.get_display_name();
    name.unwrap_or_else(|| command.get_name())
}

/// The page: what clap_mangen makes of the declarations, and what stands below
/// the options in the help, under the headings that manuals have.
fn page(mut command: Command) -> Result<Vec<u8>> {
    let notes = command.get_after_help().map(ToString::to_string);
    command = command.after_help(None::<&str>).version(super::VERSION);
    let mut bytes = Vec::new();
    Page::new(command).render(&mut bytes)?;
    for paragraph in notes.unwrap_or_default().split("\n\n") {
        section(paragraph).to_writer(&mut bytes)?;
    }
    Ok(bytes)
}

fn section(paragraph: &str) -> Roff {
    let mut roff = Roff::new();
    if let Some(examples) = paragraph.strip_prefix("Examples:\n") {
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        for line in examples.lines() {
            roff.text([roman(line.trim_start())]);
        }
        roff.control("fi", []);
    } else if let Some(codes) = paragraph.strip_prefix("Exit codes: ") {
        roff.control("SH", ["EXIT STATUS"]);
        roff.text([roman(codes)]);
    } else if !paragraph.is_empty() {
        roff.control("SH", ["NOTES"]);
        roff.text([roman(paragraph.replace('\n', " "))]);
    }
    roff
}
