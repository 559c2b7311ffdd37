//! A runtime in text, a linked program in text, and a host to run them.

use super::super::calls;
use super::wasm;
use wasmi::{Caller, Engine, Extern, ExternType, Func, Instance, Module, Store, Val};
use wasmi::{StoreLimits, StoreLimitsBuilder};

pub(crate) const VERSION: &str = "0.1.0";

/// The anchor of an unpacked runtime, as a string of the text format.
pub(super) fn anchor(form: u32, version: &str) -> String {
    let padding = "\\00".repeat(16 - version.len());
    let zeros = "\\00".repeat(92);
    format!(r#"\89wasi-vfs anchor\03\00\00\00\{form:02x}\00\00\00{version}{padding}{zeros}"#)
}

/// A runtime or a linked program, with a runtime that can keep changes.
pub(super) fn keeping_changes(text: &str) -> String {
    // The features are 28 bytes behind the version.
    let before = format!("{}{}", "\\00".repeat(16 - VERSION.len()), "\\00".repeat(28));
    let found = format!("{VERSION}{before}\\00");
    assert!(text.contains(&found), "{text}");
    text.replace(&found, &format!("{VERSION}{before}\\01"))
}

/// The three functions of the ABI, and their data.
pub(super) fn abi(form: u32, version: &str) -> String {
    let anchor = anchor(form, version);
    format!(
        r#"(global $len (mut i32) (i32.const 0))
        (data (i32.const 1024) "{anchor}")
        (func (export "wasi_vfs_anchor") (result i32) i32.const 1024)
        (func (export "wasi_vfs_alloc") (param i32) (result i32)
          (memory.fill (i32.const 4096) (i32.const 0) (global.get $len))
          (global.set $len (local.get 0))
          (if (i32.gt_u (local.get 0) (i32.const 900000)) (then (return (i32.const 0))))
          i32.const 4096)
        (func (export "wasi_vfs_mount")
          (if (i32.eqz (i32.load (i32.const 1072))) (then unreachable)))
        (func $index_start (result i32) (i32.load (i32.load (i32.const 1068))))"#
    )
}

/// The calls with a behaviour that tests observe; `open` goes through a table.
const SERVED: &str = r#"
  (func (export "path_open")
    (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)
    (call_indirect (type $open) (local.get 8) (i32.const 1)))
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32)
    (if (i32.ne (local.get 0) (i32.const 100))
      (then (return (call $host_read
        (local.get 0) (local.get 1) (local.get 2) (local.get 3)))))
    (call $payload_write
      (call $load32 (local.get 1)) (i32.const 0) (call $load32 (i32.add (local.get 1) (i32.const 4))))
    (call $store32 (local.get 3) (call $load32 (i32.add (local.get 1) (i32.const 4))))
    i32.const 0)
  (func (export "fd_tell") (param i32 i32) (result i32)
    (call $host_tell (local.get 0) (local.get 1)))
  (func (export "fd_close") (param i32) (result i32) (call $size))
  (func (export "fd_sync") (param $address i32) (result i32)
    ;; Through the runtime's memory and back, one byte further on.
    (call $read (i32.const 2000) (local.get 0) (i32.const 4))
    (i32.store (i32.const 2004) (i32.add (i32.load (i32.const 2000)) (i32.const 1)))
    (call $write (local.get 0) (i32.const 2004) (i32.const 4))
    (call $payload_read (i32.const 2008) (i32.const 1) (i32.const 1))
    (call $store8 (i32.add (local.get 0) (i32.const 4)) (i32.load8_u (i32.const 2008)))
    (call $store64 (i32.add (local.get 0) (i32.const 8)) (call $load64 (local.get 0)))
    (call $load8 (i32.add (local.get 0) (i32.const 4))))
"#;

const IMPORTS: &str = r#"
  (import "host" "fd_read" (func $host_read (param i32 i32 i32 i32) (result i32)))
  (import "host" "fd_tell" (func $host_tell (param i32 i32) (result i32)))
  (import "application" "size" (func $size (result i32)))
  (import "application" "load8" (func $load8 (param i32) (result i32)))
  (import "application" "load32" (func $load32 (param i32) (result i32)))
  (import "application" "load64" (func $load64 (param i32) (result i64)))
  (import "application" "store8" (func $store8 (param i32 i32)))
  (import "application" "store32" (func $store32 (param i32 i32)))
  (import "application" "store64" (func $store64 (param i32 i64)))
  (import "application" "read" (func $read (param i32 i32 i32)))
  (import "application" "write" (func $write (param i32 i32 i32)))
  (import "payload" "read" (func $payload_read (param i32 i32 i32)))
  (import "payload" "write" (func $payload_write (param i32 i32 i32)))
"#;

/// The runtime for merging, as text.
pub(super) fn runtime_text(version: &str) -> String {
    let calls = calls::names().filter(|name| !SERVED.contains(&format!("\"{name}\"")));
    let rest: String = calls.map(constant_call).collect();
    let abi = abi(2, version);
    format!(
        r#"(module $runtime
          (type $open (func (param i32) (result i32)))
          {IMPORTS}
          (memory (export "memory") 16)
          (table 3 funcref)
          (elem (i32.const 1) $open_impl)
          (func $open_impl (type $open)
            (call $store32 (local.get 0) (call $index_start)) i32.const 0)
          {abi} {SERVED} {rest})"#
    )
}

/// A call that always returns 99.
fn constant_call(name: &str) -> String {
    let ty = calls::call_type(name).expect("listed");
    let params: Vec<String> = ty.params().iter().map(ToString::to_string).collect();
    let params = params.join(" ");
    format!(r#"(func (export "{name}") (param {params}) (result i32) i32.const 99)"#)
}

pub(super) fn runtime() -> Vec<u8> {
    wasm(&runtime_text(VERSION))
}

/// A program that was linked with the runtime.
pub(super) fn linked_text(version: &str, more: &str) -> String {
    let abi = abi(1, version);
    format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_write"
            (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 16)
          (global $state (mut i32) (i32.const 7))
          {abi} {more}
          (func (export "open") (result i32) call $index_start)
          (func (export "payload") (result i32) (i32.load (i32.load (i32.const 1080))))
          (func (export "state") (result i32) global.get $state))"#
    )
}

/// Runs the export `name` and returns its number. Host calls return 1000, with two
/// exceptions. `fd_tell` returns 2000 and its argument, and calls the program's `grow` if
/// the argument is 77. `path_open` on 2 throws.
pub(super) fn run(wasm: &[u8], name: &str) -> i32 {
    let (mut store, instance) = start(wasm, u64::MAX);
    let function = instance.get_func(&store, name).expect("exported");
    let mut results = [Val::I32(0)];
    function
        .call(&mut store, &[], &mut results)
        .expect("does not trap");
    results[0].i32().expect("a number")
}

/// Starts a module whose memories may have `pages` pages.
pub(super) fn start(wasm: &[u8], pages: u64) -> (Store<StoreLimits>, Instance) {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).expect("wasmi takes it");
    let bytes = usize::try_from(pages.saturating_mul(1 << 16)).unwrap_or(usize::MAX);
    let limits = StoreLimitsBuilder::new().memory_size(bytes).build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let imports: Vec<Extern> = module
        .imports()
        .map(|i| host(&mut store, i.name(), i.ty()))
        .collect();
    let instance = Instance::new(&mut store, &module, &imports).expect("starts");
    (store, instance)
}

fn host(store: &mut Store<StoreLimits>, name: &str, ty: &ExternType) -> Extern {
    let ExternType::Func(ty) = ty else {
        panic!("`{name}` is no function");
    };
    let name = name.to_owned();
    let tells = name == "fd_tell";
    let stub = move |mut caller: Caller<'_, StoreLimits>, args: &[Val], results: &mut [Val]| {
        let fd = args.first().and_then(Val::i32).unwrap_or(0);
        if name == "path_open" && fd == 2 {
            return Err(wasmi::Error::new("thrown by the host"));
        }
        let grow = caller.get_export("grow").and_then(Extern::into_func);
        if let Some(grow) = grow.filter(|_| tells && fd == 77) {
            grow.call(&mut caller, &[Val::I32(1)], &mut [Val::I32(0)])?;
        }
        for result in results {
            *result = Val::I32(if tells { fd + 2000 } else { 1000 });
        }
        Ok(())
    };
    Extern::Func(Func::new(store, ty.clone(), stub))
}
