//! wasi-vfs as released: its runtime 0.3.0, built from its source, and Wizer,
//! which is what its command packs with.

use crate::command::Command;
use crate::file;
use crate::progress::step;
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

/// Packs the tree into the C program.
fn pack(tree: &Tree) -> Command {
    Command::new(WIZER).with(&format!(
        "--mapdir {GUEST}::{} -o {} -- {PROGRAM}",
        tree.path(),
        packed(tree)
    ))
}

fn packed(tree: &Tree) -> String {
    tree.file("today.wasm")
}

/// The C program with the tree.
pub(crate) fn variant(tree: &Tree) -> Result<Variant> {
    if !file::is_newer(&packed(tree), &[PROGRAM])? {
        step(format_args!(
            "packing {} as wasi-vfs does today",
            tree.title
        ));
        pack(tree).run()?;
    }
    Ok(Variant::new(
        "today",
        "C program, wasi-vfs today",
        &packed(tree),
    ))
}

/// Ruby with its library.
pub(crate) fn ruby() -> Variant {
    Variant::new("today", "`ruby.wasm`, wasi-vfs today", RUBY)
}
