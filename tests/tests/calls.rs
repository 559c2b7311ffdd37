//! One small guest for each call. Packed in each form, it prints the same as on the
//! directory, which wasmtime preopens read-only.

use std::path::Path;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree;

/// Where a packed tree answers otherwise than wasmtime: the guest's line there,
/// its line here, and why.
const ACCEPTED: [(&str, &str, &str); 1] = [(
    "list a file: errno 8",
    "list a file: errno 54",
    "NOTDIR, as POSIX has it; wasmtime's BADF says that the descriptor is not open",
)];

/// The output of the unpacked guest, with the accepted differences.
fn oracle(guest: &Path, tree: &Path) -> String {
    let expected = Engine::Wasmtime.module(guest).dir(tree, "/data").stdout();
    assert!(
        expected.lines().count() > 3,
        "the guest saw too little:\n{expected}"
    );
    ACCEPTED
        .iter()
        .fold(expected, |text, (theirs, ours, _why)| {
            text.replace(theirs, ours)
        })
}

/// Shows the first line that differs: outputs are long.
#[track_caller]
fn assert_same(expected: &str, found: &str, what: &str) {
    let (mut expected_lines, mut found_lines) = (expected.lines(), found.lines());
    let mut before = Vec::new();
    loop {
        match (expected_lines.next(), found_lines.next()) {
            (None, None) => return,
            (Some(a), Some(b)) if a == b => before.push(a),
            (a, b) => panic!(
                "{what}: after\n{}\nexpected {a:?}\nfound    {b:?}",
                before[before.len().saturating_sub(5)..].join("\n")
            ),
        }
    }
}

/// How a guest of this form is packed. Whether its runtime has a memory of its
/// own makes no difference to how it ends, so commands show it for both kinds.
fn options(form: Form) -> &'static [&'static [&'static str]] {
    const ALL: [&[&str]; 3] = [
        &[],
        &["--compress", "--block-size", "16K"],
        &["--compress", "--block-size", "16K", "--memory", "single"],
    ];
    if form == Form::COMMAND {
        &ALL
    } else {
        &ALL[..2]
    }
}

fn behaves_like_the_directory(name: &str) {
    let tree = tree::sample();
    let expected = oracle(&guest::c(name, Form::COMMAND), tree.path());
    for form in Form::ALL {
        let guest = guest::c(name, form);
        for options in options(form) {
            let pack = Pack::new(&guest).dir(tree.path(), "/data");
            let packed = options
                .iter()
                .fold(pack, |pack, option| pack.option(option))
                .run();
            let found = Engine::Wasmtime.module(&packed).stdout();
            assert_same(&expected, &found, &format!("{name}, {form:?}, {options:?}"));
        }
    }
}

macro_rules! calls {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                behaves_like_the_directory(stringify!($name));
            }
        )*

        /// The guests that this file runs, each named for its test.
        const CALLS: &[&str] = &[$(stringify!($name)),*];
    };
}

calls! {
    fd_advise
    fd_close
    fd_fdstat
    fd_filestat_get
    fd_pread
    fd_prestat
    fd_read
    fd_read_vectored
    fd_readdir
    fd_seek
    fd_tell
    fd_write
    path_filestat_get
    path_open
    path_readlink
}

/// Whether another file of tests names the guest.
fn used_elsewhere(name: &str) -> bool {
    let tests = wasi_vfs_tests::workspace::here("tests");
    std::fs::read_dir(tests)
        .expect("this directory")
        .any(|entry| {
            let source = std::fs::read_to_string(entry.expect("an entry").path()).expect("a test");
            source.contains(&format!("\"{name}\""))
        })
}

#[test]
fn every_guest_has_a_test() {
    let guests = wasi_vfs_tests::workspace::here("guests/c");
    for entry in std::fs::read_dir(guests).expect("the guests") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a name");
        let is_guest = path.extension().is_some_and(|extension| extension == "c");
        assert!(
            !is_guest || CALLS.contains(&name) || used_elsewhere(name),
            "no test runs {}",
            path.display()
        );
    }
}
