//! Budgets of the bytes that packing adds to a program beside its image. `make runtime-size`
//! runs these tests.

use super::wasm;
use crate::{Contents, MemoryKind, Packer};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A program with the imports of a C program that lists directories and reads files.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1))"#;

/// Files of text that fill one block, or several.
pub(crate) fn tree(is_large: bool) -> TempDir {
    let dir = tempfile::tempdir().expect("made");
    for file in 0..if is_large { 20 } else { 1 } {
        let lines = (0..1000).map(|line| format!("line {line} of file {file}\n"));
        let path = dir.path().join(format!("file {file}"));
        fs::write(path, lines.collect::<String>()).expect("written");
    }
    dir
}

/// Bytes that `packer` adds to the `program`, without the image.
pub(crate) fn added(program: &[u8], packer: &Packer) -> u64 {
    let packed = packer.pack().expect("packs").module;
    let contents = Contents::find(&packed).expect("readable");
    let metadata = contents.metadata.as_ref().map_or(0, |bytes| bytes.len());
    let image = contents.index_stored_len as usize + metadata;
    (packed.len() - program.len() - image) as u64 - contents.payload.len()
}

#[test]
fn what_packing_adds_to_a_module_fits_its_budget() {
    let (small, large) = (tree(false), tree(true));
    let module = wasm(PROGRAM);
    let packer = |tree: &TempDir| {
        let tree: &Path = tree.path();
        Packer::new(module.clone()).map_dir(tree, "/t")
    };
    let single = packer(&small).memory(MemoryKind::Single);
    let cases = [
        ("stored", packer(&small), 25_500),
        ("stored, single memory", single, 28_000),
        ("compressed, one block", packer(&small).compress(19), 42_000),
        ("compressed", packer(&large).compress(19), 43_000),
        ("writable", packer(&small).writable("/t"), 95_000),
    ];
    let mut found = Vec::new();
    for (name, packer, budget) in cases {
        let added = added(&module, &packer);
        found.push((name, added, budget));
    }
    println!("{found:?}");
    assert!(
        found.iter().all(|(_, added, budget)| added <= budget),
        "{found:#?}"
    );
}
