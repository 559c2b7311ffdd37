//! How fast are single calls? Ruby's library, files from all over it: nanoseconds in
//! both engines, and instructions, which no load of the machine changes.

use crate::earlier;
use crate::engine::{CALLS, Engine, Run, content};
use crate::packed::{Packer, Program, Subject};
use crate::record::Notebook;
use crate::tree::Tree;
use anyhow::Result;

const ROUNDS: usize = 15;

/// Measures all of it.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let tree = Tree::ruby();
    let mut subjects = vec![packer.host(Program::Merged)];
    subjects.extend(packer.subjects(&Program::FORMS, &tree)?);
    subjects.push(earlier::subject(packer, &tree)?);
    for engine in Engine::ALL {
        let run = engine.run(
            "calls",
            &format!("{} {}", notebook.rounds(ROUNDS), tree.mapping()),
            &subjects,
        )?;
        expect_same(&run)?;
        add(notebook, &run, (engine.title(), "ns"), &subjects)?;
    }
    // The instructions of the host are not WebAssembly.
    let packed = &subjects[1..];
    let counted = Engine::Wasmtime.run("count", &format!("1 {}", tree.mapping()), packed)?;
    expect_same(&counted)?;
    counted.expect("read", Some(&content(packer, &tree)?))?;
    add(notebook, &counted, ("instructions", "instructions"), packed)?;
    let case = "reading every file, instructions";
    notebook.add_run(case, (&counted, "read"), "instructions", packed)
}

fn expect_same(run: &Run) -> Result<()> {
    CALLS
        .into_iter()
        .try_for_each(|(call, _)| run.expect(call, None))
}

/// Adds a record for each call and subject.
pub(crate) fn add(
    notebook: &mut Notebook,
    run: &Run,
    (how, unit): (&str, &str),
    subjects: &[Subject],
) -> Result<()> {
    for (call, title) in CALLS {
        notebook.add_run(&format!("{title}, {how}"), (run, call), unit, subjects)?;
    }
    Ok(())
}
