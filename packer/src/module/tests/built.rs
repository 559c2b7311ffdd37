//! The runtime as it is built, where only a module that runs can show what it does.

use super::{KINDS, fake, wasm};
use crate::{MemoryKind, Packer};
use wasmi::{Instance, Store, StoreLimits};

/// A program with this directory as its first preopen, and what it opens and polls.
fn packed(kind: MemoryKind) -> Vec<u8> {
    let program = wasm(
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
          (func (export "polls") (result i32) (call $poll
            (i32.const 65536) (i32.const 65536) (i32.const 4096) (i32.const 65536))))"#,
    );
    let packer = Packer::new(program).map_dir("src/module/tests", "/tests");
    packer.memory(kind).pack().expect("can be packed").module
}

fn call(store: &mut Store<StoreLimits>, instance: &Instance, name: &str) -> Result<i32, String> {
    let function = instance.get_typed_func::<(), i32>(&*store, name);
    let called = function.expect("exported").call(store, ());
    called.map_err(|error| error.to_string())
}

/// Often enough to use up the runtime's stack many times.
#[test]
fn calls_that_the_host_leaves_by_throwing_use_up_no_stack() {
    for kind in KINDS {
        let (mut store, instance) = fake::start(&packed(kind), u64::MAX);
        let memory = instance.get_memory(&store, "memory").expect("exported");
        let page = |store: &_| memory.data(store)[..65_536].to_vec();
        let before = page(&store);
        for _ in 0..3000 {
            let thrown = call(&mut store, &instance, "throws").expect_err("it throws");
            assert!(thrown.contains("thrown by the host"), "{thrown}");
        }
        assert!(page(&store) == before, "{kind:?}: the program's memory");
        assert_eq!(call(&mut store, &instance, "opens"), Ok(0), "{kind:?}");
    }
}

/// What 4096 subscriptions take are whole pages, seven of them.
#[test]
fn memory_of_a_call_is_used_again() {
    const PAGES: u64 = 100;
    for kind in KINDS {
        let (mut store, instance) = fake::start(&packed(kind), PAGES);
        for _ in 0..100 {
            // What the host answers to all that it does not know.
            assert_eq!(call(&mut store, &instance, "polls"), Ok(1000), "{kind:?}");
        }
    }
}
