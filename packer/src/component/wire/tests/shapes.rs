//! What wiring does to each shape of component.

use super::text::{LIBC, OPTIONS, imports, of_two_versions, program, with_fixup};
use super::{INDEX, PAYLOAD, items, layout, wasm, wired};
use crate::Packer;
use crate::component::locate;
use crate::component::parse::layout::Layout;
use crate::component::wire::items::{CoreFunction, Items};
use crate::component::wire::sections;
use crate::module::{Form, MemoryKind};
use wasmparser::{ExternalKind, Instance};

/// The instance whose export each core function with this name is, among the functions
/// that are passed to core modules.
pub(super) fn origins(items: &Items<'_>, name: &str) -> Vec<Option<u32>> {
    let exports = items
        .core_instances
        .iter()
        .filter_map(|(instance, _)| match instance {
            Instance::FromExports(exports) => Some(exports.iter()),
            Instance::Instantiate { .. } => None,
        });
    let named = exports.flatten().filter(|export| export.name == name);
    let functions = named.filter(|export| export.kind == ExternalKind::Func);
    functions
        .map(
            |export| match &items.core_functions[export.index as usize].0 {
                CoreFunction::Export(export) => Some(export.instance),
                _ => None,
            },
        )
        .collect()
}

/// The module of a core instance.
pub(super) fn module(items: &Items<'_>, instance: u32) -> Option<u32> {
    match items.core_instances[instance as usize].0 {
        Instance::Instantiate { module_index, .. } => Some(module_index),
        Instance::FromExports(_) => None,
    }
}

#[test]
fn the_program_calls_the_shim_instead_of_its_lowerings() {
    let before = wasm(&program(""));
    assert_eq!(origins(&items(&before), "open"), [None]);
    let after = wired(&program(""));
    let items = items(&after);
    // The libc is module 0. The shim is behind the modules before the first instance.
    for name in ["open", "directories"] {
        let origins = origins(&items, name);
        assert_eq!(origins.len(), 1);
        let instance = origins[0].expect("an export");
        assert_eq!(module(&items, instance), Some(1));
    }
}

#[test]
fn a_fixup_of_the_program_writes_the_shim_into_its_table() {
    let after = wired(&with_fixup());
    let items = items(&after);
    let [.., fixup] = &*origins(&items, "0") else {
        panic!("the fixup gets no function");
    };
    assert_eq!(module(&items, fixup.expect("an export")), Some(3));
    let drop = origins(&items, "drop");
    assert_eq!(module(&items, drop[0].expect("an export")), Some(3));
}

#[test]
fn core_modules_and_the_world_stay_unchanged() {
    for text in [program(""), with_fixup(), of_two_versions()] {
        let (before, after) = (wasm(&text), wired(&text));
        let modules = |wasm: &[u8]| -> Vec<Vec<u8>> {
            let layout = layout(wasm);
            let modules = layout.modules.iter();
            modules
                .map(|module| sections::content(wasm, &module.section).to_vec())
                .collect()
        };
        let (old, mut new) = (modules(&before), modules(&after));
        new.retain(|module| old.contains(module));
        assert_eq!(new, old);
        assert_eq!(layout(&before).imports(), layout(&after).imports());
        let types = |wasm: &[u8]| -> Vec<Vec<u8>> {
            let layout = layout(wasm);
            let sections = layout.components[0].sections.iter();
            let kept = sections.filter(|section| [4, 7, 10].contains(&section.id));
            kept.map(|section| sections::whole(wasm, section).to_vec())
                .collect()
        };
        assert_eq!(types(&before), types(&after));
        let exports = |wasm: &[u8]| {
            let mut names: Vec<_> = items(wasm)
                .passed
                .iter()
                .map(|passed| passed.name.to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(exports(&before), exports(&after));
    }
}

#[test]
fn the_image_is_found_in_the_runtime() {
    let after = wired(&program(""));
    let (place, found) = locate::find(&after).expect("readable").expect("an image");
    assert_eq!(
        (place.number, found.form),
        (2, Form::Wired(MemoryKind::Separate))
    );
    assert_eq!((&*found.index, &*found.payload), (INDEX, PAYLOAD));
    assert_eq!(found.metadata, Some(&b"cold"[..]));
}

#[test]
fn each_lowering_of_two_versions_is_intercepted() {
    let after = wired(&of_two_versions());
    let items = items(&after);
    for (name, count) in [("open", 2), ("directories", 2), ("poll", 1), ("splice", 1)] {
        let origins = origins(&items, name);
        assert_eq!(origins.len(), count, "{name}");
        for origin in origins {
            assert_eq!(
                module(&items, origin.expect("an export")),
                Some(1),
                "{name}"
            );
        }
    }
    // Both allocators, `ready` of the first version and `check-write` of the second.
    for name in ["realloc 0", "realloc 1", "host 0", "host 1", "lowered 5"] {
        assert_eq!(origins(&items, name).len(), 1, "{name}");
    }
    assert!(origins(&items, "host 2").is_empty());
    assert!(origins(&items, "lowered 6").is_empty());
}

#[test]
fn one_memory_may_have_several_names() {
    let again = r#"
  (core module $more (import "env" "m" (memory 1)) (export "n" (memory 0)))
  (core instance $more (instantiate $more (with "env" (instance
    (export "m" (memory $memory))))))
  (alias core export $more "n" (core memory $again))
  (core func (canon lower (func $types "[method]descriptor.sync") (memory $again)))"#;
    wired(&program(again));
}

/// Many programs only ask for the type of a descriptor, and close the preopens.
#[test]
fn a_component_that_opens_no_files_stays_unwired() {
    let nested = program("");
    let imports = imports("0.2.0", "");
    let hello = format!(
        r#"(component {imports} {LIBC}
          (core func (canon lower (func $types "[method]descriptor.sync") {OPTIONS}))
          (core func (canon lower (func $preopens "get-directories") {OPTIONS})))"#
    );
    let text = format!("(component {hello} {nested})");
    let (before, after) = (layout(&wasm(&text)), layout(&wired(&text)));
    let modules = |layout: &Layout, component| {
        let modules = layout.modules.iter();
        modules
            .filter(|module| module.component == component)
            .count()
    };
    assert_eq!(modules(&after, 1), modules(&before, 1));
    assert_eq!(modules(&after, 2), modules(&before, 2) + 3);
}

#[test]
fn a_program_with_files_of_both_previews_is_wired() {
    let preview1 = r#"(core module (import "wasi_snapshot_preview1" "path_open"
      (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 1))"#;
    let text = program(preview1).replace(r#""a""#, r#""wasi:filesystem/types@0.2.0""#);
    let packed = Packer::new(wasm(&text)).map_dir("src/path", "/d").pack();
    let packed = packed.expect("can be packed").module;
    let found = locate::find(&packed).expect("readable").expect("an image");
    assert_eq!(found.1.form, Form::Wired(MemoryKind::Separate));
}

#[test]
fn functions_of_inline_instances_are_intercepted() {
    let lowered = r#"(core func $directories"#;
    let function = r#"(instance $again (export "g" (func $preopens "get-directories")))"#;
    let instance = r#"(instance $outer (export "inner" (instance $preopens)))
      (alias export $outer "inner" (instance $again))"#;
    for (inline, name) in [(function, "g"), (instance, "get-directories")] {
        let text = program("").replace(
            r#"(func $preopens "get-directories")"#,
            &format!(r#"(func $again "{name}")"#),
        );
        let after = wired(&text.replace(lowered, &format!("{inline} {lowered}")));
        let items = items(&after);
        let origin = origins(&items, "directories")[0].expect("an export");
        assert_eq!(module(&items, origin), Some(1), "{name}");
    }
}

#[test]
fn a_nested_program_is_wired_in_its_component() {
    let nested = program("");
    let text = format!(r#"(component (core module) {nested} (component))"#);
    let (before, after) = (wasm(&text), wired(&text));
    let (before, after) = (layout(&before), layout(&after));
    assert_eq!(before.components.len(), after.components.len());
    assert_eq!(after.modules.len(), before.modules.len() + 3);
    assert!(
        after.modules[1..]
            .iter()
            .all(|module| module.component == 1)
    );
}

/// Each core module is parsed once, so a long chain of instances takes linear time.
#[test]
fn a_memory_that_instances_pass_on_is_one_memory() {
    const CHAIN: usize = 300;
    let names: String = (0..2000)
        .map(|number| format!(r#"(export "{number}" (memory 0))"#))
        .collect();
    let mut more = format!(
        r#"(core module $pass (import "env" "m" (memory 1)) {names} (export "m" (memory 0)))
        (core instance $pass0 (instantiate $pass
            (with "env" (instance (export "m" (memory $memory))))))"#
    );
    for number in 1..CHAIN {
        let before = number - 1;
        more += &format!(
            r#"(core instance $pass{number}
                (instantiate $pass (with "env" (instance $pass{before}))))
            (alias core export $pass{number} "m" (core memory $memory{number}))
            (core func (canon lower (func $types "[method]descriptor.sync")
                (memory $memory{number})))"#
        );
    }
    let before = wasm(&program(&more));
    assert_ne!(wired(&program(&more)), before);
}
