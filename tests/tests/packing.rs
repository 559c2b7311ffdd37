//! What `pack` promises about the module it writes.

use std::fs;
use std::path::{Path, PathBuf};
use wasi_vfs_tests::command::{Pack, wasi_vfs};
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Binding, Form};
use wasi_vfs_tests::module::inspect;
use wasi_vfs_tests::snapshot::snapshot;
use wasi_vfs_tests::tree::{self, Tree, bytes};

fn cat(module: &Path, path: &str) -> String {
    Engine::Wasmtime.module(module).args(&[path]).stdout()
}

#[test]
fn packing_again_adds_the_second_tree() {
    let (first, second) = (Tree::new(), Tree::new());
    first.file("one", "1\n");
    second.file("two", "2\n");
    for binding in Binding::ALL {
        let once = binding.pack("cat").dir(first.path(), "/first").run();
        let twice = Pack::new(once.to_path_buf())
            .dir(second.path(), "/second")
            .run();
        assert_eq!(cat(&twice, "/first/one"), "1\n", "{binding:?}");
        assert_eq!(cat(&twice, "/second/two"), "2\n", "{binding:?}");
        let listed = wasi_vfs(["ls".as_ref(), twice.as_os_str()]).expect_success();
        assert!(
            listed.contains("first") && listed.contains("second"),
            "{listed}"
        );
    }
}

/// As far as it is linked with that, it would see files that it cannot close.
#[test]
fn calls_that_bypass_the_linked_runtime_are_rejected() {
    let tree = tree::sample();
    let library = guest::library().display().to_string();
    // With the `close` of Zig's C library.
    let guest = guest::c_with("fd_three", Form::COMMAND, &[&library]);
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("packed.wasm");
    let pack = Pack::new(guest).dir(tree.path(), "/data");
    let said = pack.outcome(&output).expect_failure();
    assert!(
        said.contains("calls of `fd_close` bypass the linked runtime"),
        "{said}"
    );
    assert!(
        said.contains("link the program without libwasi_vfs.a"),
        "{said}"
    );
    assert!(!output.exists());
}

/// The runtime in it has met calls already, and decided where they go.
#[test]
fn initialised_linked_module_can_be_packed() {
    let (first, second) = (Tree::new(), Tree::new());
    first.file("hello.txt", "the first\n");
    second.file("hello.txt", "the second\n".repeat(500));
    let linked = guest::c("snapshotted", Binding::LINKED.form);
    let directory = tempfile::tempdir().unwrap();
    let snapshot = |module: &Path| {
        let path = directory.path().join("snapshot.wasm");
        fs::write(&path, snapshot(&fs::read(module).unwrap(), "init")).unwrap();
        path
    };
    let run = |module: &Path| Engine::Wasmtime.module(module).stdout();
    for compress in ["--compress=3", "--block-size=4K"] {
        let pack = |module: PathBuf, tree: &Tree| {
            let pack = Pack::new(module).dir(tree.path(), "/data");
            pack.option(compress).run()
        };
        let packed = pack(snapshot(&linked), &first);
        assert_eq!(run(&packed), "the first\n");
        let started = snapshot(&packed);
        assert_eq!(run(&started), "the first\n");
        let used = directory.path().join("used");
        let trace = [Path::new("run"), Path::new("--trace"), &used, &started];
        assert_eq!(wasi_vfs(trace).expect_success(), "the first\n");
        let used = fs::read_to_string(used).unwrap();
        assert!(used.contains("\n/data/"), "{used}");
        let again = pack(snapshot(&packed), &second);
        assert_eq!(run(&again), "the second\n");
    }
}

#[test]
fn packing_the_same_again_adds_no_byte() {
    let tree = tree::sample();
    for binding in Binding::ALL {
        let once = binding
            .pack("tree")
            .dir(tree.path(), "/data")
            .option("--compress")
            .run();
        let again = Pack::new(once.to_path_buf())
            .dir(tree.path(), "/data")
            .option("--compress")
            .run();
        let (once, again) = (fs::read(&once).unwrap(), fs::read(&again).unwrap());
        assert_eq!(once.len(), again.len(), "{binding:?}");
    }
}

#[test]
fn merging_twice_equals_merging_both_at_once() {
    let (first, second) = (Tree::new(), Tree::new());
    first.file("one", bytes(50_000, 1)).set_times();
    second.file("two", bytes(50_000, 2)).set_times();
    let guest = guest::c("cat", Form::COMMAND);
    let both = Pack::new(&guest)
        .dir(first.path(), "/first")
        .dir(second.path(), "/second")
        .run();
    let once = Pack::new(&guest).dir(first.path(), "/first").run();
    let twice = Pack::new(once.to_path_buf())
        .dir(second.path(), "/second")
        .run();
    assert!(
        fs::read(both).unwrap() == fs::read(twice).unwrap(),
        "the bytes differ"
    );
}

#[test]
fn repeated_mapping_replaces_a_directory() {
    let (old, new) = (Tree::new(), Tree::new());
    old.file("kept-by-name", "old\n")
        .file("only-in-old", bytes(200_000, 3));
    new.file("kept-by-name", "new\n");
    for binding in Binding::ALL {
        let with_old = binding.pack("cat").dir(old.path(), "/data").run();
        let with_new = Pack::new(with_old.to_path_buf())
            .dir(new.path(), "/data")
            .run();
        assert_eq!(cat(&with_new, "/data/kept-by-name"), "new\n", "{binding:?}");
        let gone = Engine::Wasmtime
            .module(&with_new)
            .args(&["/data/only-in-old"])
            .outcome();
        assert_eq!(gone.status, 1, "{binding:?}: {gone:?}");
        // What it replaced is not left behind in the file.
        let len = |path: &Path| fs::metadata(path).unwrap().len();
        assert!(len(&with_new) + 100_000 < len(&with_old), "{binding:?}");
    }
}

#[test]
fn same_tree_packs_to_the_same_bytes() {
    let guest = guest::c("tree", Form::COMMAND);
    let first = tree::sample();
    let second = tree::sample();
    for tree in [&first, &second] {
        // Links carry the time at which they were made.
        for link in tree::SAMPLE_LINKS {
            fs::remove_file(tree.path().join(link.0)).unwrap();
        }
        tree.set_times();
    }
    let pack = |tree: &Tree| {
        let packed = Pack::new(&guest)
            .dir(tree.path(), "/data")
            .option("--compress")
            .run();
        fs::read(packed).unwrap()
    };
    assert!(pack(&first) == pack(&second), "the bytes differ");
}

#[test]
fn equal_files_are_stored_once() {
    let (one, two) = (Tree::new(), Tree::new());
    one.file("a", bytes(300_000, 4));
    two.file("a", bytes(300_000, 4))
        .file("b", bytes(300_000, 4));
    let guest = guest::c("cat", Form::COMMAND);
    let len = |tree: &Tree| {
        let packed = Pack::new(&guest).dir(tree.path(), "/data").run();
        fs::metadata(packed).unwrap().len()
    };
    assert!(len(&two) < len(&one) + 1000);
}

#[test]
fn compression_shrinks_the_module() {
    let tree = tree::sample();
    let guest = guest::c("cat", Form::COMMAND);
    let pack = Pack::new(&guest).dir(tree.path(), "/data");
    let (stored, compressed) = (pack.run(), pack.clone().option("--compress").run());
    let len = |path: &Path| fs::metadata(path).unwrap().len();
    assert!(len(&compressed) * 2 < len(&stored));
}

#[test]
fn a_merged_module_imports_nothing_new() {
    let tree = tree::sample();
    for reactor in [false, true] {
        let guest = guest::c(
            "tree",
            Form {
                reactor,
                linked: false,
            },
        );
        for (kind, memories) in [("separate", 1), ("single", 0)] {
            let packed = Pack::new(&guest)
                .dir(tree.path(), "/data")
                .option("--memory")
                .option(kind)
                .run();
            let (before, after) = (inspect(&guest), inspect(&packed));
            assert_eq!(after.imports, before.imports, "{kind}");
            assert_eq!(after.exports, before.exports, "{kind}");
            assert_eq!(after.memory_count, before.memory_count + memories, "{kind}");
        }
    }
}

#[test]
fn a_linked_module_has_one_memory() {
    let tree = tree::sample();
    let guest = guest::c(
        "tree",
        Form {
            reactor: false,
            linked: true,
        },
    );
    let packed = Pack::new(&guest).dir(tree.path(), "/data").run();
    assert_eq!(inspect(&packed).memory_count, 1);
    assert_eq!(inspect(&packed).imports, inspect(&guest).imports);
}

#[test]
fn functions_keep_their_names_and_numbers() {
    // Go's: Zig drops the names of C guests along with their DWARF.
    let guest = guest::go();
    let packed = Pack::new(&guest).dir(tree::sample().path(), "/data").run();
    let (before, after) = (
        inspect(&guest).function_names,
        inspect(&packed).function_names,
    );
    assert!(
        before.values().any(|name| name == "main.main"),
        "no names to lose"
    );
    for (index, name) in &before {
        assert_eq!(after.get(index), Some(name), "function {index}");
    }
    assert!(
        after.len() > before.len(),
        "the runtime's functions have no names"
    );
}

#[test]
fn other_imports_of_the_application_survive() {
    let tree = tree::sample();
    for form in Form::ALL {
        let guest = guest::c("custom_import", form);
        let packed = Pack::new(&guest).dir(tree.path(), "/data").run();
        assert!(inspect(&packed).imports.contains(&"env.answer".to_owned()));
        assert_eq!(
            Engine::Node.module(&packed).stdout(),
            "42 hello, world\n",
            "{form:?}"
        );
    }
}

#[test]
fn arguments_environment_and_streams_pass_through() {
    let tree = tree::sample();
    for binding in Binding::ALL {
        let packed = binding.pack("process").dir(tree.path(), "/data").run();
        for engine in Engine::ALL {
            let outcome = engine
                .module(&packed)
                .env("GREETING", "good day")
                .args(&["one", "two words", "--three"])
                .input("first line\nsecond line\n")
                .outcome();
            assert_eq!(
                outcome.stdout,
                "argument 'one'\nargument 'two words'\nargument '--three'\n\
                 GREETING 'good day'\ninput 'first line'\ninput 'second line'\n",
                "{binding:?} {engine:?} {}",
                outcome.stderr
            );
            assert!(
                outcome.stderr.contains("to stderr\n"),
                "{engine:?}: {}",
                outcome.stderr
            );
            assert_eq!(outcome.status, 7, "{engine:?}");
        }
    }
}

fn refuses(module: &Path, tree: &Tree, expected: &str) {
    let place = Tree::new();
    let output = place.path().join("packed.wasm");
    let complaint = Pack::new(module)
        .dir(tree.path(), "/data")
        .outcome(&output)
        .expect_failure();
    assert!(
        complaint.contains(expected),
        "expected {expected:?} in\n{complaint}"
    );
    assert!(!complaint.contains("panicked"), "{complaint}");
    assert!(!output.exists(), "an output was left behind");
}

#[test]
fn module_without_file_calls_is_rejected() {
    let guest = guest::c("no_files", Form::COMMAND);
    refuses(
        &guest,
        &tree::sample(),
        guest.file_name().unwrap().to_str().unwrap(),
    );
}

#[test]
fn component_is_rejected_by_name() {
    let place = Tree::new();
    // The preamble of an empty component.
    place.file("component.wasm", b"\0asm\x0d\0\x01\0");
    refuses(
        &place.path().join("component.wasm"),
        &tree::sample(),
        "component",
    );
}

#[test]
fn other_files_than_modules_are_rejected() {
    let place = Tree::new();
    place.file("hello.wasm", "hello");
    refuses(
        &place.path().join("hello.wasm"),
        &tree::sample(),
        "hello.wasm",
    );
}

#[test]
fn special_file_is_an_error_that_names_it() {
    let tree = tree::sample();
    let _socket = std::os::unix::net::UnixListener::bind(tree.path().join("dir/socket")).unwrap();
    refuses(&guest::c("cat", Form::COMMAND), &tree, "dir/socket");
}

#[test]
fn name_without_utf8_is_an_error_that_names_it() {
    use std::os::unix::ffi::OsStringExt;
    let tree = tree::sample();
    let name = std::ffi::OsString::from_vec(b"latin-\xe9".to_vec());
    fs::write(tree.path().join(PathBuf::from(name)), "").unwrap();
    refuses(&guest::c("cat", Form::COMMAND), &tree, "latin-");
}

#[test]
fn missing_directory_is_named() {
    let output = Tree::new();
    let complaint = Pack::new(guest::c("cat", Form::COMMAND))
        .dir(Path::new("/no/such/directory"), "/data")
        .outcome(&output.path().join("packed.wasm"))
        .expect_failure();
    assert!(complaint.contains("/no/such/directory"), "{complaint}");
}

/// Where the runtime shares the memory that may not grow.
#[test]
fn read_without_memory_for_the_decoder_is_an_error() {
    let tree = Tree::new();
    tree.file("text", "some text\n".repeat(30_000));
    for binding in [Binding::LINKED, Binding::SINGLE] {
        let packed = binding
            .pack("cat")
            .dir(tree.path(), "/data")
            .option("--compress")
            .run();
        let cat = || Engine::Wasmtime.module(&packed).args(&["/data/text"]);
        assert_eq!(cat().growth(64).stdout().len(), 300_000, "{binding:?}");
        let starved = cat().growth(2).outcome();
        assert_eq!(starved.stdout, "", "{binding:?} {starved:?}");
        assert_ne!(starved.status, 134, "{binding:?}, a trap: {starved:?}");
    }
}
