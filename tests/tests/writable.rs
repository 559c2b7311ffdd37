//! Programs that change packed files. They print the same as on the same directory under
//! wasmtime, in each form, under wasmtime and Node.

use std::path::{Path, PathBuf};
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::component;
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

/// The lines of `fill.c`: what found room in each round.
fn filled(options: &[&str], growth: u32) -> Vec<(String, u64)> {
    let tree = tree::sample();
    let pack = Pack::new(guest::c("fill", Form::COMMAND)).dir(tree.path(), "/data");
    let pack = pack.option("--writable").option("/data");
    let pack = options
        .iter()
        .fold(pack, |pack, option| pack.option(option));
    let printed = Engine::Wasmtime.module(&pack.run()).growth(growth).stdout();
    let lines = printed.lines().map(|line| {
        let (what, count) = line.rsplit_once(": ").expect("what and how many");
        (what.to_owned(), count.parse().expect(line))
    });
    lines.collect()
}

/// Each round ends for lack of room. The long file finds at least three quarters of the room
/// of the first round. With `same_count`, so do the short files: a table of names that
/// doubles needs one piece of memory, which the engine may refuse to a round.
fn is_filled_again_and_again(options: &[&str], growth: u32, same_count: bool) {
    let lines = filled(options, growth);
    assert_eq!(lines.len(), 8, "{lines:?}");
    for (position, (end, room)) in lines.iter().enumerate() {
        assert!(end.starts_with("No space left on device"), "{lines:?}");
        let is_long = position % 2 == 0;
        let least = match is_long || same_count {
            true => lines[position % 2].1 / 4 * 3,
            false => 1000,
        };
        assert!(*room >= least, "{lines:?}");
    }
}

#[test]
fn memory_of_removed_files_is_used_again() {
    is_filled_again_and_again(&["--writable-limit", "4M"], 1000, true);
}

/// The engine refuses memory long before the limit.
#[test]
fn refused_memory_is_no_space() {
    for kind in ["separate", "single"] {
        is_filled_again_and_again(&["--memory", kind, "--compress"], 30, false);
    }
}

/// Without the host's clock, the first change is a nanosecond later than the newest file.
#[test]
fn times_of_changes_follow_the_clock_of_the_program() {
    let tree = tree::Tree::new();
    tree.file("hello.txt", "hello\n");
    let expected = "new-0: right\nnew-1: right\nnew-2: right\n";
    for flags in [&["-DCLOCK"][..], &[]] {
        let guest = guest::c_with("changed_times", Form::COMMAND, flags);
        let pack = Pack::new(guest).dir(tree.path(), "/data");
        let packed = pack.option("--writable").option("/data").run();
        for engine in [Engine::Wasmtime, Engine::Node] {
            let found = engine.module(&packed).stdout();
            assert_eq!(found, expected, "{flags:?} {engine:?}");
        }
    }
}

/// The runtime is in the core module, behind the adapter.
#[test]
fn component_of_the_adapter_changes_packed_files() {
    let program = c();
    let expected = on_directory(&program);
    let (tree, component) = (tree::sample(), component::of(&program.plain));
    for memory in ["separate", "single"] {
        let pack = Pack::new(&component).dir(tree.path(), "/data");
        let pack = pack.option("--writable").option("/data");
        let packed = pack.option("--memory").option(memory).run();
        component::validate(&packed);
        for engine in component::Engine::ALL {
            let found = engine.run(&packed, &[], &[]).expect_success();
            assert_eq!(found, expected, "{memory} {engine:?}");
        }
    }
}

/// The standard library calls WASI 0.2 itself, and the runtime is wired into the component.
#[test]
fn component_with_its_own_file_calls_changes_packed_files() {
    let expected = on_directory(&rust());
    let (tree, component) = (tree::sample(), guest::rust_native());
    for options in [
        &[][..],
        &["--compress", "--memory", "single"],
        &["--no-host-files"],
    ] {
        let pack = Pack::new(&component).dir(tree.path(), "/data");
        let pack = pack.option("--writable").option("/data");
        let pack = options
            .iter()
            .fold(pack, |pack, option| pack.option(option));
        let packed = pack.run();
        component::validate(&packed);
        for engine in component::Engine::ALL {
            let found = engine.run(&packed, &[], &["change"]).expect_success();
            assert_eq!(found, expected, "{options:?} {engine:?}");
        }
    }
}

/// Files of WASI 0.2, which the component opens itself.
#[test]
fn component_without_writable_directories_keeps_its_bytes() {
    let (tree, component) = (tree::sample(), guest::rust_native());
    let pack = || Pack::new(&component).dir(tree.path(), "/data");
    let plain = std::fs::read(pack().run()).expect("it was packed");
    let writable = pack().option("--writable").option("/data").run();
    let again = Pack::new(&*writable).option("--no-writable").run();
    assert!(
        plain == std::fs::read(again).expect("it was packed"),
        "the bytes differ"
    );
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
