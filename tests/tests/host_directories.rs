//! Host directories under `wasi-vfs run --dir`: random programs that write return the same
//! results as under wasmtime, and leave the same directories behind. `docs/RUNTIME.md`
//! lists the accepted differences.

use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::oracle::difference::explain;
use wasi_vfs_tests::oracle::host::{Host, Preopen, Reference};
use wasi_vfs_tests::oracle::line::Line;
use wasi_vfs_tests::oracle::program::Program;
use wasi_vfs_tests::oracle::tree::OracleTrees;
use wasi_vfs_tests::tree;

/// Operations of one program.
const PROGRAM_LEN: usize = 4000;

fn program(seed: u64) -> Program {
    Program::new(seed, PROGRAM_LEN).writing()
}

/// The output of a program under wasmtime, and the directories after its end.
fn under_wasmtime(host: &mut Host, seed: u64) -> (String, String) {
    let trees = OracleTrees::new(seed);
    let preopens =
        [("/data", &trees.data), ("/other", &trees.other)].map(|(guest, tree)| Preopen {
            host: tree.path(),
            guest,
            writable: true,
        });
    let guest = guest::c("oracle", Form::COMMAND);
    let output = host
        .run(&guest, &preopens, &program(seed).args(), &trees.paths)
        .unwrap_or_else(|failure| panic!("{failure}"));
    (output, left(&trees))
}

/// The same under `wasi-vfs run --dir`.
fn under_run(seed: u64) -> (String, String) {
    let trees = OracleTrees::new(seed);
    let guest = guest::c("oracle", Form::COMMAND);
    let args = program(seed).args();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let output = Engine::WasiVfs
        .module(&guest)
        .dir(trees.data.path(), "/data")
        .dir(trees.other.path(), "/other")
        .args(&args)
        .input(&trees.paths)
        .stdout();
    (output, left(&trees))
}

fn left(trees: &OracleTrees) -> String {
    let left = [&trees.data, &trees.other].map(|tree| tree::describe(tree.path()));
    without_moment(&left.concat())
}

/// Without the times at which a tree was made or changed, and the order of inodes.
fn without_moment(output: &str) -> String {
    let depends = |word: &&str| word.starts_with("mtime=") || word.starts_with("inode#");
    let lines = output.lines().map(|line| {
        let words: Vec<_> = line.split(' ').filter(|word| !depends(word)).collect();
        words.join(" ") + "\n"
    });
    lines.collect()
}

/// Whether an accepted difference explains two lines. Links and paths must lead to the
/// same places on both sides, so the rules of an image about them do not apply.
fn is_accepted(host: &Line<'_>, ours: &Line<'_>) -> bool {
    const OF_IMAGES: [&str; 3] = ["read-only", "absolute-link", "climbing"];
    let names = explain(host, ours).unwrap_or_else(|| of_files(host, ours).into_iter().collect());
    !names.is_empty() && !names.iter().any(|name| OF_IMAGES.contains(name))
}

/// The differences of files that can change.
fn of_files(host: &Line<'_>, ours: &Line<'_>) -> Option<&'static str> {
    const OK: u16 = 0;
    const BADF: u16 = 8;
    const EXIST: u16 = 20;
    const ISDIR: u16 = 31;
    const LOOP: u16 = 32;
    const NOTDIR: u16 = 54;
    const FBIG: u16 = 22;
    const ILSEQ: u16 = 25;
    const INVAL: u16 = 28;
    const NOTSUP: u16 = 58;
    // The two paths of a call have an order of errors. The directory of an open file may
    // be closed, and then its number denotes another descriptor on each side.
    let has_order = matches!(
        ours.call(),
        "path_link" | "path_rename" | "path_rename_open" | "path_unlink_open"
    );
    let (wasmtime, run) = (host.errno(), ours.errno());
    match (ours.call(), wasmtime, run) {
        _ if has_order && wasmtime != OK && run != OK => Some("path-order"),
        ("path_open_write" | "path_open_any", ISDIR, NOTDIR | LOOP) => Some("file-behind-slash"),
        ("path_create_directory" | "path_symlink", EXIST, NOTDIR) => Some("file-behind-slash"),
        ("path_open_write" | "path_open_any" | "path_open", ILSEQ, BADF) => Some("number-first"),
        ("fd_sync" | "fd_datasync", BADF, OK) => Some("sync-directory"),
        ("fd_filestat_set_times", INVAL, BADF) => Some("number-first"),
        ("fd_allocate", NOTSUP, BADF | FBIG) => Some("allocate-checks"),
        ("fd_filestat_set_size" | "fd_pwrite" | "fd_write", INVAL, FBIG) => Some("large-offsets"),
        ("fd_read" | "fd_pread", BADF, 0) if ours.result("len") == Some("0") => Some("empty-reads"),
        _ => None,
    }
}

#[test]
fn run_serves_host_directories_as_wasmtime_does() {
    let mut host = Host::new();
    for seed in 20..23 {
        let (expected, expected_left) = under_wasmtime(&mut host, seed);
        let (found, found_left) = under_run(seed);
        let (expected, found) = (without_moment(&expected), without_moment(&found));
        assert_eq!(expected.lines().count(), PROGRAM_LEN);
        assert_eq!(found.lines().count(), PROGRAM_LEN);
        let pairs = expected.lines().zip(found.lines());
        let differ = pairs.filter(|(host, ours)| {
            host != ours && !is_accepted(&Line::parse(host), &Line::parse(ours))
        });
        let differ: Vec<_> = differ
            .map(|(host, ours)| format!("wasmtime {host}\nrun      {ours}\n"))
            .collect();
        assert!(differ.is_empty(), "seed {seed}\n{}", differ.concat());
        assert_eq!(expected_left, found_left, "seed {seed}");
        let is_written = |line: &&str| line.contains(" fd_pwrite ") && line.contains("=> E0");
        assert!(
            found.lines().filter(is_written).count() > 100,
            "seed {seed}"
        );
    }
}
