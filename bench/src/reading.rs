//! How fast are reads? Every file of each tree, in a fresh instance each time, so that
//! every block is cold. Files of the host are in its cache.

use crate::earlier;
use crate::engine::{Engine, content};
use crate::packed::{Packer, Program, Subject};
use crate::record::Notebook;
use crate::tree::Tree;
use anyhow::Result;

const ROUNDS: usize = 15;

/// Measures each tree, and each form with Ruby's library.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    for tree in Tree::real() {
        let mut subjects = vec![packer.host(Program::Merged)];
        subjects.extend(packer.subjects(&[Program::Merged], &tree)?);
        subjects.push(earlier::subject(packer, &tree)?);
        read(packer, notebook, tree.title, &tree, &subjects)?;
    }
    let subjects = packer.subjects(&Program::FORMS, &Tree::ruby())?;
    read(
        packer,
        notebook,
        "Ruby's library by form",
        &Tree::ruby(),
        &subjects,
    )
}

fn read(
    packer: &Packer,
    notebook: &mut Notebook,
    case: &str,
    tree: &Tree,
    subjects: &[Subject],
) -> Result<()> {
    let expected = content(packer, tree)?;
    for engine in Engine::ALL {
        let run = engine.run("read", &format!("{ROUNDS} {}", tree.mapping()), subjects)?;
        run.expect("read", Some(&expected))?;
        let case = format!("reading {case}, {}", engine.title());
        notebook.add_run(&case, (&run, "read"), "ms", subjects)?;
    }
    Ok(())
}
