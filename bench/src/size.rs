//! How large is a packed module? Bytes that packing adds, for each tree and each form,
//! and after the compression of a server. [`crate::formats`] has the rivals.

use crate::command::Command;
use crate::earlier;
use crate::packed::{Packer, Program, Storage};
use crate::record::Notebook;
use crate::tree::{Made, Tree};
use anyhow::Result;

/// Measures all of it.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    for tree in Tree::real() {
        files(notebook, &tree)?;
        let packing = (Program::Merged, &tree, Storage::Compressed);
        add(packer, notebook, tree.title, packing, "wasi-vfs")?;
    }
    for program in [Program::Ruby].into_iter().chain(Program::FORMS) {
        form(packer, notebook, program)?;
    }
    downloads(packer, notebook)?;
    runtimes(packer, notebook)
}

/// Adds the bytes of all files.
fn files(notebook: &mut Notebook, tree: &Tree) -> Result<()> {
    let sum = tree.files_len();
    notebook.add(tree.title, "files", (sum.line()?.parse()?, "bytes"), &sum);
    Ok(())
}

/// Adds the bytes by which packing makes the program longer.
fn add(
    packer: &Packer,
    notebook: &mut Notebook,
    case: &str,
    (program, tree, storage): (Program, &Tree, Storage),
    subject: &str,
) -> Result<()> {
    let packed = packer.subject(program, tree, storage)?;
    let added = packer.added(&packed.module, program)?;
    let command = packer.pack(program, tree, storage);
    notebook.add(case, subject, (added, "bytes"), &command);
    Ok(())
}

fn form(packer: &Packer, notebook: &mut Notebook, program: Program) -> Result<()> {
    let ruby = Tree::ruby();
    let case = format!("Ruby's library in {}", program.title());
    for storage in Storage::ALL {
        add(
            packer,
            notebook,
            &case,
            (program, &ruby, storage),
            storage.name(),
        )?;
    }
    let earlier = match program {
        Program::Ruby => earlier::ruby(),
        Program::Linked => earlier::subject(packer, &ruby)?,
        _ => return Ok(()),
    };
    let added = packer.added(&earlier.module, program)?;
    let command = Command::new(format!("wc -c {}", earlier.module));
    notebook.add(&case, earlier::NAME, (added, "bytes"), &command);
    Ok(())
}

fn downloads(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let mut subjects = packer.subjects(&[Program::Ruby], &Tree::ruby())?;
    subjects.push(earlier::ruby());
    for subject in subjects {
        let command = Command::new(format!("gzip -9 -c {} | wc -c", subject.module));
        let bytes: f64 = command.line()?.parse()?;
        let case = "`ruby.wasm` and library, download with `gzip -9`";
        notebook.add(case, &subject.name, (bytes, "bytes"), &command);
    }
    Ok(())
}

fn runtimes(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let case = "the runtime, with an empty directory";
    let empty = Made::empty()?;
    for program in Program::FORMS {
        let packing = (program, &empty.0, Storage::Stored);
        add(packer, notebook, case, packing, program.name())?;
    }
    let linked = earlier::linked(packer)?;
    let added = packer.added(&linked, Program::Linked)?;
    let command = Command::new(format!("wc -c {linked}"));
    notebook.add(case, "earlier, linked", (added, "bytes"), &command);
    Ok(())
}
