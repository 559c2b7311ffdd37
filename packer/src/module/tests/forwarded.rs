//! A packed program that runs without its runtime: its calls reach the host.

use super::fake::{run, start};
use super::merged::{OPEN, program};
use super::{KINDS, each_packed, pack_with, wasm};
use crate::module::parse::shape::Shape;
use crate::module::unmounted;

#[test]
fn calls_of_an_unmounted_program_reach_the_host() {
    let text = program("(func (export \"twice\") (result i32) call $helper)");
    let original = wasm(&text);
    for packed in each_packed(&text) {
        let module = unmounted(&packed).expect("readable");
        for name in ["open", "read", "host", "other", "twice"] {
            assert_eq!(run(&module, name), run(&original, name), "{name}");
        }
    }
}

/// References in elements, exports, globals and instructions name the import.
#[test]
fn references_to_imports_reach_the_host() {
    let text = program(
        r#"(type $read (func (param i32 i32 i32 i32) (result i32)))
          (table 4 funcref) (elem (i32.const 0) func $read $open) (export "direct" (func $read))
          (global $g funcref (ref.func $read))
          (func (export "indirect") (result i32)
            (call_indirect (type $read)
              (i32.const 5) (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 0)))
          (func (export "by_global") (result i32)
            (table.set (i32.const 2) (global.get $g))
            (call_indirect (type $read)
              (i32.const 5) (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 2)))"#,
    );
    for packed in each_packed(&text) {
        let module = unmounted(&packed).expect("readable");
        for name in ["indirect", "by_global"] {
            assert_eq!(run(&module, name), run(&wasm(&text), name), "{name}");
        }
    }
}

#[test]
fn unmounted_programs_grow_like_the_original() {
    let text = format!(
        r#"(module {OPEN} (memory (export "memory") 2 5)
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "size") (param i32) (result i32) memory.size))"#
    );
    let original = wasm(&text);
    for kind in KINDS {
        let packed = pack_with(&original, kind).expect("can be packed").module;
        let module = unmounted(&packed).expect("readable").into_owned();
        let [expected, found] = [&original, &module].map(|wasm| {
            let (mut store, instance) = start(wasm, u64::MAX);
            let calls = [
                ("size", 0),
                ("grow", 1),
                ("grow", 9),
                ("grow", 2),
                ("size", 0),
            ];
            calls.map(|(name, pages)| {
                let function = instance.get_typed_func::<i32, i32>(&store, name);
                function
                    .expect("exported")
                    .call(&mut store, pages)
                    .expect("does not trap")
            })
        });
        assert_eq!(found, expected, "{kind:?}");
        assert_eq!(expected, [2, 2, -1, 3, 5]);
    }
}

/// Decoding all instructions took most of the time of starting a program.
#[test]
fn instructions_of_a_program_are_not_decoded() {
    for mut packed in each_packed(&program("")) {
        let shape = Shape::parse(&packed).expect("a module");
        let body = shape.bodies.first().expect("it has functions").range();
        // An opcode that no proposal has, behind the empty list of locals.
        packed[body.start + 1] = 0x27;
        let module = unmounted(&packed).expect("readable");
        assert!(Shape::parse(&module).is_ok());
    }
}

#[test]
fn changed_runtimes_are_rejected() {
    for kind in KINDS {
        let mut packed = pack_with(&wasm(&program("")), kind)
            .expect("can be packed")
            .module;
        let shape = Shape::parse(&packed).expect("a module");
        let body = shape.bodies.last().expect("it has functions").range();
        packed[body.end - 1] ^= 1;
        let error = unmounted(&packed).expect_err("changed").to_string();
        assert!(error.contains("checksum"), "{error}");
    }
}
