//! How fast are reads? Every file of each tree, in a fresh instance each time, so that
//! every block is cold. Files of the host are in its cache.

use crate::earlier;
use crate::engine::{Engine, content};
use crate::packed::{Packer, Program};
use crate::record::Notebook;
use crate::tree::Tree;
use anyhow::Result;

const ROUNDS: usize = 15;

/// Measures each tree.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    Tree::real()
        .iter()
        .try_for_each(|tree| read(packer, notebook, tree))
}

fn read(packer: &Packer, notebook: &mut Notebook, tree: &Tree) -> Result<()> {
    let mut subjects = vec![packer.host(Program::Merged)];
    subjects.extend(packer.subjects(&[Program::Merged], tree)?);
    subjects.push(earlier::subject(packer, tree)?);
    let expected = content(packer, tree)?;
    let words = format!("{} {}", notebook.rounds(ROUNDS), tree.mapping());
    for engine in Engine::ALL {
        let run = engine.run("read", &words, &subjects)?;
        run.expect("read", Some(&expected))?;
        let case = format!("reading {}, {}", tree.title, engine.title());
        notebook.add_run(&case, (&run, "read"), "ms", &subjects)?;
    }
    Ok(())
}
