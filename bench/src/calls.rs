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
    subjects.push(earlier::subject(packer, &tree)?);
    subjects.extend(packer.subjects(&Program::FORMS, &tree)?);
    for engine in Engine::ALL {
        let run = engine.run("calls", &format!("{ROUNDS} {}", tree.mapping()), &subjects)?;
        add(notebook, &run, engine.title(), &subjects, "ns")?;
    }
    // The instructions of the host are not WebAssembly.
    let packed = &subjects[1..];
    let counted = Engine::Wasmtime.run("count", &format!("1 {}", tree.mapping()), packed)?;
    counted.expect("read", Some(&content(packer, &tree)?))?;
    add(notebook, &counted, "instructions", packed, "instructions")?;
    for subject in packed {
        let read = &counted.series(&subject.name, "read")?.values;
        let case = "reading every file, instructions";
        notebook.add_median(
            case,
            &subject.name,
            (read, "instructions"),
            &counted.command,
        );
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
