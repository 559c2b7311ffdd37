//! Programs that change packed files. They print the same as on the same directory under
//! wasmtime, in each form, under wasmtime and Node.

use std::path::{Path, PathBuf};
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree;

/// How a module gets its files.
#[derive(Debug)]
struct Packing {
    options: &'static [&'static str],
    linked: bool,
}

const PACKINGS: [Packing; 4] = [
    Packing {
        options: &[],
        linked: false,
    },
    Packing {
        options: &["--compress", "--block-size", "16K"],
        linked: false,
    },
    Packing {
        options: &["--compress", "--memory", "single"],
        linked: false,
    },
    Packing {
        options: &["--compress"],
        linked: true,
    },
];

/// A program that is merged with the runtime, and the same program linked with it.
struct Program {
    plain: PathBuf,
    linked: PathBuf,
    /// A variable to set.
    variable: &'static str,
}

fn c() -> Program {
    Program {
        plain: guest::c("changes", Form::COMMAND),
        linked: guest::c_writable("changes"),
        variable: "UNUSED",
    }
}

fn rust() -> Program {
    Program {
        plain: guest::rust(),
        linked: guest::rust_writable(),
        variable: "CHANGE",
    }
}

/// The output on the directory under wasmtime.
fn on_directory(program: &Program) -> String {
    let tree = tree::sample();
    let run = Engine::Wasmtime.module(&program.plain);
    let run = run.dir_writable(tree.path(), "/data");
    run.env(program.variable, "1").stdout()
}

fn packed(program: &Program, packing: &Packing, tree: &Path) -> tempfile::TempPath {
    let module = match packing.linked {
        true => &program.linked,
        false => &program.plain,
    };
    let pack = Pack::new(module).dir(tree, "/data");
    let pack = pack.option("--writable").option("/data");
    let options = packing.options.iter();
    options.fold(pack, |pack, option| pack.option(option)).run()
}

fn prints_as_on_a_directory(program: &Program) {
    let expected = on_directory(program);
    assert!(expected.lines().count() > 5, "{expected}");
    let tree = tree::sample();
    for packing in &PACKINGS {
        let module = packed(program, packing, tree.path());
        for engine in [Engine::Wasmtime, Engine::Node] {
            let run = engine.module(&module).env(program.variable, "1");
            assert_eq!(run.stdout(), expected, "{packing:?} {engine:?}");
        }
    }
}

#[test]
fn c_program_changes_packed_files() {
    prints_as_on_a_directory(&c());
}

#[test]
fn rust_program_changes_packed_files() {
    prints_as_on_a_directory(&rust());
}

/// The runtime of a linked program must be one that can write.
#[test]
fn read_only_library_is_rejected() {
    let tree = tree::sample();
    let linked = Form::ALL[1];
    let pack = Pack::new(guest::c("changes", linked)).dir(tree.path(), "/data");
    let place = wasi_vfs_tests::tree::Tree::new();
    let output = place.path().join("packed.wasm");
    let pack = pack.option("--writable").option("/data");
    let said = pack.outcome(&output).expect_failure();
    assert!(said.contains("wasi-vfs lib --writable"), "{said}");
}
