//! Programs that start at pack time, in the text format.

use super::*;
use crate::Packer;
use crate::state::State;

/// A program with one function for each thing that a start may do.
const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read"
        (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get"
        (func $clock (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "thread_spawn" (func $spawn))
    (import "env" "draw" (func $draw (param i64)))
    (import "canonical_abi" "resource_new_thing" (func $new (param i32) (result i32)))
    (memory (export "memory") 2)
    (data (i32.const 0) "a.txt")
    ;; The buffer of 16 bytes at 256.
    (data (i32.const 32) "\00\01\00\00\10\00\00\00")
    (data (i32.const 256) "0123456789abcdef")
    (global $count (export "count") (mut i32) (i32.const 0))
    (global $free (mut i32) (i32.const 4096))
    (func (export "_initialize") (global.set $count (i32.add (global.get $count) (i32.const 1))))
    (func (export "malloc") (param i32) (result i32)
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get 0))))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $free)
        (global.set $free (i32.add (global.get $free)
            (i32.mul (local.get 2) (local.get 3)))))
    (func (export "full") (param i32) (result i32) (i32.const 0))
    (func (export "outside") (param i32) (result i32) (i32.const -16))
    (func (export "read") (result i32)
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 5)
            (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 64)))
        (call $read (i32.load (i32.const 64)) (i32.const 32) (i32.const 1) (i32.const 68)))
    (func (export "keep") (param i32 i32) (result i32)
        (i32.store (i32.const 512) (local.get 0))
        (i32.store (i32.const 516) (local.get 1))
        (i32.const 512))
    (func (export "wide") (param i64) (i64.store (i32.const 520) (local.get 0)))
    (func (export "float") (param f64))
    (func (export "print")
        (drop (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 68))))
    (func (export "print_and_trap")
        (drop (call $write (i32.const 2) (i32.const 32) (i32.const 1) (i32.const 68)))
        unreachable)
    (func (export "print_forever") (loop
        (drop (call $write (i32.const 2) (i32.const 32) (i32.const 1) (i32.const 68))) (br 0)))
    (func (export "world")
        (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 600)))
        (drop (call $fdstat (i32.const 1) (i32.const 608)))
        (drop (call $environ (i32.const 640) (i32.const 648)))
        (drop (call $args (i32.const 680) (i32.const 688))))
    (func (export "random") (drop (call $random (i32.const 700) (i32.const 8))))
    (func (export "exit") (call $exit (i32.const 3)))
    (func (export "spawn") (call $spawn))
    (func (export "draw") (call $draw (i64.const 1)))
    (func (export "loop") (loop (br 0)))
    (func (export "trap") unreachable)
    (func (export "wrap") (result i32) (call $new (i32.const 9)))
    (func (export "canonical_abi_drop_thing") (param i32)
        (i32.store (i32.const 530) (local.get 0))))"#;

fn packed() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.txt"), "packed").unwrap();
    let wasm = wat::parse_str(PROGRAM).unwrap();
    let packed = Packer::new(wasm).map_dir(directory.path(), "/").compress(3);
    packed.pack().unwrap().module
}

fn started(script: &str) -> (State, Vec<String>) {
    let init = Init::script(script, "a.init").unwrap();
    let started = init.start(&packed()).unwrap();
    (started.state, started.done)
}

fn error(script: &str) -> String {
    let init = Init::script(script, "a.init").unwrap();
    init.start(&packed()).err().unwrap().to_string()
}

fn bytes(state: &State, address: usize, len: usize) -> &[u8] {
    &state.memories[0][address..][..len]
}

fn word(state: &State, address: usize) -> u32 {
    u32::from_le_bytes(bytes(state, address, 4).try_into().unwrap())
}

#[test]
fn packed_files_are_readable() {
    let (state, _) = started("read -> 0");
    assert_eq!(bytes(&state, 256, 7), b"packed6");
}

#[test]
fn constructors_run_once_and_first() {
    for script in ["wide 1", "_initialize\nwide 1"] {
        let (state, done) = started(script);
        assert!(state.globals.values().any(|value| *value == 1), "{state:?}");
        assert_eq!(done, ["_initialize"]);
    }
    let init = Init::export("trap");
    assert!(
        init.start(&packed())
            .unwrap_err()
            .to_string()
            .contains("initialisation: `trap`")
    );
    let (_, done) = started("once world\nwide 1\nonce world\nonce read");
    assert_eq!(done, ["_initialize", "world", "read"]);
}

#[test]
fn arguments_are_placed_by_an_allocator() {
    let (state, _) = started("keep \"ab\" -> at 4 2");
    assert_eq!(bytes(&state, word(&state, 512) as usize, 2), b"ab");
    let (state, _) = started("allocator realloc\nkeep [\"ab\", \"\"] -> at 4 not 0");
    let list = word(&state, 512) as usize;
    assert_eq!(word(&state, 516), 2);
    assert_eq!(bytes(&state, word(&state, list) as usize, 2), b"ab");
    assert_eq!((word(&state, list + 4), word(&state, list + 12)), (2, 0));
    let (state, _) = started("keep 2 c[\"x\", \"yz\"]\nwide 0x100000000");
    let list = word(&state, 516) as usize;
    assert_eq!(bytes(&state, word(&state, list + 4) as usize, 3), b"yz\0");
    assert_eq!((word(&state, list + 8), word(&state, 524)), (0, 1));
}

#[test]
fn the_machine_is_closed() {
    let (state, _) = started("env LANG=C\narg app\nworld");
    assert_eq!(
        bytes(&state, 600, 8),
        946_684_800_000_000_000_u64.to_le_bytes()
    );
    assert_eq!(bytes(&state, 608, 1), [2], "a character device");
    assert_eq!(bytes(&state, 648, 7), b"LANG=C\0");
    assert_eq!(bytes(&state, 688, 4), b"app\0");
}

#[test]
fn handles_end_with_the_start() {
    let (state, _) = started("wrap -> 0\nwrap -> 1");
    assert_eq!(word(&state, 530), 9);
}

#[test]
fn the_same_start_has_the_same_state() {
    let init = Init::script("random\nworld\nkeep \"a\"", "a.init").unwrap();
    let init = init.allow_random(1);
    let packed = packed();
    let [first, second] = [(); 2].map(|()| init.start(&packed).unwrap().state.write());
    assert_eq!(first, second);
}

#[test]
fn random_numbers_are_counted() {
    let error = error("random\nrandom");
    assert!(
        error.contains("drew random numbers 2 times, and 0 draws"),
        "{error}"
    );
    assert!(error.contains("--init-allow-random 2"), "{error}");
}

#[test]
fn a_refused_start_names_line_and_call() {
    for (script, words) in [
        ("\nprint", "`a.init` line 2: `print` wrote output"),
        ("print", "\"0123456789abcdef\""),
        ("print_and_trap", "wrote output"),
        ("print_forever", "wrote output"),
        ("exit", "`exit` exited with code 3"),
        ("draw", "`draw` called the import `env` `draw`"),
        ("spawn", "`thread_spawn`, which is not a call of preview 1"),
        ("loop", "`loop` did not return within"),
        ("trap", "`trap` trapped"),
        ("none", "no function `none`; it exports `"),
        ("read -> 1", "`read` failed: found 0, expected 1"),
        ("read -> not 0", "failed: found 0, another value than 0"),
        ("keep 1 2 -> at 4 3", "failed: found 2, expected 3"),
        ("outside 1 -> at 0 0", "outside of memory: 0x"),
        ("world -> 0", "does not return one integer"),
        ("keep 1", "takes (i32, i32), and the line has (i32)"),
        ("keep 4294967296 1", "outside of its range"),
        ("float 1", "takes a float"),
        ("allocator full\nkeep \"a\"", "`full` has none left"),
        (
            "allocator outside\nkeep \"a\"",
            "`outside` returned 0xfffffff0",
        ),
        ("allocator keep\nkeep \"a\"", "`keep` does not allocate"),
        ("allocator no\nkeep \"a\"", "exports no `no`"),
    ] {
        let error = error(script);
        assert!(error.contains(words), "{script}: {error}");
    }
}

#[test]
fn modules_that_the_interpreter_rejects_start_elsewhere() {
    let wasm = wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "path_open"
                (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (import "env" "number" (global i32))
            (memory (export "memory") 1)
            (func (export "go")))"#,
    );
    let packed = Packer::new(wasm.unwrap())
        .map_dir("src/init", "/")
        .pack()
        .unwrap();
    let error = Init::export("go")
        .start(&packed.module)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`env` `number`, which is no function"),
        "{error}"
    );
    assert!(error.contains("snapshot --prepare"), "{error}");
}
