//! Compares builds of the command: size of the runtime, instructions, time.
//!
//! Each build packs the same tree into the C program, in each form, stored and
//! compressed. Instructions are exact, so one count is enough and a busy machine does
//! not matter. Times come from rounds in which the builds take turns.

use crate::command::root;
use crate::engine::{CALLS, Engine, Run};
use crate::number;
use crate::packed::{Packer, Program, Storage, Subject, digest, len};
use crate::tree::{Made, Tree};
use anyhow::{Context, Result};
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
    /// Prints one table for each form and storage.
    pub(crate) fn run(&self) -> Result<()> {
        let packers = self.commands.iter().map(|command| packer(command));
        let packers = packers.collect::<Result<Vec<_>>>()?;
        let tree = match &self.dir {
            Some(dir) => Tree::at(&absolute(dir)?),
            None => Tree::ruby(),
        };
        for program in Program::FORMS {
            println!("\n# {}\n", program.title());
            sizes(&packers, program)?;
            for storage in Storage::ALL {
                self.compare(&packers, program, &tree, storage)?;
            }
        }
        Ok(())
    }

    fn compare(
        &self,
        packers: &[Packer],
        program: Program,
        tree: &Tree,
        storage: Storage,
    ) -> Result<()> {
        let subject = |(number, packer): (usize, &Packer)| {
            let subject = packer.subject(program, tree, storage)?;
            Ok(Subject::new(number.to_string(), subject.module))
        };
        let subjects = packers.iter().enumerate().map(subject);
        let subjects = subjects.collect::<Result<Vec<_>>>()?;
        let storage = storage.name();
        let counted = Engine::Wasmtime.run("count", &format!("1 {}", tree.mapping()), &subjects)?;
        counted.expect("read", Some(tree.content()?.to_string()))?;
        row(
            &format!("{storage}, every file, instructions"),
            &counted,
            "read",
            &subjects,
        )?;
        for (call, title) in CALLS {
            counted.expect(call, None)?;
            row(
                &format!("{storage}, {title}, instructions"),
                &counted,
                call,
                &subjects,
            )?;
        }
        if self.rounds > 0 {
            self.time(tree, storage, &subjects)?;
        }
        Ok(())
    }

    fn time(&self, tree: &Tree, storage: &str, subjects: &[Subject]) -> Result<()> {
        let words = format!("{} {}", self.rounds, tree.mapping());
        let read = Engine::Wasmtime.run("read", &words, subjects)?;
        row(
            &format!("{storage}, every file, ms"),
            &read,
            "read",
            subjects,
        )?;
        let called = Engine::Wasmtime.run("calls", &words, subjects)?;
        for (call, title) in CALLS {
            row(&format!("{storage}, {title}, ns"), &called, call, subjects)?;
        }
        Ok(())
    }
}

/// The bytes that an empty directory adds: the runtime.
fn sizes(packers: &[Packer], program: Program) -> Result<()> {
    let empty = Made::empty()?;
    let added = |packer: &Packer| {
        let packed = packer.subject(program, &empty.0, Storage::Stored)?;
        Ok(len(&packed.module)? as f64 - len(&packer.bare(program))? as f64)
    };
    let values = packers.iter().map(added).collect::<Result<Vec<_>>>()?;
    print_row("bytes added by an empty directory", &values);
    Ok(())
}

fn row(title: &str, run: &Run, operation: &str, subjects: &[Subject]) -> Result<()> {
    let value = |subject: &Subject| {
        Ok(number::median(
            &run.series(&subject.name, operation)?.values,
        ))
    };
    let values = subjects.iter().map(value).collect::<Result<Vec<_>>>()?;
    print_row(title, &values);
    Ok(())
}

fn print_row(title: &str, values: &[f64]) {
    print!("{title:56}");
    for value in values {
        print!(" {value:>14.1} {:>7.4}", value / values[0]);
    }
    println!();
}

/// A packer whose modules depend on nothing but the bytes of the command.
fn packer(command: &Path) -> Result<Packer> {
    let command = absolute(command)?;
    let command = command.display().to_string();
    let work = format!("target/bench/compare/{}", &digest(&command)?[..16]);
    Packer::new(&command, &work)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    let found = path
        .canonicalize()
        .or_else(|_| root().join(path).canonicalize());
    found.with_context(|| path.display().to_string())
}
