//! How fast does a module start, and how much memory does it take? Instances and whole
//! interpreters under Node, and linear memory of the C program.

use crate::command::Command;
use crate::earlier;
use crate::engine::{Engine, Run};
use crate::export;
use crate::packed::{Packer, Program, Subject};
use crate::record::Notebook;
use crate::tree::Tree;
use anyhow::Result;

const INSTANCES: usize = 41;

/// An interpreter that starts and loads much of its library.
struct Start {
    case: &'static str,
    program: Program,
    tree: fn() -> Tree,
    script: &'static str,
    rounds: usize,
    has_earlier: bool,
}

const STARTS: [Start; 2] = [
    Start {
        case: "Ruby requires 40 libraries",
        program: Program::Ruby,
        tree: Tree::ruby,
        script: "bench/guests/require.rb",
        rounds: 9,
        has_earlier: true,
    },
    Start {
        case: "CPython imports 60 modules",
        program: Program::CPython,
        tree: Tree::cpython,
        script: "bench/guests/import.py",
        rounds: 5,
        // Its makers do not link it with the earlier wasi-vfs.
        has_earlier: false,
    },
];

/// Measures all of it.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    for start in &STARTS {
        start.measure(packer, notebook)?;
    }
    for program in [Program::Ruby, Program::Merged] {
        instantiate(packer, notebook, program)?;
    }
    for tree in Tree::real() {
        memory(packer, notebook, &tree)?;
    }
    Ok(())
}

impl Start {
    fn measure(&self, packer: &Packer, notebook: &mut Notebook) -> Result<()> {
        let tree = (self.tree)();
        let mut subjects = vec![packer.host(self.program)];
        subjects.extend(packer.subjects(&[self.program], &tree)?);
        subjects.extend(self.has_earlier.then(earlier::ruby));
        let mut times = vec![Vec::new(); subjects.len()];
        let mut expected = None;
        for _ in 0..notebook.rounds(self.rounds) {
            for (subject, times) in subjects.iter().zip(&mut times) {
                let run = self.run(&tree, subject)?;
                let series = run.series(&subject.name, "start")?;
                run.expect("start", Some(expected.get_or_insert(series.sum.clone())))?;
                times.extend(&series.values);
            }
        }
        for (subject, times) in subjects.iter().zip(&times) {
            let command = self.command(&tree, subject);
            notebook.add_median(self.case, &subject.name, (times, "ms"), &command);
        }
        let base = self.memory(packer, &tree, &subjects[0])?.0;
        for subject in &subjects[1..] {
            let (bytes, command) = self.memory(packer, &tree, subject)?;
            let added = ((bytes - base) / 1024.0, "KiB");
            notebook.add(self.case, &subject.name, added, &command);
        }
        Ok(())
    }

    /// One start in a process of its own.
    fn run(&self, tree: &Tree, subject: &Subject) -> Result<Run> {
        Run::of(self.command(tree, subject))
    }

    fn command(&self, tree: &Tree, subject: &Subject) -> Command {
        let words = format!("{} {} {}", self.program.name(), self.script, tree.mapping());
        Engine::Node.command("start", &words, std::slice::from_ref(subject))
    }

    /// Bytes of linear memory after a start.
    fn memory(&self, packer: &Packer, tree: &Tree, subject: &Subject) -> Result<(f64, Command)> {
        let run = self.run(tree, &export::memory(packer, subject)?)?;
        Ok((run.series(&subject.name, "memory")?.values[0], run.command))
    }
}

fn instantiate(packer: &Packer, notebook: &mut Notebook, program: Program) -> Result<()> {
    let tree = Tree::ruby();
    let mut subjects = vec![Subject::new("host", packer.source(program))];
    subjects.extend(packer.subjects(&[program], &tree)?);
    subjects.push(match program {
        Program::Ruby => earlier::ruby(),
        _ => earlier::subject(packer, &tree)?,
    });
    let run = Engine::Node.run(
        "instantiate",
        &notebook.rounds(INSTANCES).to_string(),
        &subjects,
    )?;
    let case = format!("instance of {}", program.title());
    notebook.add_run(&case, (&run, "instantiate"), "ms", &subjects)
}

/// Linear memory that a tree adds to the C program, beyond the directory preopened.
fn memory(packer: &Packer, notebook: &mut Notebook, tree: &Tree) -> Result<()> {
    let mut subjects = vec![packer.host(Program::Merged)];
    subjects.extend(packer.subjects(&[Program::Merged], tree)?);
    subjects.push(earlier::subject(packer, tree)?);
    let exported = subjects
        .iter()
        .map(|subject| export::memory(packer, subject));
    let exported = exported.collect::<Result<Vec<_>>>()?;
    let run = Engine::Wasmtime.run("read", &format!("1 {}", tree.mapping()), &exported)?;
    run.expect("read", None)?;
    let base = &run.series("host", "memory")?.values;
    for subject in &subjects[1..] {
        let bytes = &run.series(&subject.name, "memory")?.values;
        for (moment, unit) in ["KiB at start", "KiB after reading"]
            .into_iter()
            .enumerate()
        {
            let added = ((bytes[moment] - base[moment]) / 1024.0, unit);
            let case = format!("memory for {}", tree.title);
            notebook.add(&case, &subject.name, added, &run.command);
        }
    }
    Ok(())
}
