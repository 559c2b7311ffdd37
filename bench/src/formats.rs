//! How large are other formats of the same trees? They depend on nothing that is under
//! test, and take most of an hour, so they are a question of their own.

use crate::command::Command;
use crate::packed::{Packer, len};
use crate::record::Notebook;
use crate::tree::Tree;
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
        title: "`mksquashfs`, zstd 19, 128 KiB",
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

/// Measures each format on each tree.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    for tree in Tree::real() {
        for format in &FORMATS {
            write(packer, notebook, &tree, format)?;
        }
    }
    Ok(())
}

/// # Errors
///
/// If the format does not hold the tree.
fn write(packer: &Packer, notebook: &mut Notebook, tree: &Tree, format: &Format) -> Result<()> {
    let (path, output, extracted) = (&tree.path, packer.file("format"), packer.file("extracted"));
    let command = Command::new((format.write)(path, &output));
    command
        .run()
        .context("`tools/install peers` brings the other formats")?;
    notebook.add(tree.title, format.title, (len(&output)?, "bytes"), &command);
    let extract = (format.extract)(&output, &extracted);
    let extract = format!("rm -rf {extracted} && mkdir {extracted} && {extract} >&2");
    Command::new(format!(
        "{extract} && diff -r --no-dereference {path} {extracted}"
    ))
    .run()?;
    Ok(())
}
