//! Compares builds of the command: size of the runtime, instructions, time.
//!
//! Each build packs the same tree into the C program, in each form, stored and
//! compressed. Instructions are exact, so one count is enough on a busy machine. Times
//! come from rounds in which the builds take turns.

use crate::command::root;
use crate::engine::{CALLS, Engine, Run, content};
use crate::number::median;
use crate::packed::{Packer, Program, Storage, Subject, digest};
use crate::tree::{Made, Tree};
use anyhow::{Context, Result};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

/// Compares builds of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    /// Commands to compare; ratios are to the first
    #[arg(value_name = "WASI_VFS", required = true)]
    commands: Vec<PathBuf>,

    /// Directory to pack [default: Ruby's library]
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,

    /// Also time the calls under wasmtime, in so many rounds
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    rounds: usize,
}

impl Compare {
    /// Prints one table for each form.
    pub(crate) fn run(&self) -> Result<()> {
        let packers = self.commands.iter().map(|command| packer(command));
        let packers = packers.collect::<Result<Vec<_>>>()?;
        let tree = match &self.dir {
            Some(dir) => Tree::at(&absolute(dir)?),
            None => Tree::ruby(),
        };
        let content = content(&packers[0], &tree)?;
        for program in Program::FORMS {
            writeln!(stdout(), "\n# {}\n", program.title())?;
            let empty = Made::empty()?;
            let added = |packer: &Packer| {
                let packed = packer.subject(program, &empty.0, Storage::Stored)?;
                packer.added(&packed.module, program)
            };
            let added = packers.iter().map(added).collect::<Result<Vec<_>>>()?;
            print_row("bytes added by an empty directory", &added)?;
            for storage in Storage::ALL {
                let subjects = subjects(&packers, program, &tree, storage)?;
                self.compare(storage, &tree, &content, &subjects)?;
            }
        }
        Ok(())
    }

    fn compare(
        &self,
        storage: Storage,
        tree: &Tree,
        content: &String,
        subjects: &[Subject],
    ) -> Result<()> {
        let storage = storage.name();
        let words = format!("{} {}", self.rounds, tree.mapping());
        let counted = Engine::Wasmtime.run("count", &words, subjects)?;
        print(
            &format!("{storage}, every file, instructions"),
            &counted,
            "read",
            subjects,
        )?;
        counted.expect("read", Some(content))?;
        for (call, title) in CALLS {
            counted.expect(call, None)?;
            print(
                &format!("{storage}, {title}, instructions"),
                &counted,
                call,
                subjects,
            )?;
        }
        if self.rounds == 0 {
            return Ok(());
        }
        let read = Engine::Wasmtime.run("read", &words, subjects)?;
        print(
            &format!("{storage}, every file, ms"),
            &read,
            "read",
            subjects,
        )?;
        let called = Engine::Wasmtime.run("calls", &words, subjects)?;
        let mut calls = CALLS.into_iter();
        calls.try_for_each(|(call, title)| {
            print(&format!("{storage}, {title}, ns"), &called, call, subjects)
        })
    }
}

/// The module of each build, by the number of the build.
fn subjects(
    packers: &[Packer],
    program: Program,
    tree: &Tree,
    storage: Storage,
) -> Result<Vec<Subject>> {
    let subject = |(number, packer): (usize, &Packer)| {
        let module = packer.subject(program, tree, storage)?.module;
        Ok(Subject::new(number.to_string(), module))
    };
    packers.iter().enumerate().map(subject).collect()
}

fn print(title: &str, run: &Run, operation: &str, subjects: &[Subject]) -> Result<()> {
    let value = |subject: &Subject| Ok(median(&run.series(&subject.name, operation)?.values));
    let values = subjects.iter().map(value).collect::<Result<Vec<_>>>()?;
    print_row(title, &values)
}

/// Prints values and their ratios to the first.
fn print_row(title: &str, values: &[f64]) -> Result<()> {
    let value = |value: &f64| format!(" {value:>14.1} {:>7.4}", value / values[0]);
    let values: String = values.iter().map(value).collect();
    // `println!` would panic if the reader of a pipe is gone.
    Ok(writeln!(stdout(), "{title:56}{values}")?)
}

/// A packer whose modules depend only on the bytes of the command.
fn packer(command: &Path) -> Result<Packer> {
    let command = absolute(command)?.display().to_string();
    let work = format!("target/bench/compare/{}", &digest(&command)?[..16]);
    Packer::new(&command, &work)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    let found = path
        .canonicalize()
        .or_else(|_| root().join(path).canonicalize());
    found.with_context(|| path.display().to_string())
}
