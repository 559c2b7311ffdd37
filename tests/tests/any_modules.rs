//! Generated modules behave the same before and after packing, as far as their exports
//! show, until they call the host.
//!
//! The fuzz target `modules` of the packer does the same under an interpreter, without a
//! limit.

use std::fs;
use std::path::Path;
use wasi_vfs_format::testing::Random;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::tree::Tree;
use wasm_smith::{Config, Module};

/// Seeds of the generated modules. Some do not import `path_open` or cannot be packed.
const SEEDS: std::ops::Range<u64> = 0..160;

/// Calls and turns of loops after which a module traps.
const MOST_STEPS: u32 = 10_000;

const IMPORTS: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
      (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
    (import "env" "other" (func (result i64))))"#;

/// The exports that `engines/behaviour.*` call and read.
const EXPORTS: &str = r#"(module (memory (export "memory") 1 64)
    (global (export "global") (mut i64) (i64.const 0))
    (func (export "a"))
    (func (export "b") (param i32 i64) (result i32) i32.const 0)
    (func (export "c") (param f32 f64) (result f64) f64.const 0)
    (func (export "d") (param i64) (result i32 i64) i32.const 0 i64.const 0))"#;

fn config(seed: u64) -> Config {
    let wasm = |text| wat::parse_str(text).expect("the text is valid");
    Config {
        available_imports: Some(wasm(IMPORTS)),
        exports: Some(wasm(EXPORTS)),
        min_imports: 2,
        max_imports: 8,
        max_memories: 0,
        max_tables: 3,
        min_data_segments: 1,
        // Without it few modules get far.
        disallow_traps: !seed.is_multiple_of(4),
        canonicalize_nans: true,
        exceptions_enabled: false,
        gc_enabled: false,
        extended_const_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        ..Config::default()
    }
}

fn module(seed: u64) -> Option<Vec<u8>> {
    let mut random = Random::new(seed << 32);
    let noise: Vec<_> = (1..400).flat_map(|_| random.draw().to_le_bytes()).collect();
    let mut noise = arbitrary::Unstructured::new(&noise);
    let mut module = Module::new(config(seed), &mut noise).ok()?;
    module.ensure_termination(MOST_STEPS).ok()?;
    Some(module.to_bytes())
}

/// A module, the same packed, and the kind of memory.
type Pair = String;

fn pairs(directory: &Path, kinds: &[&str]) -> Vec<Pair> {
    let tree = Tree::new();
    tree.file("hello.txt", "hello\n");
    let mut pairs = Vec::new();
    for (seed, module) in SEEDS.filter_map(|seed| Some((seed, module(seed)?))) {
        let path = directory.join(format!("{seed}.wasm"));
        fs::write(&path, module).expect("the directory is ours");
        for kind in kinds {
            let packed = directory.join(format!("{seed}.{kind}.wasm"));
            let pack = Pack::new(&path).dir(tree.path(), "/data");
            let outcome = pack.option("--memory").option(kind).outcome(&packed);
            if outcome.status == 0 {
                pairs.push(format!("{} {} {kind}", path.display(), packed.display()));
            } else {
                assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
            }
        }
    }
    pairs
}

/// The lines that an engine's script prints of `pairs`.
fn compared(engine: Engine, pairs: &[Pair]) -> Vec<String> {
    let said = engine.compare(&pairs.join("\n")).expect_success();
    let lines: Vec<_> = said.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), pairs.len(), "{said}");
    lines
}

fn holds(engine: Engine, kinds: &[&str]) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let pairs = pairs(directory.path(), kinds);
    let (mut refused, mut steps) = (0, 0);
    for (line, pair) in compared(engine, &pairs).iter().zip(&pairs) {
        match line.strip_prefix("same ").map(str::parse::<usize>) {
            Some(Ok(count)) => steps += count,
            _ if line == "refused" => refused += 1,
            _ => panic!("{engine:?}: {pair}: {line}"),
        }
    }
    let count = pairs.len() - refused;
    println!("{engine:?}: {count} packed modules, {steps} steps, {refused} refused");
    // An older engine does not know all that some of them have.
    assert!(count > 40 * kinds.len(), "{count} compared");
    assert!(steps > 2 * count, "{steps} steps");
}

#[test]
fn packed_modules_behave_as_before_under_node() {
    holds(Engine::Node, &["separate", "single"]);
}

#[test]
fn packed_modules_behave_as_before_under_node_20() {
    holds(Engine::Node20, &["single"]);
}

#[test]
fn packed_modules_behave_as_before_under_wasmtime() {
    holds(Engine::Wasmtime, &["separate", "single"]);
}

/// What would be seen if packing changed a program.
#[test]
fn different_behaviour_is_reported() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let programs = [1, 2].map(|result| {
        let text = format!(
            r#"(module (memory (export "memory") 1)
            (global (export "global") (mut i64) (i64.const 0))
            (func (export "a"))
            (func (export "b") (param i32 i64) (result i32) i32.const {result})
            (func (export "c") (param f32 f64) (result f64) f64.const 0)
            (func (export "d") (param i64) (result i32 i64) i32.const 0 i64.const 0))"#
        );
        let path = directory.path().join(format!("{result}.wasm"));
        fs::write(&path, wat::parse_str(text).expect("valid")).expect("ours");
        path
    });
    let [one, other] = programs.map(|path| path.display().to_string());
    let pairs = [
        format!("{one} {one} separate"),
        format!("{one} {other} single"),
    ];
    for engine in [Engine::Node, Engine::Wasmtime] {
        let lines = compared(engine, &pairs);
        assert_eq!(lines[0], "same 7");
        assert!(lines[1].starts_with("differs: step 1: "), "{}", lines[1]);
    }
}
