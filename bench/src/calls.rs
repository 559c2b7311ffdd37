//! How fast are single calls? Ruby's library, files from all over it: nanoseconds in
//! both engines, and instructions, which no load of the machine changes.

use crate::earlier;
use crate::engine::{CALLS, Engine, Run};
use crate::packed::{Packer, Program, Subject};
use crate::record::Notebook;
use crate::tree::Tree;
use anyhow::Result;

const ROUNDS: usize = 15;

/// Measures all of it.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let tree = Tree::ruby();
    let mut subjects = vec![earlier::subject(packer, &tree)?];
    subjects.extend(packer.subjects(&Program::FORMS, &tree)?);
    let counted = Engine::Wasmtime.run("count", &format!("1 {}", tree.mapping()), &subjects)?;
    counted.expect("read", Some(tree.content()?.to_string()))?;
    for subject in &subjects {
        let read = &counted.series(&subject.name, "read")?.values;
        let case = "reading every file, instructions";
        notebook.add_median(
            case,
            &subject.name,
            (read, "instructions"),
            &counted.command,
        );
    }
    add(
        notebook,
        &counted,
        "instructions",
        &subjects,
        "instructions",
    )?;
    subjects.push(Subject::host(packer.source(Program::Merged)));
    for engine in Engine::ALL {
        let run = engine.run("calls", &format!("{ROUNDS} {}", tree.mapping()), &subjects)?;
        add(notebook, &run, engine.title(), &subjects, "ns")?;
    }
    Ok(())
}

fn add(
    notebook: &mut Notebook,
    run: &Run,
    how: &str,
    subjects: &[Subject],
    unit: &str,
) -> Result<()> {
    for (call, title) in CALLS {
        run.expect(call, None)?;
        let case = format!("{title}, {how}");
        for subject in subjects {
            let values = &run.series(&subject.name, call)?.values;
            notebook.add_median(&case, &subject.name, (values, unit), &run.command);
        }
    }
    Ok(())
}
