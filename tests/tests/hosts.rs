//! Hosts that do more than preview 1, in Node: they suspend the program within a call,
//! or have descriptors that no call of preview 1 opened.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempPath;
use wasi_vfs_tests::command::{Outcome, Pack, run};
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Binding, Form};
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace::tool;

static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let tree = Tree::new();
    tree.file("hello.txt", "hello\n");
    tree
});

/// The calls about files by which the guests reach the host.
const CALLS: &str = "fd_close,fd_fdstat_get,fd_prestat_get,fd_read,fd_seek,fd_write,path_open";

const FILES: [&str; 4] = [
    "/host/h.txt",
    "/data/hello.txt",
    "/host/g.txt",
    "/data/hello.txt",
];

/// Directory `/host` is 3 and the packed one 4, so that each file in turn is 5.
const SERVED: &str = "\
/host/h.txt is 5: host
/data/hello.txt is 5: hello
/host/g.txt is 5: guest
/data/hello.txt is 5: hello
";

fn with_tree(pack: Pack) -> TempPath {
    pack.dir(TREE.path(), "/data").run()
}

/// `wasm-opt --asyncify` for each import of preview 1; `name` is that of the output.
fn asyncify(module: &Path, name: &str) -> PathBuf {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let wasm_opt = tool(
        "npm-binaryen/node_modules/binaryen/bin/wasm-opt",
        "binaryen",
    );
    let mut command = Command::new(tool("node", "node"));
    command
        .arg(wasm_opt)
        .args(["--enable-bulk-memory", "--enable-bulk-memory-opt"])
        .args(["--enable-multimemory", "--enable-sign-ext", "--asyncify"])
        .arg("--pass-arg=asyncify-imports@wasi_snapshot_preview1.*")
        .arg(module)
        .arg("-o")
        .arg(&output);
    run(&mut command, "").expect_success();
    output
}

/// Transformed before any packing.
static ASYNCIFIED: LazyLock<PathBuf> = LazyLock::new(|| {
    let module = guest::c("open_close", Form::COMMAND);
    asyncify(&module, "asyncified.wasm")
});

fn suspended(kind: &str, module: &Path) -> Outcome {
    let words = [kind, CALLS];
    Engine::Node.host("suspending_host.mjs", &words, module, &FILES)
}

#[test]
fn promises_suspend_a_packed_program() {
    for binding in Binding::ALL {
        let packed = with_tree(binding.pack("open_close"));
        let output = suspended("promise", &packed).expect_success();
        assert_eq!(output, SERVED, "{binding:?}");
    }
}

#[test]
fn asyncify_after_packing_suspends_a_program() {
    for (binding, name) in [
        (Binding::SEPARATE, "separate-asyncified.wasm"),
        (Binding::LINKED, "linked-asyncified.wasm"),
    ] {
        let module = asyncify(&with_tree(binding.pack("open_close")), name);
        let output = suspended("asyncify", &module).expect_success();
        assert_eq!(output, SERVED, "{binding:?}");
    }
}

#[test]
fn asyncify_suspends_an_unpacked_program() {
    let output = suspended("asyncify", &ASYNCIFIED).expect_success();
    let (before, after) = output.split_once('\n').expect("two lines");
    assert_eq!(before, "/host/h.txt is 4: host");
    assert!(
        after.starts_with("/data/hello.txt: No such file"),
        "{after}"
    );
}

/// The host repeats the calls that it suspends, and the runtime serves them twice. If
/// this test fails, the order works: then `pack` and the documents may say so.
#[test]
fn asyncify_before_packing_is_unsupported() {
    let packed = with_tree(Pack::new(ASYNCIFIED.clone()));
    suspended("asyncify", &packed).expect_failure();
}

#[test]
fn descriptors_of_other_imports_reach_the_host() {
    let expected = "\
socket: errno 0, socket
close: errno 0
custom: errno 0, custom
close: errno 0
unknown: errno 8, close: errno 8
packed: errno 0, hello
close: errno 0
";
    for binding in Binding::ALL {
        let packed = with_tree(binding.pack("foreign_fd"));
        let output = Engine::Node.host("foreign_host.mjs", &["opening"], &packed, &[]);
        assert_eq!(output.expect_success(), expected, "{binding:?}");
    }
}

/// The output of a C program that opens a packed file, while the host has this
/// descriptor open since the start.
fn output_with_inherited(number: &str, binding: Binding) -> String {
    let packed = with_tree(binding.pack("open_close"));
    let files = ["/data/hello.txt"];
    let outcome = Engine::Node.host("foreign_host.mjs", &[number], &packed, &files);
    outcome.expect_success()
}

/// `docs/RUNTIME.md`, Preopens: wasi-libc stops at the first number without a preopen.
#[test]
fn inherited_descriptor_3_hides_the_tree() {
    for binding in Binding::ALL {
        let output = output_with_inherited("inheriting=3", binding);
        assert!(output.starts_with("/data/hello.txt: "), "{output}");
        assert!(!output.contains("hello\n"), "{binding:?}: {output}");
    }
}

#[test]
fn inherited_descriptor_1000_hides_nothing() {
    for binding in Binding::ALL {
        let output = output_with_inherited("inheriting=1000", binding);
        assert_eq!(output, "/data/hello.txt is 4: hello\n", "{binding:?}");
    }
}
