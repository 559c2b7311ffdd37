//! What happens with very many files, and with a very large one? Cost of packing a
//! file, and cost of a call among the files.

use crate::calls;
use crate::command::{Command, root};
use crate::cost;
use crate::engine::{Engine, content};
use crate::packed::{Packer, Program, Storage, Subject};
use crate::record::Notebook;
use crate::tree::{GUEST, Made, Tree};
use anyhow::Result;
use std::fs;

const ROUNDS: usize = 15;

/// Counts of files, the names of the subjects.
const COUNTS: [(&str, u64); 3] = [
    ("1,000", 1_000),
    ("100,000", 100_000),
    ("1,000,000", 1_000_000),
];

/// Measures all of it. Modules are removed at the end, since they are large.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let mut subjects = Vec::new();
    for (name, count) in COUNTS {
        let tree = Made::small_files(name, count)?;
        subjects.push(pack(packer, notebook, &tree.0)?);
    }
    large_file(packer, notebook)?;
    time_calls(notebook, &subjects)?;
    for subject in subjects {
        fs::remove_file(root().join(subject.module))?;
    }
    Ok(())
}

/// Packs a tree and reads it from the module.
fn pack(packer: &Packer, notebook: &mut Notebook, tree: &Tree) -> Result<Subject> {
    let command = packer.pack(Program::Merged, tree, Storage::Stored);
    let content = content(packer, tree)?;
    let files: f64 = content.split(' ').next().unwrap_or_default().parse()?;
    cost::measure(
        notebook,
        "packing, stored",
        1,
        &[(tree.name, command.clone())],
    )?;
    let module = packer.output(Program::Merged, tree, Storage::Stored);
    let each = (packer.added(&module, Program::Merged)? / files, "B");
    notebook.add("bytes added, a file", tree.name, each, &command);
    let subject = Subject::new(tree.name, module);
    let words = format!("1 {}", tree.mapping());
    let run = Engine::Wasmtime.run("read", &words, std::slice::from_ref(&subject))?;
    run.expect("read", Some(&content))?;
    Ok(subject)
}

fn time_calls(notebook: &mut Notebook, subjects: &[Subject]) -> Result<()> {
    // No subject has the directory, so nothing is mapped.
    let words = format!("{} none::{GUEST}", notebook.rounds(ROUNDS));
    let timed = Engine::Wasmtime.run("calls", &words, subjects)?;
    calls::add(notebook, &timed, ("wasmtime", "ns"), subjects)?;
    let counted = Engine::Wasmtime.run("count", &words, subjects)?;
    calls::add(
        notebook,
        &counted,
        ("instructions", "instructions"),
        subjects,
    )
}

/// Packs 3 GiB and compares the packed file with them.
fn large_file(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let large = Made::large_file()?;
    let tree = &large.0;
    let packing = (
        "one of 3 GiB",
        packer.pack(Program::Merged, tree, Storage::Stored),
    );
    cost::measure(notebook, "packing, stored", 1, &[packing])?;
    let module = packer.output(Program::Merged, tree, Storage::Stored);
    let (cat, path) = (
        format!("{} cat {module} {GUEST}/large", packer.command),
        &tree.path,
    );
    Command::new(format!("{cat} | cmp - {path}/large")).run()?;
    Ok(fs::remove_file(root().join(module))?)
}
