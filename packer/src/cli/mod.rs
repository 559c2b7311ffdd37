//! The command line: arguments, output and errors. Each command has a file, and the
//! library does the work.

mod cat;
mod check;
mod complete;
mod completions;
mod diff;
mod digest;
#[cfg(test)]
mod documents;
mod dump;
mod engines;
mod exit_codes;
mod extract;
mod image;
mod info;
mod init;
mod input;
mod lazy_path;
mod lib_command;
mod ls;
mod man;
mod mappings;
mod message;
mod mtime;
mod opened;
mod output;
mod pack;
mod pack_error;
mod pack_options;
mod path_args;
mod progress;
mod run;
mod size;
mod snapshot;
mod summary;
mod text;
mod time;
mod usage;
mod verify;
mod writable;

use clap::{CommandFactory, Parser, Subcommand};
use message::{is_closed_pipe, report};
use std::process::ExitCode;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (image format 1)");
// `concat!` takes no constants.
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

#[derive(Debug, Subcommand)]
enum Command {
    Pack(pack::Pack),
    Image(image::Image),
    Snapshot(snapshot::Snapshot),
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

/// Runs the command that the arguments name.
pub(crate) fn main() -> ExitCode {
    complete::answer_shell(Cli::command);
    let done = match usage::parse::<Cli>().command {
        Command::Pack(command) => command.execute(),
        Command::Image(command) => command.execute(),
        Command::Snapshot(command) => command.execute(),
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
        Command::Completions(command) => command.execute(Cli::command()),
        Command::Man(command) => command.execute(Cli::command()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_arguments_are_consistent() {
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
