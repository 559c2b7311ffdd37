//! The earlier wasi-vfs: its runtime 0.3.0, built from source, and Wizer, which its
//! command packs with. `tools/install earlier` brings both.

use crate::command::{Command, root};
use crate::packed::{GUEST_CC, Packer, Subject};
use crate::tree::{GUEST, Tree};
use anyhow::{Result, ensure};

/// The name of the subject.
pub(crate) const NAME: &str = "earlier";

const LIBRARY: &str = ".tools/earlier/libwasi_vfs.a";

/// Ruby with its library, as its makers pack and publish it.
const RUBY: &str = ".tools/npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm";

const WIZER: &str = "env __WASI_VFS_PACKING=1 .tools/npm-wizer/node_modules/.wizer --allow-wasi \
                     --inherit-env true --init-func wasi_vfs_pack_fs --keep-init-func true \
                     --wasm-bulk-memory true --rename-func _initialize=__wasm_call_ctors";

/// The published Ruby.
pub(crate) fn ruby() -> Subject {
    Subject::new(NAME, RUBY)
}

/// The C program linked with the runtime, not packed.
pub(crate) fn linked(packer: &Packer) -> Result<String> {
    ensure!(root().join(LIBRARY).exists(), "run `tools/install earlier`");
    let program = packer.file("earlier.wasm");
    // Wizer runs the constructors, and they must run again to set up the files.
    let link = format!("-Wl,--export=__wasm_call_ctors {LIBRARY}");
    packer.make(&program, || {
        Command::new(format!("{GUEST_CC} {link} -o {program}"))
    })?;
    Ok(program)
}

/// The C program with a tree.
pub(crate) fn subject(packer: &Packer, tree: &Tree) -> Result<Subject> {
    let (program, path) = (linked(packer)?, &tree.path);
    let output = packer.file(&format!("{}-earlier.wasm", tree.name));
    let line = format!("{WIZER} --mapdir {GUEST}::{path} -o {output} -- {program}");
    packer.make(&output, || Command::new(line))?;
    Ok(Subject::new(NAME, output))
}
