//! wasi-vfs as released: its runtime 0.3.0, built from its source, and Wizer,
//! which is what its command packs with.

use crate::command::Command;
use crate::trees::{GUEST, Tree};
use crate::variant::Variant;
use anyhow::Result;

/// What a program is linked with.
pub(crate) const LIBRARY: &str = ".tools/today/libwasi_vfs.a";

/// The C program so linked.
pub(crate) const PROGRAM: &str = "target/bench/today.wasm";

/// Ruby with its library, as its makers pack and publish it.
pub(crate) const RUBY: &str = ".tools/npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm";

const WIZER: &str = "env __WASI_VFS_PACKING=1 .tools/npm-wizer/node_modules/.wizer \
                     --allow-wasi --inherit-env true --init-func wasi_vfs_pack_fs \
                     --keep-init-func true --wasm-bulk-memory true \
                     --rename-func _initialize=__wasm_call_ctors";

/// Where [`pack`] puts its result.
pub(crate) fn packed(tree: &Tree) -> String {
    tree.file("today.wasm")
}

/// Packs the tree into the C program.
pub(crate) fn pack(tree: &Tree) -> Command {
    Command::new(WIZER).with(&format!(
        "--mapdir {GUEST}::{} -o {} -- {PROGRAM}",
        tree.path(),
        packed(tree)
    ))
}

/// The C program with the tree.
pub(crate) fn variant(tree: &Tree) -> Result<Variant> {
    pack(tree).run()?;
    Ok(Variant::new("today", "wasi-vfs today", &packed(tree)))
}
