//! `wasi-vfs run`: a quick look at a module under an interpreter.
//!
//! `run` takes the program out of the packed module, interprets it, and serves its files
//! with the same runtime that is inside the module, compiled for this machine. So a trace
//! sees each file that the program reaches, and reading runs at native speed. For example,
//! `run packed.wasm` opens the image in place ([`program`]), binds the calls of the program
//! to the runtime ([`state`], [`runtimes`]), and calls `_start` ([`instance`]). The same
//! runtime serves the directories of `--dir` ([`directories`]). A program with writable
//! directories has a layer above the image ([`writable_image`]). The host of the
//! [interpreter](wasi_vfs::interpreter) answers all other calls, with this machine behind it
//! ([`system`]).

mod commit;
mod context;
mod directories;
mod entries;
mod exit;
mod instance;
mod payload;
mod program;
mod runtimes;
mod state;
mod system;
mod trace;
mod traced_image;
mod writable_image;

use super::mappings::dir_arg;
use super::message::{code_after, note, report};
use super::{input, output};
use anyhow::{Context, Result, anyhow};
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};
use context::{World, has_name};
use instance::Outcome;
use program::Program;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasi_vfs::Mapping;

const EXAMPLES: &str = "\
Examples:
  wasi-vfs run packed.wasm
  wasi-vfs run packed.wasm -- script.rb --flag
  wasi-vfs run packed.wasm --dir ./data::/data --env LANG=C -- script.rb
  wasi-vfs run --trace used.txt packed.wasm -- script.rb
  wasi-vfs run --commit installed.wasm packed.wasm -- gem install rack
  wasi-vfs run --invoke setup --invoke work reactor.wasm

Exit codes: that of the program from 0 to 125. 134 if it traps or exits with
another code, 1 if it cannot run or read its files, 2 wrong usage.";

/// Run a module, packed or not, under a small interpreter.
///
/// The program gets standard input and output and its packed directories. Options add
/// host directories and environment variables.
///
/// `run` serves the packed files itself, as the runtime inside the module does in other
/// engines. A linked module serves its files with the runtime inside. Changes in writable
/// directories end with the program. Of a component that
/// the preview 1 adapter made, `run` takes the program out and runs it without the adapter.
///
/// In a module with writable directories, the changes of the program end with it. With
/// --commit, `run` packs them into a new module.
///
/// The interpreter is for trying things out: engines that compile are many times faster
/// and allow memories of more than 1 GiB.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Run {
    /// Module or component to run; `-` is standard input
    #[arg(value_name = "PACKED.wasm")]
    module: PathBuf,

    #[command(flatten)]
    dirs: Dirs,

    /// Set an environment variable, or pass on NAME; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = has_name)]
    env: Vec<String>,

    /// Call this export instead of `_start`; repeatable
    ///
    /// Calls the exports in the given order. A reactor is initialised first, with its
    /// export `_initialize`. An export must have no parameters and no results.
    #[arg(long, value_name = "EXPORT")]
    invoke: Vec<String>,

    /// Write the paths of the packed files that the program uses to FILE
    ///
    /// Opened files come first, in order, then the other files, links and directories
    /// that its paths lead to. Each has one line with its own path.
    /// `pack --only` and `pack --order-by` take this list.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    /// Pack the changes of the program into OUT
    ///
    /// OUT is the module with the files as the program left them, if the program ends with
    /// exit code 0. Compression, block size, memory and writable directories stay as they
    /// are. The module needs writable directories.
    #[arg(long, value_name = "OUT.wasm")]
    commit: Option<PathBuf>,

    /// With --commit, pack the changes whatever the exit code
    #[arg(long, requires = "commit")]
    commit_always: bool,

    /// Arguments of the program
    #[arg(
        value_name = "ARGS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<String>,
}

/// Host directories that the program may use, in order.
#[derive(Clone, Debug)]
struct Dirs(Vec<Mapping>);

impl FromArgMatches for Dirs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let dirs = matches.get_many::<Mapping>("dir");
        Ok(Self(dirs.into_iter().flatten().cloned().collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Dirs {
    fn augment_args(command: Command) -> Command {
        command.arg(dir_arg(
            "Let the program use the host directory HOST at GUEST; repeatable",
        ))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl Run {
    pub(super) fn execute(self) -> Result<ExitCode> {
        self.world().check()?;
        for output in [&self.trace, &self.commit].into_iter().flatten() {
            output::check(output)?;
            output::require_other_file(output, &self.module)?;
        }
        let source = input::open(&self.module)?;
        let cannot = || format!("cannot run `{}`", self.module.display());
        let program = match (&self.trace, &self.commit) {
            (None, None) => Program::open(&source),
            // Only the runtime of this command notes files, and hands over changes.
            _ => Program::open_taken_apart(&source),
        };
        let program = program.with_context(cannot)?;
        if self.commit.is_some() {
            program.require_writable().with_context(cannot)?;
        }
        let mut outcome = self.run(&program).with_context(cannot)?;
        if let Some(trace) = &self.trace {
            outcome.code = write_trace(trace, &program, &outcome)?;
        }
        match &self.commit {
            Some(out) if self.commit_always || outcome.code == ExitCode::SUCCESS => {
                let cannot = || format!("cannot commit the changes to `{}`", out.display());
                commit::commit(&source, &mut outcome, out).with_context(cannot)?;
            }
            Some(out) => note(&format!(
                "`{}` is not written, because the program failed; --commit-always writes it",
                out.display()
            )),
            None => {}
        }
        Ok(outcome.code)
    }

    fn run(&self, program: &Program) -> Result<Outcome> {
        let world = self.world().open()?;
        let mut outcome = instance::run(program, world, &self.invoke, self.trace.is_some())?;
        if let Some(failure) = outcome.failure.get() {
            report(&self.unreadable(failure));
            if outcome.code == ExitCode::SUCCESS {
                outcome.code = ExitCode::FAILURE;
            }
        }
        Ok(outcome)
    }

    /// The error of packed files that were readable when the program started.
    fn unreadable(&self, failure: &io::Error) -> anyhow::Error {
        let module = self.module.display();
        let cause = match failure.kind() {
            ErrorKind::UnexpectedEof => "the file changed while the program ran".to_owned(),
            _ => format!("{failure}; check the disk or the connection to it"),
        };
        anyhow!("cannot read packed files of `{module}`: {cause}")
    }

    fn world(&self) -> World<'_> {
        World {
            module: &self.module,
            arguments: &self.arguments,
            env: &self.env,
            dirs: &self.dirs.0,
        }
    }
}

/// Writes the trace of a program, however the program ended. Returns its exit code.
fn write_trace(path: &Path, program: &Program, outcome: &Outcome) -> Result<ExitCode> {
    let written = trace_of(program, outcome).and_then(|text| output::write(path, text.as_bytes()));
    match code_after(written, outcome.code) {
        // Scripts rely on the exit code of the program, if it reports a failure.
        Err(error) if outcome.code != ExitCode::SUCCESS => {
            report(&error);
            Ok(outcome.code)
        }
        done => done,
    }
}

fn trace_of(program: &Program, outcome: &Outcome) -> Result<String> {
    match (&program.image, &outcome.runtimes.take_notes()) {
        (Some(image), Some(notes)) => Ok(notes.trace(&image.reader()?)?.to_text()),
        _ => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::exit::TRAPPED;
    use super::*;

    fn run(wat: &str) -> Result<ExitCode> {
        let run = Run {
            module: "test.wasm".into(),
            dirs: Dirs(Vec::new()),
            env: Vec::new(),
            invoke: Vec::new(),
            trace: None,
            commit: None,
            commit_always: false,
            arguments: Vec::new(),
        };
        let program = Program {
            wasm: wat::parse_str(wat).unwrap(),
            image: None,
        };
        Ok(run.run(&program)?.code)
    }

    fn error(wat: &str) -> String {
        format!("{:#}", run(wat).err().unwrap())
    }

    #[test]
    fn a_program_that_returns_has_succeeded() {
        let code = run(r#"(module (func (export "_start")))"#).unwrap();
        assert_eq!(code, ExitCode::SUCCESS);
    }

    #[test]
    fn the_exit_code_is_passed_on() {
        let code = run(r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const 7))))"#);
        assert_eq!(code.unwrap(), ExitCode::from(7));
    }

    #[test]
    fn a_trap_has_an_exit_code_of_its_own() {
        let code = run(r#"(module (func (export "_start") unreachable))"#);
        assert_eq!(code.unwrap(), ExitCode::from(TRAPPED));
    }

    #[test]
    fn recursion_without_end_is_a_trap_of_the_program() {
        let code = run(r#"(module (func $f (export "_start") (call $f) (call $f)))"#);
        assert_eq!(code.unwrap(), ExitCode::from(TRAPPED));
    }

    #[test]
    fn imports_that_are_not_preview_1_are_named() {
        let error = error(r#"(module (import "env" "draw" (func)) (func (export "_start")))"#);
        assert!(error.contains("`env` `draw`"), "{error}");
    }
}
