//! How fast are changes, and how much memory do they take? A program changes a directory
//! that is packed with `--writable`, a host directory, and the file system in memory of a
//! JavaScript host.
//!
//! And what does a tree that may change cost a program that only reads? The reads of
//! [`crate::reading`] and [`crate::calls`], once with and once without `--writable`.

use crate::calls;
use crate::command::{Command, root};
use crate::engine::{Engine, content};
use crate::packed::{GUEST_CC, Packer, Program, Storage, Subject, len};
use crate::record::Notebook;
use crate::tree::Tree;
use anyhow::Result;
use std::fs;
use std::path::Path;

const ROUNDS: usize = 15;

/// Files and pages whose memory is measured.
const MEMORY_COUNT: usize = 10_000;

/// The calls of `guests/writer.c`, and their names in tables.
const CHANGES: [(&str, &str); 5] = [
    ("write", "write 4 KiB in place"),
    ("append", "append 64 bytes"),
    ("create", "create a file"),
    ("rename", "rename a file"),
    ("unlink", "unlink a file"),
];

/// The host directory, and the path at which programs see it. It is in memory, which is
/// the fastest for a host.
const DIRECTORY: &str = "/dev/shm/wasi-vfs-bench";
const MAPPING: &str = "/dev/shm/wasi-vfs-bench::/bench";

/// Measures all of it.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let source = source(packer)?;
    let writable = Subject::new("writable", pack(packer, &source, "separate")?);
    let single = Subject::new("single", pack(packer, &source, "single")?);
    let host = Subject::new("host", source.clone());
    let shim = Subject::new("shim", format!("shim:{source}"));
    for engine in Engine::ALL {
        let mut subjects = vec![host.clone(), writable.clone(), single.clone()];
        if let Engine::Node = engine {
            subjects.push(shim.clone());
        }
        changes(notebook, engine, &subjects)?;
    }
    memory(notebook, &single)?;
    reads(packer, notebook)?;
    runtime(packer, notebook, &source)
}

/// Compiles the program, and makes the directory.
fn source(packer: &Packer) -> Result<String> {
    let directory = Path::new(DIRECTORY);
    fs::create_dir_all(directory)?;
    for entry in fs::read_dir(directory)? {
        fs::remove_file(entry?.path())?;
    }
    fs::write(directory.join("data"), vec![7; 1 << 20])?;
    let source = packer.file("writer.wasm");
    let compile = GUEST_CC.replace("reader.c", "writer.c");
    packer.make(&source, || Command::new(format!("{compile} -o {source}")))?;
    Ok(source)
}

fn pack(packer: &Packer, source: &str, memory: &str) -> Result<String> {
    let output = packer.file(&format!("writer-{memory}.wasm"));
    let command = &packer.command;
    let options = format!("--writable /bench --memory {memory}");
    let line = format!("{command} pack {source} --dir {MAPPING} {options} -o {output}");
    packer.make(&output, || Command::new(line))?;
    Ok(output)
}

fn changes(notebook: &mut Notebook, engine: Engine, subjects: &[Subject]) -> Result<()> {
    let words = format!("{} {MAPPING}", notebook.rounds(ROUNDS));
    let run = engine.run("writing", &words, subjects)?;
    for (call, title) in CHANGES {
        run.expect(call, None)?;
        let case = format!("{title}, {}", engine.title());
        notebook.add_run(&case, (&run, call), "ns", subjects)?;
    }
    Ok(())
}

/// The memory of an engine grows with that of the program, so one memory shows both.
fn memory(notebook: &mut Notebook, single: &Subject) -> Result<()> {
    let words = format!("{MEMORY_COUNT} {MAPPING}");
    let subjects = std::slice::from_ref(single);
    let run = Engine::Wasmtime.run("growth", &words, subjects)?;
    for (operation, case) in [
        ("file", "memory for an empty file"),
        ("page", "memory for 4 KiB"),
    ] {
        notebook.add_run(case, (&run, operation), "bytes", subjects)?;
    }
    Ok(())
}

/// Reads of unchanged files.
fn reads(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let tree = Tree::ruby();
    let packed = packer.subject(Program::Merged, &tree, Storage::Compressed)?;
    let read_only = Subject::new("read-only", packed.module);
    let output = packer.file("ruby-merged-writable.wasm");
    let pack = format!(
        "{} pack {} --writable /usr/local/lib -o {output}",
        packer.command, read_only.module
    );
    packer.make(&output, || Command::new(pack))?;
    let subjects = [read_only, Subject::new("writable", output)];
    let words = format!("{} {}", notebook.rounds(ROUNDS), tree.mapping());
    let expected = content(packer, &tree)?;
    for engine in Engine::ALL {
        let run = engine.run("read", &words, &subjects)?;
        run.expect("read", Some(&expected))?;
        let case = format!("read Ruby's library, {}", engine.title());
        notebook.add_run(&case, (&run, "read"), "ms", &subjects)?;
    }
    let run = Engine::Wasmtime.run("count", &format!("1 {}", tree.mapping()), &subjects)?;
    run.expect("read", Some(&expected))?;
    let case = "read Ruby's library, instructions";
    notebook.add_run(case, (&run, "read"), "instructions", &subjects)?;
    calls::add(notebook, &run, ("instructions", "instructions"), &subjects)
}

/// The bytes of the runtime, which a module with one empty file shows.
fn runtime(packer: &Packer, notebook: &mut Notebook, source: &str) -> Result<()> {
    let directory = root().join("target/bench/nothing");
    fs::create_dir_all(&directory)?;
    for (subject, option) in [("read-only", ""), ("writable", " --writable /bench")] {
        let output = packer.file(&format!("nothing-{subject}.wasm"));
        let command = Command::new(format!(
            "{} pack {source} --dir target/bench/nothing::/bench{option} -o {output}",
            packer.command
        ));
        command.run()?;
        let added = len(&output)? - len(source)?;
        notebook.add("runtime", subject, (added, "bytes"), &command);
    }
    Ok(())
}
