//! How much does packing cost? CPU time, wall time and peak memory, beside a compressor on
//! the same bytes and beside reading and hashing the same files.

use crate::command::Command;
use crate::cost;
use crate::packed::{Packer, Program, Storage};
use crate::record::Notebook;
use crate::tree::Tree;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const STORED_ROUNDS: usize = 9;

/// Measures all of it.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    for tree in Tree::real() {
        compressed(packer, notebook, &tree)?;
    }
    for tree in Tree::real() {
        stored(packer, notebook, &tree)?;
    }
    // A module of 16.7 MB.
    let pack = |storage: Storage| {
        let command = packer.pack(Program::Ruby, &Tree::ruby(), storage);
        (storage.name(), command)
    };
    let case = "Ruby's library into `ruby.wasm`";
    cost::measure(notebook, case, 3, &Storage::ALL.map(pack))
}

fn compressed(packer: &Packer, notebook: &mut Notebook, tree: &Tree) -> Result<()> {
    let tar = packer.file("tar");
    Command::new(format!("tar --sort=name -C {} -cf {tar} .", tree.path)).run()?;
    let contestants = [
        (
            "wasi-vfs",
            packer.pack(Program::Merged, tree, Storage::Compressed),
        ),
        (
            "`zstd -19 -T2`",
            Command::new(format!("zstd -q -f -19 -T2 {tar} -o {tar}.zst")),
        ),
    ];
    let case = format!("{}, compressed", tree.title);
    cost::measure(notebook, &case, tree.rounds, &contestants)?;
    Command::new(format!("rm {tar} {tar}.zst")).run()?;
    Ok(())
}

fn stored(packer: &Packer, notebook: &mut Notebook, tree: &Tree) -> Result<()> {
    let ours = packer.pack(Program::Merged, tree, Storage::Stored);
    let hash = format!("target/release/wasi-vfs-bench hash {}", tree.path);
    let contestants = [("wasi-vfs", ours), ("read and hash", Command::new(hash))];
    let case = format!("{}, stored", tree.title);
    cost::measure(notebook, &case, STORED_ROUNDS, &contestants)
}

/// Reads every file below a directory, and hashes all of them on one core: the least
/// that packing without compression must do.
pub(crate) fn hash(directory: &Path) -> Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    add_directory(&mut hasher, directory)?;
    Ok(hasher.finalize())
}

fn add_directory(hasher: &mut blake3::Hasher, directory: &Path) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            add_directory(hasher, &entry.path())?;
        } else {
            hasher.update(&fs::read(entry.path())?);
        }
    }
    Ok(())
}
