//! The built runtime, in behaviour that only a running module shows.

use super::{KINDS, fake, wasm};
use crate::{Contents, MemoryKind, Packer, Walk};
use rayon::prelude::*;
use wasi_vfs_format::Kind;
use wasmi::{Instance, Store, StoreLimits};

/// Opens a file of its first preopen, and polls.
fn program() -> Vec<u8> {
    wasm(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll
            (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 5)
          (data (i32.const 60000) "built.rs")
          (func $of (param i32) (result i32)
            (call $open (local.get 0) (i32.const 0) (i32.const 60000) (i32.const 8)
              (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 60100)))
          (func (export "throws") (result i32) (call $of (i32.const 2)))
          (func (export "opens") (result i32) (call $of (i32.const 3)))
          (func $polls (param i32) (result i32) (call $poll
            (i32.const 65536) (i32.const 65536) (local.get 0) (i32.const 65536)))
          (func (export "polls") (result i32) (call $polls (i32.const 4096)))
          (func (export "polls_less") (result i32) (call $polls (i32.const 2048))))"#,
    )
}

/// The program with this directory.
fn packed(kind: MemoryKind) -> Vec<u8> {
    let packer = Packer::new(program()).map_dir("src/module/tests", "/tests");
    packer
        .memory(kind)
        .compress(3)
        .pack()
        .expect("can be packed")
        .module
}

fn call(store: &mut Store<StoreLimits>, instance: &Instance, name: &str) -> Result<i32, String> {
    let function = instance.get_typed_func::<(), i32>(&*store, name);
    let called = function.expect("exported").call(store, ());
    called.map_err(|error| error.to_string())
}

/// Often enough to use up the runtime's stack many times.
#[test]
fn calls_left_by_exceptions_use_no_stack() {
    for kind in KINDS {
        let (mut store, instance) = fake::start(&packed(kind), u64::MAX);
        let memory = instance.get_memory(&store, "memory").expect("exported");
        // A call that never returns leaves its result undefined.
        let pages = |store: &_| {
            let mut pages = memory.data(store)[..5 * 65_536].to_vec();
            pages[60_100..60_104].fill(0);
            pages
        };
        let before = pages(&store);
        for _ in 0..3000 {
            let thrown = call(&mut store, &instance, "throws").expect_err("it throws");
            assert!(thrown.contains("thrown by the host"), "{thrown}");
        }
        assert!(pages(&store) == before, "{kind:?}: the program's memory");
        assert_eq!(call(&mut store, &instance, "opens"), Ok(0), "{kind:?}");
    }
}

/// The buffers of 4096 or 2048 subscriptions are whole pages, at most seven.
#[test]
fn memory_of_a_call_is_used_again() {
    const PAGES: u64 = 100;
    for kind in KINDS {
        let (mut store, instance) = fake::start(&packed(kind), PAGES);
        for _ in 0..100 {
            // What the host answers to all that it does not know.
            for polls in ["polls", "polls_less"] {
                assert_eq!(call(&mut store, &instance, polls), Ok(1000), "{kind:?}");
            }
        }
    }
}

/// The first call decompresses the index, which is longer than a page.
#[test]
fn a_call_after_one_without_memory_may_succeed() {
    const NOMEM: i32 = 48;
    let tree = tempfile::tempdir().expect("a directory");
    let file = |name: &str| std::fs::write(tree.path().join(name), "").expect("a file");
    file("built.rs");
    (0..2000).for_each(|number| file(&format!("{number}")));
    let packer = Packer::new(program()).map_dir(tree.path(), "/tests");
    let packer = packer.memory(MemoryKind::Single).compress(3);
    let packed = packer.pack().expect("can be packed").module;
    let (store, instance) = fake::start(&packed, u64::MAX);
    let memory = instance.get_memory(&store, "memory").expect("exported");
    let (mut store, instance) = fake::start(&packed, memory.size(&store));
    for _ in 0..3 {
        assert_eq!(call(&mut store, &instance, "opens"), Ok(NOMEM));
    }
    *store.data_mut() = StoreLimits::default();
    assert_eq!(call(&mut store, &instance, "opens"), Ok(0));
}

#[test]
fn damaged_list_of_writable_directories_is_an_io_error() {
    const IO: i32 = 29;
    const LIMIT: u64 = 0x1234_5678;
    let record = [&1_u32.to_le_bytes()[..], &[0; 4], &LIMIT.to_le_bytes()].concat();
    for kind in KINDS {
        let packer = Packer::new(program()).map_dir("src/module/tests", "/tests");
        let packer = packer.writable("/tests").writable_limit(LIMIT).memory(kind);
        let packed = packer.pack().expect("can be packed").module;
        let mut places = packed.windows(record.len());
        let start = places.position(|bytes| bytes == record).expect("a record");
        // The kind, the flags, the address and the count of the numbers, the reserved bytes,
        // and a number.
        for (offset, byte) in [
            (0, 7),
            (4, 1),
            (19, 0x70),
            (20, 2),
            (23, 0xff),
            (24, 1),
            (32, 200),
        ] {
            let mut damaged = packed.clone();
            damaged[start + offset] = byte;
            let (mut store, instance) = fake::start(&damaged, u64::MAX);
            let opened = call(&mut store, &instance, "opens");
            assert_eq!(opened, Ok(IO), "{kind:?}: {byte} at byte {offset}");
        }
    }
}

/// The image, read as each command reads it.
fn files(module: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let contents = Contents::find(module).map_err(|error| error.to_string())?;
    let image = contents.reader().map_err(|error| error.to_string())?;
    let mut files = Vec::new();
    for entry in Walk::new(&image).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        let is_file = entry.inode.kind() == Kind::File;
        if is_file && image.copy_to(&entry.inode, &mut bytes).is_ok() {
            files.push((entry.path.to_string(), bytes));
        }
    }
    Ok(files)
}

#[test]
fn damaged_module_never_yields_wrong_bytes() {
    let tree = tempfile::tempdir().expect("a directory");
    for name in ["a", "b"] {
        let text = format!("{name} line of a file\n").repeat(500);
        std::fs::write(tree.path().join(name), text).expect("a file");
    }
    for kind in KINDS {
        for level in [None, Some(3)] {
            let packer = Packer::new(program())
                .map_dir(tree.path(), "/d")
                .memory(kind);
            let packer = level.into_iter().fold(packer, Packer::compress);
            let packed = packer.pack().expect("can be packed").module;
            let whole = files(&packed).expect("readable");
            assert_eq!(whole.len(), 2);
            // All of what ends the module, data and the metadata section, and of the code some.
            let code = packed.len().saturating_sub(25_000);
            let places = (0..code).step_by(23).chain(code..packed.len());
            let wrong = places.par_bridge().find_any(|at| {
                let mut damaged = packed.clone();
                damaged[*at] ^= [0x01, 0x10, 0xff][at % 3];
                let read = files(&damaged).unwrap_or_default();
                read.iter().any(|file| !whole.contains(file))
            });
            assert_eq!(wrong, None, "{kind:?} {level:?}");
        }
    }
}
