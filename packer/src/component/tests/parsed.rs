//! Which parts a component has, and which core module opens files.

use super::{ADAPTER, PROGRAM, chain, component, layout, overview, wasm};

/// Identifiers of sections.
const CORE_MODULE: u8 = 1;
const COMPONENT: u8 = 4;

const NATIVE: &str = r#"(core module
    (import "wasi:filesystem/types@0.2.0" "[method]descriptor.sync" (func (param i32 i32))))"#;

/// Items of a component that opens files itself.
const USER: &str = r#"
  (import "wasi:filesystem/types@0.2.0" (instance $types (export "open-at" (func))))
  (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
    (export "get-directories" (func))))
  (core func $open (canon lower (func $types "open-at")))
  (core func $directories (canon lower (func $preopens "get-directories")))
  (core module $native
    (import "wasi:filesystem/types@0.2.0" "open-at" (func))
    (import "wasi:filesystem/preopens@0.2.0" "get-directories" (func)))
  (core instance (instantiate $native
    (with "wasi:filesystem/types@0.2.0" (instance (export "open-at" (func $open))))
    (with "wasi:filesystem/preopens@0.2.0" (instance
      (export "get-directories" (func $directories))))))"#;

fn program(modules: &[&str]) -> Result<usize, String> {
    let overview = overview(&component(modules)).expect("valid");
    overview.program().map_err(|error| chain(&error))
}

#[test]
fn sections_follow_each_other_without_gaps() {
    let wasm = wasm(&format!(
        r#"(component {PROGRAM} (import "wasi:io/error@0.2.3" (instance))
          (component {ADAPTER} (component {NATIVE})) (@custom "last" "x"))"#
    ));
    let layout = layout(&wasm).expect("valid");
    assert_eq!(layout.imports(), ["wasi:io/error@0.2.3"]);
    assert_eq!((layout.components.len(), layout.modules.len()), (3, 3));
    for component in &layout.components {
        let content = component.enclosing.first();
        let place = content.map_or(0..wasm.len() as u64, |section| section.content.clone());
        let mut at = place.start + 8;
        for section in &component.sections {
            assert_eq!(section.start, at);
            assert_eq!(section.id, wasm[at as usize]);
            at = section.content.end;
        }
        assert_eq!(at, place.end);
    }
    for (number, depth) in [(0, 1), (1, 2), (2, 3)] {
        let place = layout.place(number);
        assert!(wasm[place.start as usize..].starts_with(b"\0asm\x01"));
        let enclosing = layout.enclosing(number);
        assert_eq!(enclosing.len(), depth);
        assert_eq!(enclosing[0].id, CORE_MODULE);
        assert!(enclosing[1..].iter().all(|outer| outer.id == COMPONENT));
    }
}

#[test]
fn bytes_that_are_no_component_are_an_error_with_an_offset() {
    let wasm = component(&[PROGRAM, "(component (core module))", ADAPTER]);
    let ends: Vec<_> = layout(&wasm).expect("valid").components[0]
        .sections
        .iter()
        .map(|section| section.content.end)
        .collect();
    for at in 8..wasm.len() {
        match layout(&wasm[..at]) {
            // One that ends between two sections is a component.
            Ok(_) => assert!(at == 8 || ends.contains(&(at as u64)), "{at}"),
            Err(error) => assert!(error.to_string().contains("offset 0x"), "{error}"),
        }
    }
}

#[test]
fn damage_is_never_a_panic() {
    let wasm = component(&[PROGRAM, "(component (core module))", ADAPTER]);
    for at in 8..wasm.len() {
        for bit in [1, 0x10, 0x80, 0xff] {
            let mut damaged = wasm.clone();
            damaged[at] ^= bit;
            let _ = overview(&damaged).map(|overview| overview.program());
        }
    }
}

#[test]
fn deep_components_are_rejected() {
    let nested = |depth: usize| {
        let innermost = wasm("(component)");
        let nested = (0..depth).fold(innermost, |inner, _| {
            let mut outer = wasm_encoder::Component::new();
            outer.section(&wasm_encoder::RawSection {
                id: COMPONENT,
                data: &inner,
            });
            outer.finish()
        });
        layout(&nested).map_err(|error| error.to_string())
    };
    assert!(nested(100).is_ok());
    let error = nested(101).expect_err("too deep");
    assert!(error.contains("101 nested components"), "{error}");
}

#[test]
fn the_preview_1_program_is_found_beside_its_adapter() {
    assert_eq!(program(&[ADAPTER, PROGRAM]), Ok(1));
    assert_eq!(program(&["(core module)", ADAPTER, PROGRAM]), Ok(2));
    let nested = format!("(component {PROGRAM})");
    assert_eq!(program(&["(core module)", &nested, ADAPTER]), Ok(1));
}

#[test]
fn two_programs_are_named() {
    let error = program(&[PROGRAM, &format!("(component {PROGRAM})")]).expect_err("two");
    let words = ["0xa", "pack each program before composing"];
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
}

#[test]
fn native_users_of_files_are_named() {
    for modules in [&[USER][..], &[PROGRAM, ADAPTER, USER]] {
        let error = program(modules).expect_err("native");
        let words = [
            "core module ",
            "wasi:filesystem/types@0.2.0",
            "wasm32-wasip1",
        ];
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn names_of_imports_do_not_make_a_native_user() {
    assert_eq!(program(&[PROGRAM, ADAPTER, NATIVE]), Ok(0));
    let other = USER.replace("open-at", "stat");
    assert_eq!(program(&[PROGRAM, &other]), Ok(0));
}

#[test]
fn a_component_without_files_is_rejected() {
    for modules in [&[][..], &["(core module)"], &[ADAPTER]] {
        let error = program(modules).expect_err("no files");
        assert!(error.contains("opens no files"), "{error}");
    }
}

#[test]
fn damaged_core_modules_are_named_by_their_place() {
    let mut wasm = component(&["(core module)", PROGRAM]);
    let place = layout(&wasm).expect("valid").place(1);
    wasm[place.start as usize + 9] = 0xff;
    let error = chain(&overview(&wasm).err().expect("damaged"));
    let start = format!("core module 1 at offset {:#x}", place.start);
    assert!(error.starts_with(&start), "{error}");
}
