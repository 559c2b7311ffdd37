//! Sealed components. The components are text, with programs of a few lines.

use super::Seal;
use crate::component::parse::walk;
use crate::component::wire::text;
use crate::component::{ComponentError, SealError, check, opened, without_image};
use crate::{Contents, Form, MemoryKind, PackError, Packer};
use std::sync::Arc;
use tempfile::TempDir;
use wasm_encoder::ComponentSection;

/// A component with an adapted program, and two that use WASI 0.2 themselves.
fn apps() -> [Vec<u8>; 3] {
    let adapted = format!(
        r#"(component {} (import "local:api/log" (instance $log (export "log" (func))))
          (core module
            (import "wasi_snapshot_preview1" "path_open"
              (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (memory (export "memory") 1))
          (component $other)
          (export "other" (component $other)) (export "log" (instance $log)))"#,
        text::imports("0.2.3", "")
    );
    [
        &adapted,
        &unnamed(&text::program("")),
        &unnamed(&text::of_two_versions()),
    ]
    .map(|text| wasm(text))
}

/// `text` as a root component, which has no name.
fn unnamed(text: &str) -> String {
    text.replacen("(component $app", "(component", 1)
}

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the test's text is valid")
}

fn tree(names: &[&str]) -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::write(tree.path().join(name), name.repeat(99)).unwrap();
    }
    tree
}

fn packer(app: &[u8], tree: &TempDir, guest: &str) -> Packer {
    Packer::new(app).map_dir(tree.path(), guest)
}

fn sealed(packer: Packer) -> Vec<u8> {
    packer
        .no_host_files(true)
        .pack()
        .expect("can be sealed")
        .module
}

fn imports(wasm: &[u8]) -> Vec<String> {
    walk::layout(wasm).expect("a component").imports().to_vec()
}

/// The names of the exports of the root.
fn exports(wasm: &[u8]) -> Vec<String> {
    let layout = walk::layout(wasm).expect("a component");
    let exports = super::behind::exports(wasm, &layout.components[0]).expect("valid");
    exports
        .iter()
        .map(|export| export.name.name.to_owned())
        .collect()
}

/// The error of sealing a component with these items behind the interfaces of WASI.
fn error(items: &str) -> ComponentError {
    let text = format!("(component {} {items})", text::imports("0.2.0", ""));
    match Seal::new(&wasm(&text)) {
        Err(error) => error,
        Ok(_) => panic!("it can be sealed"),
    }
}

#[test]
fn only_imports_of_files_are_removed() {
    let tree = tree(&["a"]);
    for app in apps() {
        let packed = sealed(packer(&app, &tree, "/d"));
        let mut expected = imports(&app);
        expected.retain(|import| !import.starts_with("wasi:filesystem/"));
        assert_eq!(imports(&packed), expected);
        assert_eq!(exports(&packed), exports(&app));
    }
}

#[test]
fn packed_component_is_sealed_byte_for_byte() {
    let tree = tree(&["a"]);
    for app in apps() {
        let packed = packer(&app, &tree, "/d").pack().expect("can be packed");
        let sealed = sealed(packer(&app, &tree, "/d"));
        assert!(opened(&sealed) == packed.module);
        assert!(*without_image(&sealed).expect("restores") == *app);
        assert!(opened(&app) == app);
    }
}

#[test]
fn packing_again_keeps_the_seal() {
    let (one, two) = (tree(&["a"]), tree(&["b"]));
    for app in apps() {
        let first = sealed(packer(&app, &one, "/one"));
        let twice = packer(&first, &two, "/two").pack().expect("can be packed");
        let both = packer(&app, &one, "/one").map_dir(two.path(), "/two");
        assert!(sealed(both) == twice.module);
    }
}

/// A custom section.
fn custom(name: &str, content: &[u8]) -> Vec<u8> {
    let mut section = Vec::new();
    wasm_encoder::CustomSection {
        name: name.into(),
        data: content.into(),
    }
    .append_to_component(&mut section);
    section
}

/// The custom sections of the root.
fn custom_sections(wasm: &[u8]) -> Vec<u8> {
    super::custom::whole(wasm).expect("a component")
}

/// The other subsections of the name section have numbers of the packed component.
#[test]
fn outer_component_repeats_name_and_description() {
    let tree = tree(&["a"]);
    let (name, other_names) = (b"\0\x04\x03app", b"\x01\x06\0\0\x01\0\x01f");
    let described = [
        custom("component-name", name),
        custom("producers", b"\0"),
        custom("version", b"1.2"),
    ]
    .concat();
    // The third has producers of its own.
    for app in &apps()[..2] {
        let app = [
            &app[..],
            &custom("component-name", &[&name[..], other_names].concat()),
            &custom("producers", b"\0"),
            &custom("other", b"x"),
            &custom("version", b"1.2"),
        ]
        .concat();
        let sealed = sealed(packer(&app, &tree, "/d"));
        assert_eq!(custom_sections(&sealed), described);
        let packed = packer(&app, &tree, "/d").pack().expect("can be packed");
        assert!(opened(&sealed) == packed.module);
    }
}

#[test]
fn malformed_names_are_not_repeated() {
    let [app, ..] = apps();
    let tree = tree(&["a"]);
    for name in [
        &b"\0\x04\x03ap"[..],
        b"\0\x04\x09app",
        b"\0\x02\x01\xff",
        b"\x80",
        b"",
    ] {
        let app = [&app[..], &custom("component-name", name)].concat();
        assert_eq!(custom_sections(&sealed(packer(&app, &tree, "/d"))), b"");
    }
}

#[test]
fn packing_again_keeps_custom_sections_of_the_outer_component() {
    let (one, two) = (tree(&["a"]), tree(&["b"]));
    for app in apps() {
        let app = [&app[..], &custom("version", b"1.2")].concat();
        let first = sealed(packer(&app, &one, "/one"));
        // Another tool replaces the version, and adds a section in front.
        let sections = [custom("version", b"1.3"), custom("added", b"x")];
        let at = first.len() - custom_sections(&first).len();
        let changed = [&first[..8], &sections[0], &first[8..at], &sections[1]].concat();
        let twice = packer(&changed, &two, "/two").pack().expect("packs").module;
        assert_eq!(custom_sections(&twice), sections.concat());
        let again = packer(&twice, &two, "/two").pack().expect("packs").module;
        assert!(again == twice);
    }
}

#[test]
fn image_and_original_are_read_in_a_sealed_component() {
    let tree = tree(&["a"]);
    for app in apps() {
        let packed = sealed(packer(&app, &tree, "/d"));
        let contents = Contents::find(&packed).expect("readable");
        let source: Arc<dyn wasi_vfs_format::ReadAt> = Arc::new(packed.clone());
        let len = contents.application_len(&source);
        assert_eq!(len, Some(app.len() as u64));
        let application = contents.application(&source).expect("restores");
        assert_eq!(imports(&application), imports(&app));
        let report = check(&Arc::new(packed));
        assert!(report.is_packed && report.program.is_ok());
    }
}

#[test]
fn kinds_of_memory_are_sealed_alike() {
    let ([app, ..], tree) = (apps(), tree(&["a"]));
    for kind in [MemoryKind::Separate, MemoryKind::Single] {
        let packed = sealed(packer(&app, &tree, "/d").memory(kind));
        let contents = Contents::find(&packed).expect("readable");
        assert_eq!(contents.form, Some(Form::Merged(kind)));
    }
}

/// The validator compares the core type of each function with the type of the interface.
#[test]
fn stubs_have_the_core_types_of_their_functions() {
    let text = r#"(component
      (import "local:api/types" (instance $api (export "handle" (type (sub resource)))))
      (alias export $api "handle" (type $handle))
      (type $mode (enum "a" "b"))
      (import "wasi:filesystem/odd@9.0.0" (instance
        (alias outer 1 $handle (type $h'))
        (alias outer 1 $mode (type $m'))
        (export "handle" (type $h (eq $h')))
        (export "mode" (type $m (eq $m')))
        (type $v' (variant (case "one" u32) (case "two" f32) (case "three" (tuple s64 string))))
        (export "v" (type $v (eq $v')))
        (type $r' (record (field "x" f64) (field "y" (option f32)) (field "z" (list u8))))
        (export "r" (type $r (eq $r')))
        (type $f' (flags "f" "g"))
        (export "f" (type $f (eq $f')))
        (export "none" (func))
        (export "variant" (func (param "v" $v) (result $v)))
        (export "record" (func (param "r" $r) (result f64)))
        (export "single" (func (param "m" $m) (result f32)))
        (export "flags" (func (param "f" $f) (param "c" char) (result u64)))
        (export "many" (func (param "a" $r) (param "b" $r) (param "c" $r) (param "d" $v)))
        (export "borrow" (func (param "x" $r) (param "a" (borrow $h)) (param "b" (borrow $h))
          (result (result (error $m)))))
        (export "own" (func (param "a" (own $h)) (result (result (own $h) (error $f))))))))"#;
    let app = wasm(text);
    let seal = Seal::new(&app).expect("can be sealed").expect("has files");
    let sealed = seal.close(app.clone()).expect("valid");
    assert_eq!(imports(&sealed), ["local:api/types"]);
    assert!(opened(&sealed) == app);
}

#[test]
fn component_without_the_import_needs_no_seal() {
    let app = wasm(r#"(component (import "wasi:io/error@0.2.0" (instance)))"#);
    assert!(Seal::new(&app).expect("valid").is_none());
}

#[test]
fn users_of_descriptors_are_rejected_by_name() {
    let import = error(r#"(import "local:api/upload" (func (param "file" (borrow $descriptor))))"#);
    assert!(
        import
            .to_string()
            .contains("the import `local:api/upload` uses its resource `descriptor`"),
        "{import}"
    );
    let instance = error(
        r#"(import "local:api/files" (instance (alias outer 1 $descriptor (type $d'))
          (export "descriptor" (type $d (eq $d')))
          (export "all" (func (result (list (tuple (own $d) string)))))))"#,
    );
    assert!(
        instance.to_string().contains("`local:api/files`"),
        "{instance}"
    );
    let export = error(r#"(export "file" (type $descriptor))"#);
    assert!(export.to_string().contains("the export `file`"), "{export}");
}

/// An enumeration has no fields, so an import can repeat it.
#[test]
fn imports_that_need_types_of_files_are_named() {
    let files = r#"(import "wasi:filesystem/types@0.2.0" (instance $types
        (type $code' (enum "access")) (export "error-code" (type $code (eq $code')))
        (type $stat' (record (field "code" $code)))
        (export "descriptor-stat" (type $stat (eq $stat')))))
      (alias export $types "error-code" (type $error-code))
      (alias export $types "descriptor-stat" (type $descriptor-stat))"#;
    let import = |name: &str, item: &str| {
        let alias =
            format!("(alias outer 1 ${name} (type $t')) (export \"{name}\" (type $t (eq $t')))");
        wasm(
            &format!(r#"(component {files} (import "local:api/disk" {item}))"#)
                .replace("ALIAS", &alias),
        )
    };
    let codes = import(
        "error-code",
        r#"(instance ALIAS (export "f" (func (param "c" $t))))"#,
    );
    assert!(Seal::new(&codes).expect("can be sealed").is_some());
    let named = [
        ("descriptor-stat", r#"(instance ALIAS)"#),
        (
            "descriptor-stat",
            r#"(func (result (list $descriptor-stat)))"#,
        ),
        ("error-code", r#"(func (param "c" (option $error-code)))"#),
    ];
    for (name, item) in named {
        let error = Seal::new(&import(name, item))
            .err()
            .expect("cannot be sealed");
        let said = error.to_string();
        let words = format!(
            "the import `local:api/disk` uses the type `{name}` of `wasi:filesystem/types@0.2.0`"
        );
        assert!(said.contains(&words), "{said}");
    }
}

#[test]
fn imports_behind_other_items_are_rejected() {
    let error = error(r#"(core module) (import "local:api/late" (func))"#);
    assert!(
        matches!(error, ComponentError::Seal(SealError::Order { offset }) if offset > 8),
        "{error}"
    );
}

/// The type of the function is the nested component's, and not the exported one.
#[test]
fn functions_with_types_of_the_root_are_rejected() {
    let error = error(
        r#"(core module $m (func (export "f") (param i32)))
          (core instance $i (instantiate $m))
          (type $mode' (enum "a"))
          (export $mode "mode" (type $mode'))
          (func $f (param "mode" $mode) (canon lift (core func $i "f")))
          (export "f" (func $f))"#,
    );
    assert!(
        matches!(error, ComponentError::Seal(SealError::Outer(_))),
        "{error}"
    );
}

#[test]
fn interfaces_with_unknown_items_are_rejected() {
    for (interface, words) in [
        (
            "(instance (export \"x\" (instance)))",
            "exports more than types",
        ),
        ("(func)", "is not an instance"),
    ] {
        let text = format!(r#"(component (import "wasi:filesystem/x@0.2.0" {interface}))"#);
        let error = Seal::new(&wasm(&text)).err().expect("cannot be sealed");
        let said = error.to_string();
        assert!(
            said.contains("wasi:filesystem/x@0.2.0") && said.contains(words),
            "{said}"
        );
    }
}

#[test]
fn core_module_is_rejected() {
    let app = wasm(
        r#"(module (import "wasi_snapshot_preview1" "path_open"
            (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (memory (export "memory") 1))"#,
    );
    let packer = packer(&app, &tree(&["a"]), "/d").no_host_files(true);
    assert!(matches!(packer.pack(), Err(PackError::NotComponent)));
}
