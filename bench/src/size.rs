//! How large is a packed module? Bytes that packing adds, beside other formats of the
//! same trees, by form, and after the compression of a server.

use crate::command::Command;
use crate::earlier;
use crate::packed::{Packer, Program, Storage, len};
use crate::record::Notebook;
use crate::tree::{Made, Tree};
use anyhow::{Context, Result};

/// Another format.
struct Format {
    title: &'static str,
    /// Writes the tree at the first path to the file at the second.
    write: fn(&str, &str) -> String,
    /// Writes the tree in the file at the first path to the directory at the second.
    extract: fn(&str, &str) -> String,
}

const FORMATS: [Format; 5] = [
    Format {
        title: "solid `tar`, `zstd -19 --long=27`",
        write: |tree, to| {
            format!("tar --sort=name -C {tree} -cf - . | zstd -q -f -19 --long=27 -o {to}")
        },
        extract: |from, to| format!("zstd -dc --long=27 {from} | tar -C {to} -xf -"),
    },
    Format {
        title: "`mksquashfs`, zstd 19, 1 MiB",
        write: |tree, to| squashfs("1M", tree, to),
        extract: unsquashfs,
    },
    Format {
        title: "the same, 128 KiB",
        write: |tree, to| squashfs("128K", tree, to),
        extract: unsquashfs,
    },
    Format {
        title: "`mkfs.erofs`, lz4hc, 64 KiB",
        write: |tree, to| format!("mkfs.erofs --quiet -zlz4hc -C65536 {to} {tree}"),
        extract: |from, to| format!("fsck.erofs --overwrite --extract={to} {from}"),
    },
    Format {
        title: "`zip -9`",
        write: |tree, to| {
            format!("rm -f {to}.zip; (cd {tree} && zip -q -9 -r - .) >{to}.zip && mv {to}.zip {to}")
        },
        extract: |from, to| format!("python3 -m zipfile -e {from} {to}"),
    },
];

fn squashfs(block: &str, tree: &str, to: &str) -> String {
    format!(
        "mksquashfs {tree} {to} -comp zstd -Xcompression-level 19 -b {block} -noappend -quiet \
         -no-progress"
    )
}

fn unsquashfs(from: &str, to: &str) -> String {
    format!("unsquashfs -quiet -no-progress -f -d {to} {from}")
}

/// Measures all of it.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    for tree in Tree::real() {
        formats(packer, notebook, &tree)?;
    }
    for program in [Program::Ruby].into_iter().chain(Program::FORMS) {
        form(packer, notebook, program)?;
    }
    downloads(packer, notebook)?;
    runtimes(packer, notebook)
}

fn formats(packer: &Packer, notebook: &mut Notebook, tree: &Tree) -> Result<()> {
    let path = &tree.path;
    let sum =
        format!("find {path} -type f -printf '%s\\n' | awk '{{ sum += $1 }} END {{ print sum }}'");
    let sum = Command::new(sum);
    notebook.add(tree.title, "files", (sum.line()?.parse()?, "bytes"), &sum);
    let packing = (Program::Merged, tree, Storage::Compressed);
    add(packer, notebook, tree.title, packing, "wasi-vfs")?;
    for format in &FORMATS {
        let output = packer.file("format");
        let command = Command::new((format.write)(path, &output));
        command
            .run()
            .context("`tools/install peers` brings the other formats")?;
        notebook.add(tree.title, format.title, (len(&output)?, "bytes"), &command);
        let (extracted, extract) = (packer.file("extracted"), format.extract);
        let extract = extract(&output, &extracted);
        let check = format!("rm -rf {extracted} && mkdir {extracted} && {extract} >&2");
        Command::new(format!(
            "{check} && diff -r --no-dereference {path} {extracted}"
        ))
        .run()?;
    }
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
