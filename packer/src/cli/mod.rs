//! The command line: what can be asked, and how answers and errors look. One
//! file per command; the work is the library's.

mod cat;
mod check;
mod complete;
mod completions;
mod diff;
#[cfg(test)]
mod documents;
mod dump;
mod entry;
mod extract;
mod hosted;
mod image;
mod info;
mod input;
mod inputs;
mod lib_command;
mod ls;
mod man;
mod mappings;
mod mtime;
mod opened;
mod output;
mod pack;
mod pack_error;
mod place;
mod progress;
mod run;
mod select;
mod size;
mod summary;
mod text;
mod time;
mod traced;
mod tree;
#[cfg(target_os = "linux")]
mod unnamed;
mod usage;
mod verify;

use clap::builder::styling::{AnsiColor, Style};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (image format 1)");
// The text above is put together before numbers can be.
const _: () = assert!(wasi_vfs_format::superblock::VERSION == 1);

/// Put files inside a WebAssembly module.
#[derive(Debug, Parser)]
#[command(name = "wasi-vfs", version = VERSION, after_help = EXAMPLES)]
#[command(arg_required_else_help = true, subcommand_required = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  wasi-vfs pack app.wasm --dir ./lib::/usr/lib --compress -o packed.wasm
  wasi-vfs ls -l packed.wasm /usr/lib
  wasi-vfs run packed.wasm -- script.rb

Exit codes: 0 success, 1 failure, 2 wrong usage. `run` exits with the code of its program.";

/// Ends the help of every command that has no exit codes of its own.
macro_rules! exit_codes {
    () => {
        "\n\nExit codes: 0 success, 1 failure, 2 wrong usage."
    };
}
use exit_codes;

#[derive(Debug, Subcommand)]
enum Command {
    Pack(pack::Pack),
    Image(image::Image),
    Check(check::Check),
    Ls(ls::Ls),
    Cat(cat::Cat),
    Extract(extract::Extract),
    Info(info::Info),
    Verify(verify::Verify),
    Diff(diff::Diff),
    Dump(dump::Dump),
    Run(run::Run),
    Lib(lib_command::Lib),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Does what the arguments say.
pub(crate) fn main() -> ExitCode {
    complete::answer_shell();
    let done = match usage::parse().command {
        Command::Pack(command) => command.execute(),
        Command::Image(command) => command.execute(),
        Command::Check(command) => command.execute(),
        Command::Ls(command) => command.execute(),
        Command::Cat(command) => command.execute(),
        Command::Extract(command) => command.execute(),
        Command::Info(command) => command.execute(),
        Command::Verify(command) => command.execute(),
        Command::Diff(command) => command.execute(),
        Command::Dump(command) => command.execute(),
        Command::Run(command) => command.execute(),
        Command::Lib(command) => command.execute(),
        Command::Completions(command) => command.execute(),
        Command::Man(command) => command.execute(),
    };
    match done {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::from(usage::exit_code(&error))
        }
    }
}

/// Ends the process as clap does for arguments of `command` that clap cannot check.
fn wrong_usage(command: &str, message: impl Display) -> ! {
    let mut whole = Cli::command();
    whole.build();
    let command = match whole.find_subcommand(command) {
        Some(command) => command.clone(),
        None => whole,
    };
    command
        .clone()
        .error(ErrorKind::ValueValidation, message)
        .exit()
}

/// Prints an error and its causes in one line.
fn report(error: &anyhow::Error) {
    let line = text::escape(format!("{error:#}").as_bytes());
    complain(&format!("{ERROR}error:{ERROR:#} {line}"));
}

/// Prints something to be aware of.
fn warn(line: &str) {
    complain(&format!("{WARNING}warning:{WARNING:#} {line}"));
}

/// Prints a decision that the command took and a user may not expect.
fn note(line: &str) {
    complain(&format!("{NOTE}note:{NOTE:#} {line}"));
}

const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Prints a line that may be coloured: it is where standard error is a
/// terminal, unless `NO_COLOR` is set.
fn complain(line: &str) {
    // If nobody listens, that is no reason to stop.
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Prints a line to people. If nobody listens, that is no reason to stop,
/// while the standard macro would panic.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// `code`, also where the reader of what was said has gone: scripts go by it.
fn code_after(said: anyhow::Result<()>, code: ExitCode) -> anyhow::Result<ExitCode> {
    match said {
        Err(error) if !is_closed_pipe(&error) => Err(error),
        _ => Ok(code),
    }
}

/// Whether the reader of our output has gone, as `head` does when it has
/// enough. That is its decision and no error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_has_a_short_line_of_help() {
        for command in Cli::command().get_subcommands() {
            for arg in command.get_arguments() {
                let name = format!("{} {}", command.get_name(), arg.get_id());
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!((1..=80).contains(&help.chars().count()), "{name}: {help}");
                assert!(!help.contains('\n'), "{name}: {help}");
                assert!(!help.ends_with('.'), "{name}: {help}");
            }
        }
    }

    #[test]
    fn every_command_shows_examples_and_exit_codes() {
        for command in Cli::command().get_subcommands() {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Examples:\n"), "{}", command.get_name());
            assert!(help.contains("Exit codes: "), "{}", command.get_name());
        }
    }
}
