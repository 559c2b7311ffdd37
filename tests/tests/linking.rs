//! Programs that are linked with `libwasi_vfs.a`, with each C library and by Rust:
//! constructors run once, at run time, and see the packed files.

use wasi_vfs_tests::c_library::CLibrary;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest;
use wasi_vfs_tests::tree::Tree;

/// Zig checks undefined behaviour otherwise, with a library that calls the host past
/// ours.
const UNOPTIMISED: &[&str] = &["-O0", "-fno-sanitize=undefined"];
const OPTIMISED: &[&str] = &["-O2"];
const REACTOR: &[&str] = &["-O2", "-DREACTOR", "-mexec-model=reactor"];

/// Packed once and twice, the program prints the same as unpacked on a directory.
fn runs_as_on_a_directory(library: CLibrary, source: &str, flags: &[&str]) {
    let program = library.link(source, flags);
    let tree = Tree::new();
    tree.file("hello.txt", "hello\n");
    let expected = Engine::Wasmtime.module(&program).dir(tree.path(), "/data");
    let expected = expected.stdout();
    assert!(expected.starts_with("constructor"), "{expected}");
    assert_eq!(expected.matches("nothing").count(), 0, "{expected}");
    let once = Pack::new(&program).dir(tree.path(), "/data").run();
    let twice = Pack::new(once.to_path_buf())
        .dir(tree.path(), "/data")
        .run();
    for module in [once, twice] {
        for engine in [Engine::Wasmtime, Engine::Node] {
            let found = engine.module(&module).stdout();
            assert_eq!(found, expected, "{library:?} {source} {flags:?} {engine:?}");
        }
    }
}

fn with_both_languages(library: CLibrary, flags: &[&str]) {
    for source in ["constructors.c", "constructors.cpp"] {
        runs_as_on_a_directory(library, source, flags);
    }
}

#[test]
fn constructors_of_commands_run_once() {
    for library in CLibrary::ALL {
        for flags in [UNOPTIMISED, OPTIMISED] {
            with_both_languages(library, flags);
        }
    }
}

#[test]
fn constructors_of_reactors_run_once() {
    for library in CLibrary::ALL {
        with_both_languages(library, REACTOR);
    }
}

/// With Zig, the C library lacks a function then.
#[test]
fn constructors_run_once_after_link_time_optimisation() {
    with_both_languages(CLibrary::Debian, &["-O2", "-flto"]);
}

#[test]
fn tracing_runs_constructors_once() {
    let tree = Tree::new();
    tree.file("hello.txt", "hello\n");
    let program = CLibrary::Debian.link("constructors.c", OPTIMISED);
    let packed = Pack::new(&program).dir(tree.path(), "/data").run();
    let place = Tree::new();
    let used = place.path().join("used");
    let words = [
        "run".as_ref(),
        "--trace".as_ref(),
        used.as_os_str(),
        packed.as_os_str(),
    ];
    let printed = wasi_vfs_tests::command::wasi_vfs(words).expect_success();
    assert_eq!(printed, Engine::Wasmtime.module(&packed).stdout());
}

/// It would open files by the runtime and close them by the host.
#[test]
fn linked_rust_with_its_own_import_is_rejected() {
    let tree = Tree::new();
    tree.file("hello.txt", "hello\n");
    let place = Tree::new();
    let output = place.path().join("packed.wasm");
    let pack = Pack::new(guest::rust_linked(&["direct-call"])).dir(tree.path(), "/data");
    let said = pack.outcome(&output).expect_failure();
    assert!(
        said.contains("calls of `fd_close` bypass the linked runtime"),
        "{said}"
    );
    assert!(!output.exists());
}
