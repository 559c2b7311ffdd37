//! Any valid module, packed.

use crate::module::{Embedded, Form, MemoryKind, ModuleError, Parts, embed, find, without_image};
use crate::runtime;
use std::sync::LazyLock;
use wasi_vfs_format::Image;
use wasi_vfs_format::tree::Tree;
use wasi_vfs_format::writer::{Options, write};
use wasm_smith::{Config, Module};
use wasmparser::{Validator, WasmFeatures};

static IMAGE: LazyLock<Image> = LazyLock::new(|| {
    let tree = Tree::default();
    write(&tree, &Options::default(), &()).expect("a tree by the rules")
});

/// What a module may import: some calls, and something else.
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

/// Packs the module that wasm-smith makes of `data`.
///
/// # Panics
///
/// If the result is not valid, its image is another one, or taking the runtime
/// out does not give the module back.
pub fn modules(data: &[u8]) {
    let mut input = arbitrary::Unstructured::new(data);
    let Ok(module) = Module::new(config(data.len()), &mut input) else {
        return;
    };
    let module = module.to_bytes();
    let parts = Parts {
        index: &IMAGE.index,
        index_level: None,
        payload: &IMAGE.payload,
        cold: &IMAGE.cold,
    };
    for kind in [MemoryKind::Separate, MemoryKind::Single] {
        let runtime = (runtime::MERGED, runtime::VERSION);
        match embed(&module, &parts, runtime.0, runtime.1, Some(kind)) {
            Ok(packed) => check(&module, &packed, kind),
            Err(ModuleError::Output(error)) => panic!("packed to what is not valid: {error}"),
            Err(ModuleError::Runtime(what)) => panic!("the runtime: {what}"),
            Err(ModuleError::AbiVersion { .. }) => panic!("another runtime"),
            Err(_) => {}
        }
    }
}

fn check(module: &[u8], packed: &Embedded, kind: MemoryKind) {
    assert_eq!(packed.form, Form::Merged(kind));
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(&packed.module)
        .expect("a packed module is valid");
    let found = find(&packed.module).expect("readable").expect("packed");
    assert_eq!(found.index, IMAGE.index);
    assert_eq!(found.cold.as_deref(), Some(&*IMAGE.cold));
    let back = without_image(&packed.module).expect("unmerges");
    assert!(*back == *module, "unmerging gives another module");
}

/// Features as they come by the input's length, so that seeds differ in them.
fn config(seed: usize) -> Config {
    Config {
        available_imports: Some(IMPORTS.clone()),
        min_imports: seed % 6,
        max_imports: 12,
        min_memories: 1,
        max_memories: 1 + seed % 2,
        max_memory32_bytes: 1 << 20,
        memory_max_size_required: false,
        max_tables: 3,
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
