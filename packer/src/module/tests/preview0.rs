//! Programs of `wasi_unstable`.

use super::fake::run;
use super::{INDEX, KINDS, PARTS, VERSION, embed, found, pack, pack_with, runtime, text, wasm};
use crate::Warning;
use crate::module::{ModuleError, as_preview1, form, len_without_image};
use crate::module::{unmounted, without_image};
use std::sync::Arc;
use wasi_vfs_format::ReadAt;
use wasmi::{Caller, Engine, Extern, Instance, Linker, Memory, Module, Store, Val};

const CALLS: &str = r#"
  (import "wasi_unstable" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_filestat_get" (func $stat (param i32 i32) (result i32)))
  (import "wasi_unstable" "path_filestat_get"
    (func $path_stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "args_get" (func (param i32 i32) (result i32)))"#;

/// A program whose exports are the calls, and `more`.
fn program(more: &str) -> String {
    format!(
        r#"(module $program {CALLS} (memory (export "memory") 1)
          (export "seek" (func $seek)) (export "stat" (func $stat))
          (export "path_stat" (func $path_stat)) (export "poll" (func $poll))
          (table 2 funcref) (elem (i32.const 0) $seek $open)
          (func (export "indirect") (param i32 i64 i32 i32) (result i32)
            (call_indirect (param i32 i64 i32 i32) (result i32)
              (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0)))
          (func (export "open") (result i32)
            (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0)
              (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64)))
            (i32.load (i32.const 64)))
          {more})"#
    )
}

/// File attributes in the layout of preview 1. Each byte of a field is its number.
fn filestat(links: u64) -> Vec<u8> {
    let words = [1, 2, 3, 4, 5, 6, 7, 8].map(|field| [field; 8]);
    let mut bytes = words.concat();
    bytes[16..24].copy_from_slice(&[3, 0, 0, 0, 0, 0, 0, 0]);
    bytes[24..32].copy_from_slice(&links.to_le_bytes());
    bytes
}

/// The same in the layout of `wasi_unstable`.
fn old_filestat(links: u32) -> Vec<u8> {
    let new = filestat(0);
    let middle = [&[3, 0, 0, 0], &links.to_le_bytes()[..]].concat();
    [&new[..16], &middle, &new[32..]].concat()
}

/// The arguments that the host got, and its answers.
#[derive(Default)]
struct Host {
    whence: i32,
    subscriptions: Vec<u8>,
    links: u64,
    errno: i32,
}

fn memory(caller: &Caller<'_, Host>) -> Memory {
    caller
        .get_export("memory")
        .and_then(Extern::into_memory)
        .expect("exported")
}

fn write_filestat(mut caller: Caller<'_, Host>, address: i32) -> i32 {
    let (links, errno) = (caller.data().links, caller.data().errno);
    let memory = memory(&caller);
    // A host may write a result and then fail.
    let written = memory.write(
        &mut caller,
        address.cast_unsigned() as usize,
        &filestat(links),
    );
    written.map_or(21, |()| errno)
}

fn poll(mut caller: Caller<'_, Host>, from: i32, to: i32, count: i32, result: i32) -> i32 {
    let memory = memory(&caller);
    let [from, to, count, result] = [from, to, count, result].map(|n| n.cast_unsigned() as usize);
    let mut asked = vec![0; 48 * count];
    memory.read(&caller, from, &mut asked).expect("in memory");
    for (number, subscription) in asked.chunks_exact(48).enumerate() {
        let event = [&subscription[..8], &[0; 24]].concat();
        memory
            .write(&mut caller, to + 32 * number, &event)
            .expect("in memory");
    }
    caller.data_mut().subscriptions = asked;
    let bytes = (count as u32).to_le_bytes();
    memory
        .write(&mut caller, result, &bytes)
        .expect("in memory");
    caller.data().errno
}

/// A converted program on a host with preview 1.
struct Running {
    store: Store<Host>,
    instance: Instance,
    memory: Memory,
}

impl Running {
    fn start(more: &str) -> Self {
        let converted = as_preview1(&wasm(&program(more)))
            .expect("a module")
            .into_owned();
        let engine = Engine::default();
        let module = Module::new(&engine, &converted).expect("valid");
        let mut store = Store::new(&engine, Host::default());
        let mut linker = Linker::new(&engine);
        let wasi = "wasi_snapshot_preview1";
        let seek = |mut caller: Caller<'_, Host>, _: i32, _: i64, whence: i32, _: i32| {
            caller.data_mut().whence = whence;
            0
        };
        let stat = |caller: Caller<'_, Host>, _: i32, to: i32| write_filestat(caller, to);
        let path_stat = |caller: Caller<'_, Host>, _: i32, _: i32, _: i32, _: i32, to: i32| {
            write_filestat(caller, to)
        };
        linker.func_wrap(wasi, "fd_seek", seek).unwrap();
        linker.func_wrap(wasi, "fd_filestat_get", stat).unwrap();
        linker
            .func_wrap(wasi, "path_filestat_get", path_stat)
            .unwrap();
        linker.func_wrap(wasi, "poll_oneoff", poll).unwrap();
        linker
            .func_wrap(wasi, "args_get", |_: i32, _: i32| 0)
            .unwrap();
        let open = |_: i32, _: i32, _: i32, _: i32, _: i32, _: i64, _: i64, _: i32, _: i32| 0;
        linker.func_wrap(wasi, "path_open", open).unwrap();
        let instance = linker
            .instantiate_and_start(&mut store, &module)
            .expect("starts");
        let memory = instance.get_memory(&store, "memory").expect("exported");
        Self {
            store,
            instance,
            memory,
        }
    }

    fn call(&mut self, name: &str, arguments: &[Val]) -> i32 {
        let function = self.instance.get_func(&self.store, name).expect("exported");
        let mut results = [Val::I32(0)];
        let called = function.call(&mut self.store, arguments, &mut results);
        called.expect("does not trap");
        results[0].i32().expect("an errno")
    }

    fn call_with(&mut self, name: &str, arguments: &[u32]) -> i32 {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|n| Val::I32(n.cast_signed()))
            .collect();
        self.call(name, &arguments)
    }

    fn bytes(&self) -> Vec<u8> {
        self.memory.data(&self.store).to_vec()
    }

    fn fill(&mut self) {
        for (at, byte) in (0_u32..).zip(self.memory.data_mut(&mut self.store)) {
            *byte = (at.wrapping_mul(2_654_435_761) >> 24) as u8;
        }
    }

    fn seek(&mut self, name: &str, whence: i32) -> i32 {
        let arguments = [Val::I32(3), Val::I64(0), Val::I32(whence), Val::I32(8)];
        self.call(name, &arguments);
        self.store.data().whence
    }
}

#[test]
fn seeks_start_from_the_same_place() {
    let mut running = Running::start("");
    // Current, end and start in `wasi_unstable`; start, current and end in preview 1.
    let found = [0, 1, 2].map(|whence| running.seek("seek", whence));
    assert_eq!(found, [1, 2, 0]);
    assert_eq!(running.seek("indirect", 2), 0);
    for invalid in [3, 256, -1, i32::MIN] {
        assert_eq!(running.seek("seek", invalid), invalid);
    }
}

#[test]
fn file_attributes_fill_56_bytes_and_no_more() {
    const LEN: usize = 1 << 16;
    for at in [0, 8, 4088, 4096, 5000, LEN - 64, LEN - 56] {
        for (name, before) in [("stat", 1), ("path_stat", 4)] {
            let mut running = Running::start("");
            running.fill();
            running.store.data_mut().links = 7;
            let mut expected = running.bytes();
            expected[at..at + 56].copy_from_slice(&old_filestat(7));
            let arguments = [vec![0; before], vec![at as u32]].concat();
            assert_eq!(running.call_with(name, &arguments), 0, "{name} {at}");
            assert!(running.bytes() == expected, "{name} {at}");
        }
    }
}

#[test]
fn a_buffer_outside_of_memory_is_a_fault() {
    for at in [(1 << 16) - 55, 1 << 16, u32::MAX - 63, u32::MAX] {
        let mut running = Running::start("");
        running.fill();
        let before = running.bytes();
        assert_eq!(running.call_with("stat", &[3, at]), 21, "{at}");
        assert_eq!(running.call_with("poll", &[at, 0, 1, 2048]), 21, "{at}");
        assert!(running.bytes() == before, "{at}");
    }
    let mut running = Running::start("");
    for count in [1171, 1 << 31, u32::MAX] {
        assert_eq!(
            running.call_with("poll", &[0, 0, count, 2048]),
            21,
            "{count}"
        );
    }
}

#[test]
fn too_many_links_are_the_most_that_fit() {
    let mut running = Running::start("");
    running.store.data_mut().links = 1 << 32;
    assert_eq!(running.call_with("stat", &[3, 8192]), 0);
    assert_eq!(running.bytes()[8192..8248], old_filestat(u32::MAX));
}

#[test]
fn failed_calls_leave_bytes_around_the_buffer_alone() {
    let mut running = Running::start("");
    running.fill();
    running.store.data_mut().errno = 8;
    let before = running.bytes();
    assert_eq!(running.call_with("stat", &[3, 8192]), 8);
    let after = running.bytes();
    assert!(before[..8192] == after[..8192] && before[8248..] == after[8248..]);
}

/// A subscription of a clock or a file, in both layouts.
fn subscription(number: u8) -> (Vec<u8>, Vec<u8>) {
    let word = |at: u8| [number.wrapping_mul(7).wrapping_add(at); 8];
    let tag = |tag: u8| [tag, 9, 9, 9, 9, 9, 9, 9];
    let [user, one, two, three, four, five] = [1, 2, 3, 4, 5, 6].map(word);
    match number % 3 {
        0 => (
            [user, tag(0), one, two, three, four, five].concat(),
            [user, tag(0), two, three, four, five].concat(),
        ),
        kind => (
            [user, tag(kind), one, two, three, four, five].concat(),
            [user, tag(kind), one, three, four, five].concat(),
        ),
    }
}

#[test]
fn subscriptions_are_converted_and_restored() {
    for count in [0_u8, 1, 2, 3, 8, 100] {
        for errno in [0, 28] {
            let mut running = Running::start("");
            running.fill();
            running.store.data_mut().errno = errno;
            let (old, new): (Vec<_>, Vec<_>) = (0..count).map(subscription).unzip();
            running
                .memory
                .write(&mut running.store, 64, &old.concat())
                .unwrap();
            let before = running.bytes();
            let called = running.call_with("poll", &[64, 40_000, count.into(), 39_000]);
            assert_eq!(called, errno);
            assert_eq!(running.store.data().subscriptions, new.concat());
            let after = running.bytes();
            assert!(after[..39_000] == before[..39_000], "{count}");
            assert_eq!(after[39_000], count);
        }
    }
}

#[test]
fn events_may_replace_their_subscriptions() {
    let mut running = Running::start("");
    let (old, _): (Vec<_>, Vec<_>) = (0..3).map(subscription).unzip();
    running
        .memory
        .write(&mut running.store, 64, &old.concat())
        .unwrap();
    assert_eq!(running.call_with("poll", &[64, 64, 3, 1024]), 0);
    let after = running.bytes();
    for (number, old) in old.iter().enumerate() {
        assert_eq!(after[64 + 32 * number..][..8], old[..8]);
    }
    // The number of events, too.
    running
        .memory
        .write(&mut running.store, 64, &old.concat())
        .unwrap();
    assert_eq!(running.call_with("poll", &[64, 2048, 3, 72]), 0);
    assert_eq!(running.bytes()[72..76], [3, 0, 0, 0]);
}

#[test]
fn packed_programs_import_preview_1_only() {
    for kind in KINDS {
        let packed = pack_with(&wasm(&program("")), kind).expect("packs");
        assert!(packed.warnings.contains(&Warning::Preview0));
        assert!(!text(&packed.module).contains("\"wasi_unstable\""));
        assert_eq!(found(&packed.module).index, INDEX);
        assert_eq!(
            run(&packed.module, "open"),
            i32::from_le_bytes(*INDEX.first_chunk().unwrap())
        );
        // All calls go to the runtime, which answers 99 to these.
        let again = pack(&packed.module).expect("packs again");
        assert!(again.module == packed.module);
        assert!(again.warnings.contains(&Warning::Preview0));
    }
}

#[test]
fn removing_the_image_restores_wasi_unstable() {
    let global = "(global funcref (ref.func $seek)) (func $f (drop (ref.func $stat)))
        (elem declare func $stat) (@custom \"own\" \"content\")";
    for more in ["", "(global i32 (i32.const 1))", global] {
        let program = wasm(&program(more));
        for kind in KINDS {
            let packed = pack_with(&program, kind).expect("packs").module;
            assert!(
                *without_image(&packed).expect("merged") == *program,
                "{more}"
            );
            let source: Arc<dyn ReadAt> = Arc::new(packed.clone());
            let len = len_without_image(&source, None).expect("merged");
            assert_eq!(len, program.len() as u64);
            let runs = unmounted(&packed).expect("merged");
            let expected = as_preview1(&program).expect("a module");
            assert_eq!(run(&runs, "open"), run(&expected, "open"));
        }
    }
}

#[test]
fn programs_without_differing_calls_convert_too() {
    let program = wasm(
        r#"(module (import "wasi_unstable" "path_open"
            (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (memory (export "memory") 1))"#,
    );
    let packed = pack(&program).expect("packs").module;
    assert!(*without_image(&packed).expect("merged") == *program);
}

#[test]
fn a_lost_record_leaves_a_program_of_preview_1() {
    let program = wasm(&program(""));
    let packed = pack(&program).expect("packs").module;
    let name = b"wasi_vfs.wasi_unstable";
    let at = memchr::memmem::find(&packed, name).expect("recorded");
    let mut stripped = packed.clone();
    // The section's identifier and length come first.
    stripped.drain(at - 3..at + name.len() + 1);
    let restored = without_image(&stripped).expect("merged").into_owned();
    assert_eq!(
        restored.len() + name.len() + 4,
        as_preview1(&program).unwrap().len()
    );
    let again = embed(&stripped, &PARTS, &runtime(), VERSION, None).expect("packs");
    assert_eq!(again.module.len() + name.len() + 4, packed.len());
}

#[test]
fn a_false_record_is_an_error() {
    let packed = pack(&wasm(&program(""))).expect("packs").module;
    let name = b"wasi_vfs.wasi_unstable";
    let at = memchr::memmem::find(&packed, name).expect("recorded") + name.len();
    let mut forged = packed.clone();
    forged[at] += 1;
    let error = without_image(&forged).expect_err("false").to_string();
    assert!(error.contains("4 adapters"), "{error}");
}

#[test]
fn wasi_unstable_beside_preview_1_is_rejected() {
    let mixed = wasm(&program("").replacen("wasi_unstable", "wasi_snapshot_preview1", 1));
    let error = form(&mixed, None).expect_err("mixed");
    assert!(matches!(error, ModuleError::Preview0 { .. }), "{error}");
    let error = error.to_string();
    assert!(
        error.contains("`fd_seek`") && error.contains("recompile"),
        "{error}"
    );
}
