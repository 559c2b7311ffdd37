//! Merging into the stub of a wired component. The runtime is text that shows which
//! function of the host or of the program answers for which lowering.

use super::super::{
    ERROR_CODE, Entry, FUNCTIONS, Function, HOST_COUNT, HOST_FUNCTIONS, Lowering, Lowerings,
    OUTPUT_FUNCTIONS, claimed_pages, find, merge_into_stub,
};
use super::fake::{self, VERSION};
use super::{INDEX, KINDS, PARTS, PAYLOAD, wasm};
use crate::module::calls::value_type;
use crate::module::{Form, MemoryKind};
use std::collections::BTreeMap;
use wasmi::{Caller, Engine, Extern, ExternType, Func, Instance, Memory, MemoryType, Module};
use wasmi::{Store, Val};

const IMPORTS: &str = r#"
  (import "host" "get-directories" (func $directories (param i32 i32)))
  (import "host" "[method]pollable.ready" (func $ready (param i32 i32) (result i32)))
  (import "host" "[method]output-stream.check-write" (func $check (param i32 i32 i32)))
  (import "host" "0.3 get-directories" (func $directories3 (param i32 i32)))
  (import "host" "0.3 [stream-drop-readable]u8" (func $drop-bytes (param i32 i32)))
  (import "application" "realloc" (func $realloc (param i32 i32 i32) (result i32)))
  (import "application" "load32" (func $load32 (param i32) (result i32)))
  (import "application" "store32" (func $store32 (param i32 i32)))
  (import "application" "store64" (func $store64 (param i32 i64)))
  (import "payload" "write" (func $payload_write (param i32 i32 i32)))"#;

/// The functions with a behaviour that tests observe.
const SERVED: &str = r#"
  (func (export "[method]descriptor.stat") (param $d i32) (param $ret i32) (param $k i32)
    (call $store32 (local.get $ret) (call $realloc (local.get $k) (i32.const 8) (i32.const 24)))
    (call $store32 (i32.add (local.get $ret) (i32.const 4)) (local.get $k)))
  (func (export "[method]descriptor.is-same-object")
    (param $d i32) (param $other i32) (param $k i32) (result i32) (i32.const 77))
  (func (export "[method]input-stream.read")
    (param $s i32) (param $len i64) (param $ret i32) (param $k i32)
    (call $payload_write (local.get $ret) (i32.const 0) (i32.const 4)))
  (func (export "get-directories") (param $ret i32) (param $k i32)
    (call $directories (local.get $ret) (local.get $k))
    (call $store32 (i32.add (local.get $ret) (i32.const 4))
      (i32.add (call $load32 (i32.add (local.get $ret) (i32.const 4))) (i32.const 1))))
  (func (export "poll") (param $list i32) (param $len i32) (param $ret i32) (param $k i32)
    (call $store32 (local.get $ret)
      (call $ready (call $load32 (local.get $list)) (local.get $k))))
  (func (export "[method]output-stream.splice")
    (param $s i32) (param $source i32) (param $len i64) (param $ret i32) (param $k i32)
    (call $check (local.get $s) (local.get $ret) (local.get $k)))
  (func (export "0.3 get-directories") (param $ret i32) (param $k i32)
    (call $directories3 (local.get $ret) (local.get $k)))
  (func (export "0.3 [method]descriptor.open-at")
    (param $d i32) (param $path-flags i32) (param $path i32) (param $len i32)
    (param $open-flags i32) (param $flags i32) (param $ret i32) (param $k i32)
    (call $store32 (local.get $ret) (local.get $d))
    (call $store32 (i32.add (local.get $ret) (i32.const 4)) (local.get $path-flags))
    (call $store32 (i32.add (local.get $ret) (i32.const 8)) (local.get $path))
    (call $store32 (i32.add (local.get $ret) (i32.const 12)) (local.get $len))
    (call $store32 (i32.add (local.get $ret) (i32.const 16)) (local.get $open-flags))
    (call $store32 (i32.add (local.get $ret) (i32.const 20)) (local.get $flags))
    (call $store32 (i32.add (local.get $ret) (i32.const 24)) (local.get $k)))
  (func (export "0.3 [method]descriptor.set-times")
    (param $d i32) (param $a i32) (param $as i64) (param $an i32)
    (param $m i32) (param $ms i64) (param $mn i32) (param $ret i32) (param $k i32)
    (call $store64 (local.get $ret) (local.get $as))
    (call $store64 (i32.add (local.get $ret) (i32.const 8)) (local.get $ms))
    (call $store32 (i32.add (local.get $ret) (i32.const 16)) (local.get $m)))
  (func (export "0.3 [method]descriptor.stat-at")
    (param $d i32) (param $path-flags i32) (param $path i32) (param $len i32)
    (param $ret i32) (param $k i32)
    (call $store32 (local.get $ret) (local.get $len)))
  (func (export "0.3 [method]descriptor.write-via-stream")
    (param $d i32) (param $data i32) (param $offset i64) (param $k i32) (result i32)
    (call $drop-bytes (local.get $data) (local.get $k))
    (i32.const 0x40000123))"#;

/// A runtime that serves the functions of WASI 0.2 and 0.3.
pub(crate) fn wired_runtime() -> Vec<u8> {
    wasm(&wired_text(&[]))
}

/// A runtime that serves output streams, too, and can keep changes.
pub(crate) fn writable_wired_runtime() -> Vec<u8> {
    let of_layer: Vec<_> = OUTPUT_FUNCTIONS.iter().collect();
    wasm(&fake::keeping_changes(&wired_text(&of_layer)))
}

/// A runtime that serves the functions of [`FUNCTIONS`] and `more`.
fn wired_text(more: &[&Function]) -> String {
    let rest = FUNCTIONS
        .iter()
        .chain(more.iter().copied())
        .filter(|function| {
            let export = format!("\"{}\"", function.export);
            !SERVED.contains(&export)
        });
    let rest: BTreeMap<_, _> = rest.map(|one| (one.export, constant(one))).collect();
    let rest: String = rest.into_values().collect();
    let abi = fake::abi(2, VERSION);
    format!(r#"(module {IMPORTS} (memory (export "memory") 16) {abi} {SERVED} {rest})"#)
}

/// A function that does nothing, and returns 99 if it returns.
fn constant(function: &Function) -> String {
    let params = function.params.iter().map(|ty| value_type(*ty).to_string());
    let params = params.collect::<Vec<_>>().join(" ");
    let (name, result) = match function.returned_len > 0 {
        true => (function.export, "(result i32) i32.const 99"),
        false => (function.export, ""),
    };
    format!(r#"(func (export "{name}") (param {params} i32) {result})"#)
}

/// A stub with an import for each of [`lowerings`], two allocators and one function of
/// the host.
const STUB: &str = r#"(module
  (import "program" "memory" (memory 0))
  (import "program" "lowered 0" (func (param i32 i32)))
  (import "program" "lowered 1" (func (param i32 i32)))
  (import "program" "lowered 2" (func (param i32)))
  (import "program" "lowered 3" (func (param i32 i32 i32)))
  (import "program" "lowered 4" (func (param i32 i32 i64 i32)))
  (import "program" "lowered 5" (func (param i32 i32) (result i32)))
  (import "program" "lowered 6" (func (param i32)))
  (import "program" "lowered 7" (func (param i32 i64 i32)))
  (import "program" "lowered 8" (func (param i32 i32)))
  (import "program" "realloc 0" (func (param i32 i32 i32 i32) (result i32)))
  (import "program" "realloc 1" (func (param i32 i32 i32 i32) (result i32)))
  (import "program" "host 0" (func (param i32) (result i32)))
  (export "0" (func 0)) (export "1" (func 1)) (export "2" (func 2)) (export "3" (func 3))
  (export "4" (func 4)) (export "5" (func 5)) (export "6" (func 6)) (export "7" (func 7))
  (export "8" (func 8)))"#;

const STAT: &str = "[method]descriptor.stat";

/// The function that the runtime exports as `export`.
pub(super) fn entry(export: &str, is_async: bool) -> Entry {
    let mut functions = FUNCTIONS.iter();
    let function = functions.find(|function| function.export == export);
    let function = function.expect("a function");
    Entry::new(function, is_async)
}

fn lowerings() -> Lowerings {
    let lowering = |name: &str, realloc| Lowering {
        entry: entry(name, false),
        realloc,
        host: [None; HOST_COUNT],
    };
    let bound = |name: &str, host: &str, import| {
        let at = HOST_FUNCTIONS.iter().position(|f| f.import == host);
        let mut lowering = lowering(name, None);
        lowering.host[at.expect("a function")] = Some(import);
        lowering
    };
    Lowerings(vec![
        lowering(STAT, Some(9)),
        lowering(STAT, Some(10)),
        bound("get-directories", "get-directories", 2),
        bound("poll", "[method]pollable.ready", 11),
        lowering("[method]output-stream.splice", None),
        lowering("[method]descriptor.is-same-object", None),
        lowering("[resource-drop]descriptor", None),
        lowering("[method]input-stream.read", Some(9)),
        Lowering {
            entry: Entry::new(&ERROR_CODE, false),
            realloc: None,
            host: [None; HOST_COUNT],
        },
    ])
}

fn merged(stub: &str, lowerings: &Lowerings, kind: MemoryKind) -> Vec<u8> {
    let runtime = wired_runtime();
    let module = merge_into_stub(&wasm(stub), lowerings, PARTS, &runtime, VERSION, kind);
    module.expect("merges")
}

/// An instance whose imports note their names. Allocators return 1000 and 2000.
pub(super) struct Wired {
    store: Store<Vec<String>>,
    instance: Instance,
    memory: Memory,
}

impl Wired {
    fn start(kind: MemoryKind) -> Self {
        Self::of(STUB, &lowerings(), kind)
    }

    /// An instance of the runtime in `stub`.
    pub(super) fn of(stub: &str, lowerings: &Lowerings, kind: MemoryKind) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, merged(stub, lowerings, kind)).expect("valid");
        let mut store = Store::new(&engine, Vec::new());
        let memory = Memory::new(&mut store, MemoryType::new(1, None)).expect("a page");
        let imports: Vec<Extern> = module
            .imports()
            .map(|import| match import.ty().clone() {
                ExternType::Func(ty) => {
                    let name = import.name().to_owned();
                    let answer = match name.as_str() {
                        "realloc 0" => 1000,
                        "realloc 1" => 2000,
                        _ => 500,
                    };
                    let note = move |mut caller: Caller<'_, Vec<String>>,
                                     args: &[Val],
                                     results: &mut [Val]| {
                        let args: Vec<_> = args.iter().map(number).collect();
                        caller.data_mut().push(format!("{name} {args:?}"));
                        results.fill(Val::I32(answer));
                        Ok(())
                    };
                    Extern::Func(Func::new(&mut store, ty, note))
                }
                _ => Extern::Memory(memory),
            })
            .collect();
        let instance = Instance::new(&mut store, &module, &imports).expect("starts");
        Self {
            store,
            instance,
            memory,
        }
    }

    /// Calls entry `name`, and returns its result and the called imports.
    pub(super) fn call(&mut self, name: &str, args: &[i64]) -> (Option<i64>, Vec<String>) {
        let (called, result, noted) = self.try_call(name, args);
        called.expect("does not trap");
        (result, noted)
    }

    /// [`call`](Self::call), which may trap.
    pub(super) fn try_call(
        &mut self,
        name: &str,
        args: &[i64],
    ) -> (Result<(), wasmi::Error>, Option<i64>, Vec<String>) {
        let function = self.instance.get_func(&self.store, name).expect("an entry");
        let ty = function.ty(&self.store);
        let args = args.iter().zip(ty.params()).map(|(arg, ty)| match ty {
            wasmi::ValType::I64 => Val::I64(*arg),
            _ => Val::I32(*arg as i32),
        });
        let args: Vec<_> = args.collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        let called = function.call(&mut self.store, &args, &mut results);
        let noted = std::mem::take(self.store.data_mut());
        (called, results.first().map(number), noted)
    }

    pub(super) fn load(&self, address: usize) -> u32 {
        let mut bytes = [0; 4];
        let read = self.memory.read(&self.store, address, &mut bytes);
        read.expect("in memory");
        u32::from_le_bytes(bytes)
    }

    fn bytes(&self, range: std::ops::Range<usize>) -> Vec<u8> {
        let memory = self.memory.data(&self.store);
        memory.get(range).expect("in memory").to_vec()
    }

    pub(super) fn store(&mut self, address: usize, bytes: &[u8]) {
        let written = self.memory.write(&mut self.store, address, bytes);
        written.expect("in memory");
    }
}

fn number(value: &Val) -> i64 {
    match value {
        Val::I64(number) => *number,
        other => other.i32().expect("a number").into(),
    }
}

pub(super) const OURS: i64 = 0x4000_0001;

#[test]
fn handles_of_the_host_go_to_its_function() {
    for kind in KINDS {
        let mut wired = Wired::start(kind);
        for handle in [0, 5, 0x3fff_ffff, 0x8000_0000, 0xffff_ffff] {
            let (_, noted) = wired.call("1", &[handle, 64]);
            let handle = i64::from(handle as i32);
            assert_eq!(noted, [format!("lowered 1 [{handle}, 64]")]);
        }
        let (result, noted) = wired.call("5", &[5, 6]);
        assert_eq!(
            (result, &*noted),
            (Some(500), &["lowered 5 [5, 6]".to_owned()][..])
        );
    }
}

#[test]
fn one_handle_of_the_runtime_is_enough() {
    for kind in KINDS {
        let mut wired = Wired::start(kind);
        for args in [[OURS, 6], [5, OURS], [OURS, 0x7fff_ffff]] {
            assert_eq!(wired.call("5", &args), (Some(77), vec![]));
        }
        assert_eq!(wired.call("6", &[OURS]), (None, vec![]));
        // The stream that is written to is always the host's.
        assert_eq!(
            wired.call("4", &[OURS, 6, 1, 64]).1,
            [format!("lowered 4 [{OURS}, 6, 1, 64]")]
        );
    }
}

#[test]
fn memory_comes_from_the_allocator_of_the_lowering() {
    for kind in KINDS {
        let mut wired = Wired::start(kind);
        for (lowering, import, address) in [("0", "realloc 0", 1000), ("1", "realloc 1", 2000)] {
            let (_, noted) = wired.call(lowering, &[OURS, 64]);
            assert_eq!(noted, [format!("{import} [0, 0, 8, 24]")]);
            assert_eq!(wired.load(64), address);
            assert_eq!(wired.load(68).to_string(), lowering);
        }
    }
}

#[test]
fn the_host_of_a_lowering_is_its_own_or_absent() {
    for kind in KINDS {
        let mut wired = Wired::start(kind);
        let (_, noted) = wired.call("2", &[64]);
        assert_eq!(noted, ["lowered 2 [64]"]);
        assert_eq!(wired.load(68), 1);
        let (_, noted) = wired.call("3", &[0, 1, 64]);
        assert_eq!(noted, ["host 0 [0]"]);
        assert_eq!(wired.load(64), 500);
        // `closed` is an error with the tag 1.
        wired.store(64, &[7; 12]);
        let (_, noted) = wired.call("4", &[6, OURS, 1, 64]);
        assert!(noted.is_empty(), "{noted:?}");
        assert_eq!([wired.load(64) & 0xff, wired.load(68) & 0xff], [1, 1]);
    }
}

#[test]
fn errors_of_packed_files_have_no_foreign_code() {
    for kind in KINDS {
        let mut wired = Wired::start(kind);
        wired.store(64, &[7; 4]);
        assert_eq!(wired.call("8", &[5, 64]).1, ["lowered 8 [5, 64]"]);
        assert!(wired.call("8", &[OURS, 64]).1.is_empty());
        assert_eq!(wired.load(64), 0x0707_0700);
    }
}

#[test]
fn the_image_is_in_the_merged_module() {
    for kind in KINDS {
        let module = merged(STUB, &lowerings(), kind);
        let found = find(&module).expect("readable").expect("an image");
        assert_eq!(found.form, Form::Wired(kind));
        assert_eq!((&*found.index, &*found.payload), (INDEX, PAYLOAD));
        let mut wired = Wired::start(kind);
        wired.call("7", &[OURS, 4, 64]);
        assert_eq!(wired.load(64).to_le_bytes(), PAYLOAD[..4]);
    }
}

#[test]
fn region_is_claimed_once_behind_the_program() {
    let mut wired = Wired::start(MemoryKind::Single);
    // The memory has a page before the runtime starts.
    let merged = merged(STUB, &lowerings(), MemoryKind::Single);
    let pages = 1 + u64::from(claimed_pages(&merged).expect("a region"));
    assert_eq!(wired.memory.size(&wired.store), pages);
    let region = wired.bytes(1 << 16..(pages as usize) << 16);
    assert!(memchr::memmem::find(&region, INDEX).is_some());
    wired.memory.grow(&mut wired.store, 3).expect("grows");
    // An address behind the region is the program's.
    let behind = (pages << 16) as i64;
    wired.call("0", &[OURS, behind]);
    assert_eq!(wired.load(behind as usize), 1000);
    wired.call("7", &[OURS, 4, behind]);
    assert_eq!(wired.load(behind as usize).to_le_bytes(), PAYLOAD[..4]);
    assert_eq!(wired.memory.size(&wired.store), pages + 3);
    assert!(wired.bytes(1 << 16..(pages as usize) << 16) == region);
    assert!(wired.bytes(128..1 << 16).iter().all(|byte| *byte == 0));
}
