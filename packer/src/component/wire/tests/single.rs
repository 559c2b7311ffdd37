//! The runtime shares the memory of the program.

use super::text::{program, with_fixup};
use super::{items, layout, wasm, wire, wire_with};
use crate::component::wire_error::WireError;
use crate::component::{ComponentError, locate, without_image};
use crate::module::{Form, MemoryKind, claimed_pages, validate_with};

/// A program whose `main` has more `items`.
fn with_items(items: &str) -> String {
    let run = r#"(func (export "run") (result i32) (call $drop"#;
    with_fixup().replace(run, &format!("{items} {run}"))
}

fn single(text: &str) -> Result<Vec<u8>, ComponentError> {
    wire_with(&wasm(text), Some(MemoryKind::Single))
}

fn rejected(text: &str) -> WireError {
    match single(text) {
        Err(ComponentError::Wire(error)) => error,
        other => panic!("{:?}", other.map(|wired| wired.len())),
    }
}

/// The core module with the runtime.
fn runtime(wired: &[u8]) -> &[u8] {
    let (place, _) = locate::find(wired).expect("readable").expect("an image");
    let place = place.range.start as usize..place.range.end as usize;
    wired.get(place).expect("in the component")
}

#[test]
fn one_memory_is_enough() {
    let wired = single(&with_fixup()).expect("can be wired");
    validate_with(&wired, false).expect("valid without multi-memory");
    let (_, found) = locate::find(&wired).expect("readable").expect("an image");
    assert_eq!(found.form, Form::Wired(MemoryKind::Single));
    assert_eq!(
        (&*found.index, &*found.payload),
        (super::INDEX, super::PAYLOAD)
    );
    assert_eq!(claimed_pages(runtime(&wired)), Some(16));
    assert_eq!(
        items(&wired).core_modules.len(),
        layout(&wasm(&with_fixup())).modules.len() + 3
    );
}

/// Its own two memories stay, and the runtime adds none.
#[test]
fn programs_with_two_memories_share_the_first() {
    let wired = single(&program("")).expect("can be wired");
    validate_with(runtime(&wired), false).expect("valid without multi-memory");
}

#[test]
fn shared_memory_is_removed_with_the_image() {
    for text in [with_fixup(), program("")] {
        let (original, wired) = (wasm(&text), single(&text).expect("can be wired"));
        assert!(*without_image(&wired).expect("restores") == *original);
    }
}

#[test]
fn packing_again_keeps_the_memory_unless_it_is_chosen() {
    let text = with_fixup();
    let (one, two) = (single(&text).unwrap(), wire(&wasm(&text)).unwrap());
    assert!(wire(&one).expect("can be wired") == one);
    assert!(wire_with(&one, Some(MemoryKind::Separate)).unwrap() == two);
    assert!(wire_with(&two, Some(MemoryKind::Single)).unwrap() == one);
}

/// As in wasi-libc: the length is read only beside a growth, and the result is an address.
#[test]
fn allocators_that_use_the_place_of_new_pages_share_memory() {
    let sbrk = r#"(func (export "sbrk") (param i32) (result i32)
      (if (i32.eqz (local.get 0))
        (then (return (i32.shl (memory.size) (i32.const 16)))))
      (if (i32.eq (local.tee 0 (memory.grow (local.get 0))) (i32.const -1))
        (then (return (i32.const -1))))
      (i32.shl (local.get 0) (i32.const 16)))"#;
    single(&with_items(sbrk)).expect("can be wired");
}

#[test]
fn allocators_that_expect_all_memory_are_named() {
    let start = r#"(func (export "start") (result i32) (i32.shl (memory.size) (i32.const 16)))"#;
    let grow = |compare: &str| {
        format!(
            r#"(func (export "grow") (result i32) (memory.grow (memory.size)) {compare}
              (i32.shl (memory.size) (i32.const 16)))"#
        )
    };
    let ignored = [
        "drop",
        "(if (i32.eq (i32.const -1)) (then))",
        "(if (i32.eqz) (then))",
    ];
    let ignored = ignored.map(grow);
    let programs = ignored.iter().map(|text| (&**text, "memory.grow"));
    for (items, reason) in programs.chain([(start, "memory.size")]) {
        let error = rejected(&with_items(items)).to_string();
        assert!(error.contains("core module 0"), "{error}");
        assert!(error.contains(reason), "{error}");
        assert!(error.contains("jco transpile --multi-memory"), "{error}");
        wire(&wasm(&with_items(items))).expect("has a separate memory");
    }
}

#[test]
fn memory_that_cannot_grow_enough_is_named() {
    let limited = |maximum: u32| {
        let memory = r#"(memory (export "memory") 1)"#;
        with_fixup().replace(
            memory,
            &format!(r#"(memory (export "memory") 1 {maximum})"#),
        )
    };
    let WireError::NoRoom {
        minimum,
        maximum,
        needed,
    } = rejected(&limited(100))
    else {
        panic!("another error");
    };
    assert_eq!((minimum, maximum), (1, 100));
    let least = (minimum + needed) as u32;
    single(&limited(least)).expect("can be wired");
    let error = rejected(&limited(least - 1)).to_string();
    assert!(error.contains("larger maximum"), "{error}");
    wire(&wasm(&limited(1))).expect("has a separate memory");
}

/// The module that defines the memory has the maximum, and the one in front of it has none.
#[test]
fn maximum_of_the_defining_module_counts() {
    let text = program("").replace(
        r#"(alias core export $libc "memory" (core memory $memory))"#,
        r#"(core module $pass (import "env" "m" (memory 1)) (export "memory" (memory 0)))
           (core instance $passed (instantiate $pass (with "env" (instance
             (export "m" (memory $libc "memory"))))))
           (alias core export $passed "memory" (core memory $memory))"#,
    );
    let memory = r#"(memory (export "memory") 1)"#;
    let limited = text.replace(memory, r#"(memory (export "memory") 1 100)"#);
    single(&text).expect("can be wired");
    assert!(matches!(
        rejected(&limited),
        WireError::NoRoom { maximum: 100, .. }
    ));
}

/// Without optimisation, compilers put the result of a growth into a local or in memory.
#[test]
fn growth_is_followed_into_locals() {
    let grow = "(local.set 0 (memory.grow (local.get 1)))";
    let fails = "(if (i32.eq (local.get 0) (i32.const -1)) (then unreachable))";
    let body = |place: &str| {
        let function = format!(
            "(func (param i32 i32) (result i32) (local.set 1 (memory.size)) {grow} {fails} {place})"
        );
        single(&with_items(&function))
    };
    body("(i32.shl (local.get 0) (i32.const 16))").expect("uses the place");
    let lost = "(i32.shl (local.get 1) (i32.const 16))";
    let error = body(lost).err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("cannot share its memory")));
}
