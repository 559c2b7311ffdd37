//! Sizes beside other formats, on the same tree.

use crate::command::{Command, is_installed, root};
use crate::report::Section;
use crate::statistics::{grouped, ratio};
use crate::tree::{Content, TREE};
use crate::variant::{Program, Storage, WORK, added, len, pack_as, packed};
use anyhow::{Context, Result};
use std::path::Path;

/// Another format.
struct Peer {
    title: &'static str,
    needs: &'static [&'static str],
    /// Writes the tree to the path that it is given.
    write: fn(&str) -> String,
    /// Writes what is in the first path to the directory in the second.
    extract: fn(&str, &str) -> String,
}

const PEERS: [Peer; 4] = [
    Peer {
        title: "solid `tar`, `zstd -19 --long=27`",
        needs: &["tar", "zstd"],
        write: |to| format!("tar --sort=name -C {TREE} -cf - . | zstd -q -f -19 --long=27 -o {to}"),
        extract: |from, to| format!("zstd -dc --long=27 {from} | tar -C {to} -xf -"),
    },
    Peer {
        title: "`mksquashfs`, zstd 19, 1 MiB blocks",
        needs: &["mksquashfs", "unsquashfs"],
        write: |to| squashfs("1M", to),
        extract: unsquashfs,
    },
    Peer {
        title: "`mksquashfs`, zstd 19, 128 KiB blocks",
        needs: &["mksquashfs", "unsquashfs"],
        write: |to| squashfs("128K", to),
        extract: unsquashfs,
    },
    Peer {
        title: "`zip -9`",
        needs: &["zip", "python3"],
        write: |to| {
            format!("rm -f {to}.zip; (cd {TREE} && zip -q -9 -r - .) >{to}.zip && mv {to}.zip {to}")
        },
        extract: |from, to| format!("python3 -m zipfile -e {from} {to}"),
    },
];

fn squashfs(block: &str, to: &str) -> String {
    format!(
        "mksquashfs {TREE} {to} -comp zstd -Xcompression-level 19 -b {block} -noappend -quiet \
         -no-progress"
    )
}

fn unsquashfs(from: &str, to: &str) -> String {
    format!("unsquashfs -quiet -no-progress -f -d {to} {from}")
}

/// What each takes for the tree.
pub(crate) fn sizes(expected: &Content) -> Result<Section> {
    let mut section = Section::new(
        "Size beside other formats",
        "The same tree. Ours is everything that packing adds to a module, the runtime \
         included. Each was extracted and compared.",
    )
    .head(&["", "bytes", "to solid zstd"]);
    let mut sizes = ours(&mut section)?;
    for peer in &PEERS {
        sizes.push((peer.title.to_owned(), size(peer, expected, &mut section)?));
    }
    let solid = sizes.iter().find(|(title, _)| title == PEERS[0].title);
    let solid = solid.and_then(|(_, size)| *size);
    for (title, size) in sizes {
        let share = size.zip(solid).map(|(size, solid)| ratio(size, solid));
        let size = size.map_or("not installed".to_owned(), grouped);
        section.row([title, size, share.unwrap_or_default()]);
    }
    Ok(section)
}

fn ours(section: &mut Section) -> Result<Vec<(String, Option<u64>)>> {
    let bare = Program::Reader.path();
    let output = packed(Program::Reader, Storage::Default);
    let mut sizes = vec![(
        "wasi-vfs `--compress`".to_owned(),
        Some(added(&output, &bare)?),
    )];
    for block in ["256K", "1M"] {
        let output = format!("{WORK}/blocks.wasm");
        let options = format!("--compress --block-size={block}");
        let command = pack_as(Program::Reader, &options, &output);
        command.run()?;
        section.command(&command);
        sizes.push((
            format!("wasi-vfs `{options}`"),
            Some(added(&output, &bare)?),
        ));
    }
    Ok(sizes)
}

fn size(peer: &Peer, expected: &Content, section: &mut Section) -> Result<Option<u64>> {
    if !peer.needs.iter().all(|program| is_installed(program)) {
        return Ok(None);
    }
    let file = format!("{WORK}/peer");
    let command = Command::shell((peer.write)(&file));
    command.run()?;
    section.command(&command);
    let size = len(&file)?;
    check(peer, &file, expected).context(peer.title)?;
    Ok(Some(size))
}

fn check(peer: &Peer, file: &str, expected: &Content) -> Result<()> {
    let extracted = format!("{WORK}/extracted");
    let fresh = format!("rm -rf {extracted} && mkdir {extracted}");
    Command::shell(fresh).run()?;
    Command::shell((peer.extract)(file, &extracted)).run()?;
    let found = Content::of(&root().join(Path::new(&extracted)))?;
    expected.expect(&found, peer.title)
}

/// What a download takes that is compressed in transit.
pub(crate) fn download() -> Result<Section> {
    let mut section = Section::new(
        "Download that is compressed in transit",
        "A server's gzip shrinks files that lie in a module uncompressed, so there \
         `--compress` gains less.",
    )
    .head(&["`ruby.wasm`", "bytes", "through `gzip -9`"]);
    let mut row = |what: &str, path: &str| -> Result<()> {
        let command = Command::shell(format!("gzip -9 -c {path} | wc -c"));
        section.row([what, &grouped(len(path)?), &grouped(command.number()?)]);
        section.command(&command);
        Ok(())
    };
    row("not packed", &Program::Ruby.path())?;
    for storage in Storage::ALL {
        row(storage.title(), &packed(Program::Ruby, storage))?;
    }
    Ok(section)
}
