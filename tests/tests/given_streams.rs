//! Packed files whose streams a program of WASI 0.3 gives to the host.
//!
//! The guest `rust_cat3` gives them to standard output, and `rust_serve3` to HTTP. The
//! oracle is the same program with a host directory under wasmtime: the same bytes, the same
//! results of reads and writes, and the same status. jco is not tested, because its host has
//! no `write-via-stream` of standard output.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, thread};
use tempfile::TempPath;
use wasi_vfs_format::testing::Random;
use wasi_vfs_tests::command::{Outcome, Pack, mapping};
use wasi_vfs_tests::component::{Engine, Served, validate, wasmtime, wit};
use wasi_vfs_tests::guest;
use wasi_vfs_tests::tree::{Tree, bytes};

/// The ways to pack, and the engine that runs the result.
const WAYS: [(&[&str], Engine); 4] = [
    (&[], Engine::Wasmtime),
    (&["--compress"], Engine::Wasmtime),
    (&["--memory", "single"], Engine::WasmtimeOneMemory),
    (&["--no-host-files"], Engine::Wasmtime),
];

const PATHS: [&str; 4] = ["/data/empty", "/data/one", "/data/block", "/data/big"];

/// The length of a file of many blocks.
const BIG_LEN: usize = 10_000_000;
/// That of a file of some blocks, and longer than a pipe.
const LONG_LEN: usize = 500_000;

/// Files of no byte, of one, of about the length of a buffer, and of `big_len` bytes.
fn files(big_len: usize) -> Tree {
    let tree = Tree::new();
    tree.file("empty", "")
        .file("one", "1")
        .file("block", bytes(64 << 10, 1))
        .file("big", bytes(big_len, 2));
    tree
}

fn pack(guest: &Path, tree: &Tree, options: &[&str]) -> TempPath {
    let pack = Pack::new(guest).dir(tree.path(), "/data");
    let options = options.iter();
    let packed = options.fold(pack, |pack, option| pack.option(option)).run();
    validate(&packed);
    packed
}

/// Runs a program on a directory, and packed in each way. Returns both.
fn compare(tree: &Tree, args: &[&str]) -> (Outcome, Vec<Outcome>) {
    let app = guest::rust_cat3();
    let host = Engine::Wasmtime.run(&app, &[(tree.path(), "/data")], args);
    assert_eq!(host.status, 0, "{}", host.stderr);
    let ways = WAYS.map(|(options, engine)| {
        let packed = pack(&app, tree, options);
        engine.run(&packed, &[], args)
    });
    (host, ways.into())
}

/// The arguments of the guest for all files.
fn all(way: &str) -> Vec<&str> {
    [way].into_iter().chain(PATHS).collect()
}

/// Outcomes may have megabytes of text, which no failure should print.
#[track_caller]
fn assert_same(found: &Outcome, expected: &Outcome) {
    assert_eq!(found.stderr, expected.stderr);
    assert_eq!(found.status, expected.status);
    assert_eq!(found.stdout.len(), expected.stdout.len());
    assert!(found.stdout == expected.stdout, "other bytes");
}

#[test]
fn files_go_to_standard_output_in_turn() {
    let (host, packed) = compare(&files(BIG_LEN), &all("in-turn"));
    assert_eq!(host.stdout.len(), 1 + (64 << 10) + BIG_LEN);
    packed.iter().for_each(|packed| assert_same(packed, &host));
}

#[test]
fn rest_of_a_read_file_goes_to_standard_output() {
    let args = ["after-read", "/data/block", "/data/big"];
    let (host, packed) = compare(&files(LONG_LEN), &args);
    packed.iter().for_each(|packed| assert_same(packed, &host));
}

/// The host decides how it mixes the files, so each has letters of its own.
#[test]
fn files_go_to_standard_output_at_once() {
    let tree = Tree::new();
    let letters = [b'A', b'a', b'0'].map(|first| {
        let mut random = Random::new(first.into());
        let letter = || first + (random.draw() % 10) as u8;
        let file: Vec<u8> = std::iter::repeat_with(letter).take(300_000).collect();
        String::from_utf8(file).expect("letters")
    });
    for (name, letters) in ["A", "a", "0"].into_iter().zip(&letters) {
        tree.file(name, letters);
    }
    let (host, packed) = compare(&tree, &["at-once", "/data/A", "/data/a", "/data/0"]);
    for found in packed.iter().chain([&host]) {
        assert_eq!(found.stderr, host.stderr);
        assert_eq!(found.status, 0);
        for letters in &letters {
            let first = letters.as_bytes()[0];
            let is_same_kind = |other: &char| {
                first.is_ascii_digit() == other.is_ascii_digit()
                    && first.is_ascii_uppercase() == other.is_ascii_uppercase()
            };
            let found: String = found.stdout.chars().filter(is_same_kind).collect();
            assert!(found == *letters, "other bytes");
        }
    }
}

#[test]
fn unawaited_write_leaves_the_next_one_intact() {
    let args = ["unawaited", "/data/big", "/data/block"];
    let (host, packed) = compare(&files(LONG_LEN), &args);
    for packed in packed {
        assert_eq!(packed.status, host.status);
        assert!(packed.stdout == host.stdout, "other bytes");
    }
}

/// Runs a component whose reader leaves after ten bytes. Returns its status and its
/// complaints.
fn with_short_reader(mut command: Command) -> (Option<i32>, String) {
    let mut child = command
        .args(["in-turn", "/data/big", "/data/one"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("wasmtime starts");
    let mut start = [0; 10];
    let mut reader = child.stdout.take().expect("piped");
    reader.read_exact(&mut start).expect("bytes");
    drop(reader);
    let ended = child.wait_with_output().expect("a child can be waited for");
    let complaints = String::from_utf8_lossy(&ended.stderr).into_owned();
    (ended.status.code(), complaints)
}

#[test]
fn reader_that_leaves_ends_the_program_as_with_a_directory() {
    let (app, tree) = (guest::rust_cat3(), files(LONG_LEN));
    let mut host = wasmtime("run");
    host.arg("--dir").arg(mapping(tree.path(), "/data"));
    host.arg(&app);
    let host = with_short_reader(host);
    assert!(host.1.contains("/data/big: written false"), "{}", host.1);
    for (options, _) in WAYS {
        let packed = pack(&app, &tree, options);
        let mut command = wasmtime("run");
        command.arg(&*packed);
        assert_eq!(with_short_reader(command), host, "{options:?}");
    }
}

#[test]
fn host_files_go_to_the_host_beside_packed_ones() {
    let host = Tree::new();
    host.file("text", "of the host\n");
    let packed = pack(&guest::rust_cat3(), &files(1), &[]);
    let paths = ["/host/text", "/data/one", "/host/text"];
    for way in ["in-turn", "at-once"] {
        let args: Vec<_> = [way].into_iter().chain(paths).collect();
        let said = Engine::Wasmtime.run(&packed, &[(host.path(), "/host")], &args);
        assert_eq!(said.stderr.matches("written true, read Ok(())").count(), 3);
        let said = said.expect_success();
        match way {
            "in-turn" => assert_eq!(said, "of the host\n1of the host\n"),
            _ => {
                assert_eq!(said.matches("of the host\n").count(), 2, "{said}");
                assert_eq!(said.matches('1').count(), 1, "{said}");
            }
        }
    }
}

#[test]
fn packed_file_goes_into_a_file_of_the_host() {
    let host = Tree::new();
    let packed = pack(&guest::rust_cat3(), &files(LONG_LEN), &["--compress"]);
    let dirs = [(host.path(), "/host")];
    let args = ["into", "/host/copy", "/data/big"];
    Engine::Wasmtime.run(&packed, &dirs, &args).expect_success();
    let copy = fs::read(host.path().join("copy")).expect("a copy");
    assert!(copy == bytes(LONG_LEN, 2), "other bytes");
}

/// The error is behind the bytes before the damage, and other files stay readable.
#[test]
fn damage_is_an_error_behind_the_bytes_before_it() {
    let content = bytes(BIG_LEN, 2);
    let packed = pack(&guest::rust_cat3(), &files(BIG_LEN), &[]);
    let mut module = fs::read(&packed).expect("it was packed");
    let within = &content[BIG_LEN / 2..][..32];
    let mut places = module.windows(32);
    let at = places
        .position(|bytes| bytes == within)
        .expect("stored bytes");
    module[at] ^= 1;
    fs::write(&packed, module).expect("our file");
    let said = Engine::Wasmtime.run(&packed, &[], &["in-turn", "/data/big", "/data/one"]);
    let expected = "/data/big: written true, read Err(ErrorCode::Io)\n\
        /data/one: written true, read Ok(())\n";
    assert_eq!(said.stderr, expected);
    let said = said.expect_success();
    let before = said.strip_suffix('1').expect("the second file");
    assert!(!before.is_empty() && before.len() <= BIG_LEN / 2);
    assert!(content.starts_with(before.as_bytes()), "other bytes");
}

#[test]
fn world_is_that_of_the_program() {
    for app in [guest::rust_cat3(), guest::rust_serve3()] {
        assert_eq!(wit(&pack(&app, &files(1), &[])), wit(&app));
    }
}

/// Sends all requests, and compares the answers.
fn check_at_once(server: &Served, paths: &[&str], expected: &[(String, Vec<u8>)]) {
    thread::scope(|scope| {
        let requests = paths.iter().map(|path| scope.spawn(|| server.get(path)));
        let requests: Vec<_> = requests.collect();
        for (request, expected) in requests.into_iter().zip(expected) {
            let (status, body) = request.join().expect("an answer");
            assert_eq!((&status, body.len()), (&expected.0, expected.1.len()));
            assert!(body == expected.1, "other bytes");
        }
    });
}

/// Many requests at a time, some of the same file.
#[test]
fn files_are_bodies_of_parallel_responses() {
    let (app, tree) = (guest::rust_serve3(), files(BIG_LEN));
    let host = Served::new(&app, &[(tree.path(), "/data")]);
    let paths = [
        "/big", "/one", "/big", "/empty", "/missing", "/block", "/big",
    ];
    let expected = paths.map(|path| host.get(path));
    assert_eq!(expected[0].1.len(), BIG_LEN);
    for (options, _) in WAYS {
        let server = Served::new(&pack(&app, &tree, options), &[]);
        for _ in 0..3 {
            check_at_once(&server, &paths, &expected);
        }
    }
}

#[test]
fn client_that_leaves_does_not_stop_the_server() {
    let packed = pack(&guest::rust_serve3(), &files(LONG_LEN), &[]);
    let server = Served::new(&packed, &[]);
    for _ in 0..3 {
        server.leave("/big");
        let (status, body) = server.get("/block");
        assert!(status.contains("200"), "{status}");
        assert!(body == bytes(64 << 10, 1), "other bytes");
    }
}
