//! The target that packs any valid module.

use super::behaviour;
use super::image::parts;
use crate::module::{Form, MemoryKind, ModuleError, as_preview1, embed, find};
use crate::module::{unmounted, without_image};
use crate::runtime;
use std::sync::LazyLock;
use wasm_smith::{Config, Module};
use wasmparser::{Validator, WasmFeatures};

/// The possible imports: some calls of preview 1, and another function.
static IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let text = r#"(module
      (import "wasi_snapshot_preview1" "path_open"
        (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
      (import "env" "other" (func (result i64))))"#;
    wat::parse_str(text).expect("the text is valid")
});

/// The same calls of `wasi_unstable`, and those that differ from preview 1.
static UNSTABLE_IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let text = r#"(module
      (import "wasi_unstable" "path_open"
        (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_unstable" "fd_seek" (func (param i32 i64 i32 i32) (result i32)))
      (import "wasi_unstable" "fd_filestat_get" (func (param i32 i32) (result i32)))
      (import "wasi_unstable" "path_filestat_get"
        (func (param i32 i32 i32 i32 i32) (result i32)))
      (import "wasi_unstable" "poll_oneoff" (func (param i32 i32 i32 i32) (result i32)))
      (import "wasi_unstable" "proc_exit" (func (param i32)))
      (import "env" "other" (func (result i64))))"#;
    wat::parse_str(text).expect("the text is valid")
});

/// The exports: the required memory, sometimes a second one, and functions, a global and a
/// table for the comparison.
static EXPORTS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    ["", r#"(memory (export "second") 0)"#].map(|second| {
        let text = format!(
            r#"(module (memory (export "memory") 1) {second}
              (global (export "global") (mut i64) (i64.const 0))
              (table (export "table") 2 funcref)
              (func (export "a"))
              (func (export "b") (param i32 i64) (result i32) i32.const 0)
              (func (export "c") (param f32 f64) (result f64) f64.const 0)
              (func (export "d") (param i64) (result i32 i64) i32.const 0 i64.const 0))"#
        );
        wat::parse_str(text).expect("the text is valid")
    })
});

/// The number of calls and loop iterations after which a module traps.
const MAX_STEPS: u32 = 10_000;

/// Packs the module that wasm-smith generates from `data`. Returns whether it could be
/// packed.
///
/// # Panics
///
/// The output is invalid, behaves differently, contains another image, changes if it is
/// packed again, or does not return to the module without its runtime.
pub fn modules(data: &[u8]) -> bool {
    let mut input = arbitrary::Unstructured::new(data);
    let Ok(mut module) = Module::new(config(data.len()), &mut input) else {
        return false;
    };
    // Modules that end run further than modules that run out of fuel.
    if !data.len().is_multiple_of(4) && module.ensure_termination(MAX_STEPS).is_err() {
        return false;
    }
    let module = module.to_bytes();
    let kinds = [MemoryKind::Separate, MemoryKind::Single];
    kinds
        .map(|kind| holds(&module, kind, data.len() % 2))
        .contains(&true)
}

fn holds(module: &[u8], kind: MemoryKind, image: usize) -> bool {
    let packed = match pack(module, kind, image) {
        Ok(packed) => packed,
        Err(ModuleError::Output(error)) => panic!("the packed module is invalid: {error}"),
        Err(ModuleError::Runtime(what)) => panic!("the runtime: {what}"),
        Err(
            error @ (ModuleError::AbiVersion { .. }
            | ModuleError::Malformed(_)
            | ModuleError::Rewritten { .. }
            | ModuleError::Bake { .. }),
        ) => panic!("{error}"),
        Err(_) => return false,
    };
    validate(&packed);
    let found = find(&packed).expect("readable").expect("packed");
    let parts = parts(image);
    assert_eq!(found.index, parts.index);
    assert_eq!(*found.payload, *parts.payload);
    assert_eq!(found.metadata, Some(parts.metadata));
    let original = without_image(&packed).expect("unmerges");
    assert!(*original == *module, "unmerging returns another module");
    let runs = unmounted(&packed).expect("unmerges");
    let expected = as_preview1(module).expect("it was packed");
    validate(&runs);
    // A memory of its own, as for an unpacked module.
    behaviour::compare(&expected, &runs, MemoryKind::Separate);
    let again = pack(&packed, kind, image).expect("packs again");
    assert!(again == packed, "packing again returns other bytes");
    behaviour::compare(module, &packed, kind);
    true
}

fn validate(module: &[u8]) {
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(module)
        .expect("the module is valid");
}

fn pack(module: &[u8], kind: MemoryKind, image: usize) -> Result<Vec<u8>, ModuleError> {
    let (runtime, version) = (runtime::MERGED, runtime::VERSION);
    let packed = embed(module, &parts(image), runtime, version, Some(kind))?;
    assert_eq!(packed.form, Form::Merged(kind));
    Ok(packed.module)
}

/// The features depend on the length of the input, so that seeds differ.
fn config(seed: usize) -> Config {
    Config {
        available_imports: Some(match seed % 11 {
            3 => UNSTABLE_IMPORTS.clone(),
            _ => IMPORTS.clone(),
        }),
        exports: Some(EXPORTS[usize::from(seed.is_multiple_of(8))].clone()),
        min_imports: seed % 6,
        max_imports: 12,
        // Only the exported memories.
        max_memories: 0,
        max_tables: 3,
        disallow_traps: seed.is_multiple_of(9),
        min_data_segments: seed % 3,
        exceptions_enabled: seed.is_multiple_of(5),
        gc_enabled: seed.is_multiple_of(3),
        reference_types_enabled: true,
        multi_value_enabled: true,
        bulk_memory_enabled: !seed.is_multiple_of(7),
        tail_call_enabled: seed.is_multiple_of(2),
        simd_enabled: true,
        generate_custom_sections: seed.is_multiple_of(4),
        ..Config::default()
    }
}
