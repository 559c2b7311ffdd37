//! What does a component cost? A Rust program for WASI 0.2, packed and beside a directory of
//! the host, under the command of wasmtime.
//!
//! wasmtime compiles each component once, before the clock runs. Every run is a process of
//! its own, and subjects take turns. A read costs the CPU time of a run that lists and reads
//! the tree, less that of a run that only lists. For example 38 ms with one round of reads
//! and 16 ms with none make 22 ms. [`crate::engine`] has the programs for single calls.

use crate::command::Command;
use crate::coredump;
use crate::cost;
use crate::engine::Run;
use crate::packed::{Packer, Storage, Subject, len};
use crate::record::Notebook;
use crate::tree::{GUEST, Made, Tree};
use anyhow::{Result, ensure};
use serde::Deserialize;

const WASMTIME: &str = ".tools/recipes/wasmtime";

const ROUNDS: usize = 15;

const PACKING_ROUNDS: usize = 9;

/// How often a run reads every file, for the cost of a read after the first.
const READS: usize = 10;

/// Calls of which the instructions are counted.
const CALL_COUNT: usize = 10_000;

/// The operations of the program that read, and their names in tables.
const READERS: [(&str, &str); 2] = [
    ("blocking-read", "`input-stream.blocking-read`"),
    ("descriptor-read", "`descriptor.read`"),
];

/// The operations of the program that are single calls, and their names in tables.
const CALLS: [(&str, &str); 3] = [
    ("open", "`open-at` and drop"),
    ("stat", "`stat-at`"),
    ("read-directory", "`read-directory`, all entries"),
];

/// Measures all of it.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    build(packer)?;
    reading(packer, notebook, &Tree::ruby())?;
    reading(packer, notebook, &Made::large_files()?.0)?;
    instructions(packer, notebook)?;
    memory(packer, notebook)?;
    wiring(packer, notebook)?;
    for tree in [Tree::python(), Tree::python_with_bytecode()] {
        share(packer, notebook, &tree)?;
    }
    packing(packer, notebook)
}

/// The program.
fn source(packer: &Packer) -> String {
    packer.file("files.component.wasm")
}

fn build(packer: &Packer) -> Result<()> {
    let (source, target) = (source(packer), "target/bench/component");
    packer.make(&source, || {
        Command::new(format!(
            "cargo build --quiet --release --locked --target wasm32-wasip2 \
             --target-dir {target} --manifest-path bench/component/Cargo.toml && \
             cp {target}/wasm32-wasip2/release/files.wasm {source}"
        ))
    })
}

fn pack(packer: &Packer, source: &str, (tree, storage): (&Tree, Storage), output: &str) -> Command {
    let (command, mapping, option) = (&packer.command, tree.mapping(), storage.option());
    Command::new(format!(
        "{command} pack {source} --dir {mapping} -o {output}{option}"
    ))
}

/// The packed program, by the name of its storage.
fn packed(packer: &Packer, tree: &Tree, storage: Storage) -> Result<(Subject, Command)> {
    let name = storage.name();
    let output = packer.file(&format!("{}-{name}.component.wasm", tree.name));
    let command = pack(packer, &source(packer), (tree, storage), &output);
    packer.make(&output, || command.clone())?;
    Ok((Subject::new(name, output), command))
}

/// The program with the host's directory, stored and compressed, compiled by wasmtime.
fn subjects(packer: &Packer, tree: &Tree) -> Result<Vec<Subject>> {
    let mut subjects = vec![Subject::new("host", source(packer))];
    for storage in Storage::ALL {
        subjects.push(packed(packer, tree, storage)?.0);
    }
    for subject in &mut subjects {
        let compiled = format!("{}.cwasm", subject.module);
        let compile = format!("{WASMTIME} compile {} -o {compiled}", subject.module);
        packer.make(&compiled, || Command::new(compile))?;
        subject.module = compiled;
    }
    Ok(subjects)
}

/// A run of an operation, with the tree preopened for `host`.
fn run(subject: &Subject, tree: &Tree, options: &str, operation: (&str, usize)) -> Command {
    let dir = match &*subject.name {
        "host" => format!("--dir {} ", tree.mapping()),
        _ => String::new(),
    };
    let (module, (name, count)) = (&subject.module, operation);
    Command::new(format!(
        "{WASMTIME} run --allow-precompiled {options}{dir}{module} {name} {count} {GUEST}"
    ))
}

/// Time and memory of a process.
#[derive(Debug, Deserialize)]
struct Usage {
    #[serde(rename = "CPU s")]
    cpu: f64,
    #[serde(rename = "MiB")]
    memory: f64,
}

fn rusage(command: &Command) -> Command {
    Command::new(format!(
        ".tools/venv/bin/python bench/engines/rusage.py {command}"
    ))
}

fn reading(packer: &Packer, notebook: &mut Notebook, tree: &Tree) -> Result<()> {
    let subjects = subjects(packer, tree)?;
    expect_same_content(tree, &subjects)?;
    for (operation, title) in READERS {
        for (moment, counts) in [("first", [0, 1]), ("later", [1, 1 + READS])] {
            let case = format!("{title}, {}, {moment}", tree.title);
            read(notebook, &case, tree, &subjects, (operation, counts))?;
        }
    }
    Ok(())
}

/// Checks that every subject reads the bytes of the host's directory, in both ways.
fn expect_same_content(tree: &Tree, subjects: &[Subject]) -> Result<()> {
    let mut expected = None;
    for subject in subjects {
        let command = run(subject, tree, "", ("digest", 0));
        let digest = command.line()?;
        let expected = expected.get_or_insert_with(|| digest.clone());
        ensure!(digest == *expected, "`{command}` has other files");
    }
    Ok(())
}

/// Adds the CPU time of one round of reads: the difference of runs with two counts of them.
fn read(
    notebook: &mut Notebook,
    case: &str,
    tree: &Tree,
    subjects: &[Subject],
    (operation, counts): (&str, [usize; 2]),
) -> Result<()> {
    let commands =
        |subject| counts.map(|count| rusage(&run(subject, tree, "", (operation, count))));
    let commands: Vec<_> = subjects.iter().map(commands).collect();
    let mut times = vec![Vec::new(); subjects.len()];
    for _ in 0..notebook.rounds(ROUNDS) {
        for ([fewer, more], times) in commands.iter().zip(&mut times) {
            let spent = more.json::<Usage>()?.cpu - fewer.json::<Usage>()?.cpu;
            times.push(spent * 1000.0 / (counts[1] - counts[0]) as f64);
        }
    }
    for ((subject, times), [_, command]) in subjects.iter().zip(&times).zip(&commands) {
        notebook.add_median(case, &subject.name, (times, "CPU ms"), command);
    }
    Ok(())
}

fn instructions(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let tree = Tree::ruby();
    let packed = Storage::ALL.map(|storage| Ok(packed(packer, &tree, storage)?.0));
    let subjects = packed.into_iter().collect::<Result<Vec<_>>>()?;
    let arguments: Vec<_> = subjects.iter().map(Subject::argument).collect();
    for (operation, title) in CALLS {
        let run = Run::of(Command::new(format!(
            ".tools/venv/bin/python bench/engines/run_component.py count {GUEST} \
             {operation} {CALL_COUNT} {}",
            arguments.join(" ")
        )))?;
        run.expect(operation, None)?;
        let case = format!("{title}, instructions");
        notebook.add_run(&case, (&run, operation), "instructions", &subjects)?;
    }
    Ok(())
}

/// Adds memory after one call: linear memory beyond that of the program with the host's
/// directory, and peak memory of the engine.
fn memory(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let tree = Tree::ruby();
    let dump = packer.file("core");
    let options = format!("-D coredump={dump} ");
    let mut base = None;
    for subject in subjects(packer, &tree)? {
        let command = run(&subject, &tree, &options, ("trap", 1));
        let bytes = coredump::memory(&command, &dump)?;
        let added = (bytes - *base.get_or_insert(bytes)) / 1024.0;
        let case = "memory after the first call, Ruby's library";
        if subject.name != "host" {
            notebook.add(case, &subject.name, (added, "KiB"), &command);
        }
        let command = rusage(&run(&subject, &tree, "", ("stat", 1)));
        let peak = command.json::<Usage>()?.memory;
        let case = "peak memory of wasmtime, Ruby's library";
        notebook.add(case, &subject.name, (peak, "MiB"), &command);
    }
    Ok(())
}

/// Adds the bytes of the runtime.
fn wiring(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let empty = Made::empty()?;
    let (subject, command) = packed(packer, &empty.0, Storage::Stored)?;
    let added = len(&subject.module)? - len(&source(packer))?;
    let case = "the runtime, with an empty directory";
    notebook.add(case, &subject.name, (added, "bytes"), &command);
    Ok(())
}

/// Adds the part of a tree's bytes by which packing makes the program longer.
fn share(packer: &Packer, notebook: &mut Notebook, tree: &Tree) -> Result<()> {
    let files: f64 = tree.files_len().line()?.parse()?;
    for storage in Storage::ALL {
        let (subject, command) = packed(packer, tree, storage)?;
        let added = len(&subject.module)? - len(&source(packer))?;
        let share = (added / files, "of the tree");
        notebook.add(tree.title, &subject.name, share, &command);
    }
    Ok(())
}

/// Adds the cost of packing into a component of 18 MB, beside that of the image.
fn packing(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let component = packer.file("python.component.wasm");
    packer.make(&component, || componentize(packer, &component))?;
    let tree = Tree::python();
    let output = packer.file("packed-python.component.wasm");
    let (command, mapping) = (&packer.command, tree.mapping());
    let image = format!("{command} image --dir {mapping} -o {output}.wvfs");
    let pack = pack(packer, &component, (&tree, Storage::Stored), &output);
    let contestants = [
        ("image", Command::new(image)),
        ("component with CPython, 18 MB", pack),
    ];
    let case = "packing Python's `.py`, stored";
    cost::measure(notebook, case, PACKING_ROUNDS, &contestants)
}

/// Makes a component of a Python program, with CPython. It runs in a copy of the program's
/// directory, since CPython leaves bytecode there.
fn componentize(packer: &Packer, output: &str) -> Command {
    let copy = packer.file("python-program");
    Command::new(format!(
        "root=$PWD && rm -rf {copy} && cp -r tests/guests/python_component {copy} && cd {copy} && \
         env PYTHONPATH=$root/.tools/componentize-py \
         $root/.tools/venv/bin/python -c 'import componentize_py; componentize_py.script()' \
         -d wit -w app componentize app -o $root/{output}"
    ))
}
