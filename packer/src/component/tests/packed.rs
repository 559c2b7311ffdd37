//! Packing a component in place, and reading what was packed.

use super::{ADAPTER, PROGRAM, chain, component, layout, wasm};
use crate::component::replace::{replace, replaced_len};
use crate::component::{ComponentError, WireError, check, without_image};
use crate::module::{Form, unmounted};
use crate::{Contents, MemoryKind, OpenError, PackError, Packer, Walk};
use rayon::prelude::*;
use std::sync::Arc;
use tempfile::TempDir;
use wasi_vfs_format::{Kind, ReadAt};

const KINDS: [MemoryKind; 2] = [MemoryKind::Separate, MemoryKind::Single];

/// A component whose program is nested, between other sections.
fn app() -> Vec<u8> {
    let nested = format!(r#"(component (core module) {PROGRAM} (@custom "note" "inner"))"#);
    component(&[ADAPTER, &nested, r#"(@custom "note" "outer")"#])
}

fn tree(names: &[&str]) -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    for name in names {
        let text = format!("{name} line of a file\n").repeat(500);
        std::fs::write(tree.path().join(name), text).unwrap();
    }
    tree
}

fn pack(wasm: &[u8], tree: &TempDir, guest: &str) -> Vec<u8> {
    let packer = Packer::new(wasm).map_dir(tree.path(), guest);
    packer.pack().expect("can be packed").module
}

fn error_of(wasm: &[u8]) -> String {
    let tree = tree(&["a"]);
    let packed = Packer::new(wasm).map_dir(tree.path(), "/d").pack();
    chain(&packed.expect_err("cannot be packed"))
}

/// The files in a component, as each command reads them.
fn files(component: &[u8]) -> Result<Vec<(String, Vec<u8>)>, OpenError> {
    let contents = Contents::find(component)?;
    let image = contents.reader()?;
    let mut files = Vec::new();
    for entry in Walk::new(&image).map_err(wasi_vfs_format::Error::from)? {
        let entry = entry.map_err(wasi_vfs_format::Error::from)?;
        let mut bytes = Vec::new();
        let is_file = entry.inode.kind() == Kind::File;
        if is_file && image.copy_to(&entry.inode, &mut bytes).is_ok() {
            files.push((entry.path.to_string(), bytes));
        }
    }
    Ok(files)
}

/// The bytes of `wasm` outside its core module `number`, without the lengths around it.
fn around(wasm: &[u8], number: usize) -> Vec<Vec<u8>> {
    let layout = layout(wasm).expect("valid");
    let mut enclosing = layout.enclosing(number);
    enclosing.reverse();
    let mut at = 0;
    let mut parts = Vec::new();
    for section in &enclosing {
        parts.push(wasm[at..=section.start as usize].to_vec());
        at = section.content.start as usize;
    }
    parts.push(wasm[enclosing.last().unwrap().content.end as usize..].to_vec());
    parts
}

/// The packed core module 2 as a program whose calls reach its host.
fn forwarding(packed: &[u8]) -> Vec<u8> {
    let place = layout(packed).expect("valid").place(2);
    let program = unmounted(&packed[place.start as usize..place.end as usize]);
    program.expect("readable").into_owned()
}

#[test]
fn only_the_program_and_two_lengths_change() {
    let (app, tree) = (app(), tree(&["a", "b"]));
    for kind in KINDS {
        let packer = Packer::new(&*app).map_dir(tree.path(), "/d").memory(kind);
        let packed = packer.compress(3).pack().expect("can be packed").module;
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
            .validate_all(&packed)
            .expect("valid");
        assert_eq!(around(&packed, 2), around(&app, 2));
        assert_eq!(files(&packed).expect("readable").len(), 2);
        assert!(*without_image(&packed).expect("restores") == *app);
    }
    assert!(*without_image(&app).expect("has none") == *app);
}

/// No instance of such a module exists, so no function of files reaches it.
#[test]
fn names_of_imports_do_not_prevent_packing_in_place() {
    let named = r#"(core module (import "wasi:filesystem/types@0.2.0" "x" (func)))"#;
    let (app, tree) = (component(&[PROGRAM, named]), tree(&["a"]));
    let packer = Packer::new(&*app).map_dir(tree.path(), "/d");
    let packed = packer.memory(MemoryKind::Single).pack();
    let packed = packed.expect("can be packed").module;
    let contents = Contents::find(&packed).expect("readable");
    assert_eq!(contents.form, Some(Form::Merged(MemoryKind::Single)));
}

#[test]
fn packing_again_equals_packing_once_with_both() {
    let (app, one, two) = (app(), tree(&["a"]), tree(&["b"]));
    let twice = pack(&pack(&app, &one, "/one"), &two, "/two");
    let both = Packer::new(&*app)
        .map_dir(one.path(), "/one")
        .map_dir(two.path(), "/two");
    assert!(both.pack().expect("can be packed").module == twice);
}

#[test]
fn a_packed_component_is_an_image_for_another_program() {
    let (app, tree) = (app(), tree(&["a"]));
    let packed = pack(&app, &tree, "/d");
    let other = component(&[PROGRAM]);
    let from = Packer::new(&*other).add_image(&*packed).pack();
    let from = from.expect("can be packed").module;
    assert_eq!(files(&from).unwrap(), files(&packed).unwrap());
}

#[test]
fn the_place_of_the_program_is_known() {
    let (app, tree) = (app(), tree(&["a"]));
    let packed = pack(&app, &tree, "/d");
    let source: Arc<dyn ReadAt> = Arc::new(packed.clone());
    for contents in [Contents::find(&packed), Contents::read(&source)] {
        let contents = contents.expect("readable");
        let place = contents.core_module.as_ref().expect("a component");
        assert_eq!(place.number, 2);
        assert_eq!(place.range, layout(&packed).unwrap().place(2));
        assert_eq!(contents.application_len(&source), Some(app.len() as u64));
        let application = contents.application(&source).expect("readable");
        assert_eq!(around(&application, 2), around(&app, 2));
        let place = layout(&application).unwrap().place(2);
        let program = &application[place.start as usize..place.end as usize];
        assert!(*program == *forwarding(&packed));
        assert!(matches!(files(&application), Err(OpenError::NotPacked)));
    }
}

#[test]
fn the_payload_stays_in_the_file() {
    let tree = tempfile::tempdir().unwrap();
    std::fs::write(tree.path().join("long"), vec![7; 3 << 20]).unwrap();
    let packed = pack(&app(), &tree, "/d");
    let source: Arc<dyn ReadAt> = Arc::new(packed);
    let contents = Contents::read(&source).expect("readable");
    assert!(contents.payload_segment.is_some());
}

#[test]
fn padded_lengths_stay_padded() {
    // A core module of 8 bytes, whose length has 5.
    let start = b"\0asm\x0d\0\x01\0\x01\x88\x80\x80\x80\0".as_slice();
    let padded = [start, b"\0asm\x01\0\0\0", b"\0\x02\x01x"].concat();
    let parsed = layout(&padded).expect("valid");
    let module = wasm("(module (memory 1))");
    let len = module.len() as u64;
    let replaced = replace(&padded, &parsed, 0, module).expect("short");
    assert_eq!(replaced[8..10], [1, 0x80 | len as u8]);
    assert_eq!(
        replaced_len(&padded, &parsed, 0, len).expect("short"),
        replaced.len() as u64
    );
    let empty = padded[14..22].to_vec();
    let restored = replace(&replaced, &layout(&replaced).unwrap(), 0, empty);
    assert!(restored.expect("short") == padded);
}

#[test]
fn too_long_core_modules_are_rejected() {
    let app = component(&[PROGRAM]);
    let parsed = layout(&app).expect("valid");
    let len = |len| replaced_len(&app, &parsed, 0, len);
    assert!(len(1 << 30).is_ok());
    let error = len((1 << 30) + 1).expect_err("too long").to_string();
    assert!(error.contains("1073741825 bytes"), "{error}");
}

#[test]
fn several_packed_modules_are_named() {
    let packed = pack(&component(&[PROGRAM]), &tree(&["a"]), "/d");
    let mut outer = wasm_encoder::Component::new();
    for _ in 0..2 {
        outer.section(&wasm_encoder::RawSection {
            id: 4,
            data: &packed,
        });
    }
    let error = files(&outer.finish()).expect_err("two").to_string();
    assert!(error.contains("several core modules"), "{error}");
}

#[test]
fn components_without_an_image_say_so() {
    let error = files(&app()).expect_err("not packed");
    assert!(matches!(error, OpenError::NotPacked), "{error}");
}

#[test]
fn rejections_name_the_core_module() {
    let no_memory = PROGRAM.replace(r#"(export "memory")"#, "");
    let error = error_of(&component(&["(core module)", &no_memory]));
    let words = ["core module 1 at offset 0x", "not exported as `memory`"];
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
}

#[test]
fn invalid_components_are_rejected() {
    let mut app = app();
    let import = component(&[r#"(import "a" (func))"#]);
    // An import whose type does not exist.
    app.extend(&import[import.len() - 8..]);
    let error = error_of(&app);
    assert!(error.contains("not a valid component"), "{error}");
}

#[test]
fn check_agrees_with_pack() {
    let app = app();
    let packed = pack(&app, &tree(&["a"]), "/d");
    for (wasm, is_packed) in [(app, false), (packed, true)] {
        let checkup = check(&Arc::new(wasm));
        let program = checkup.program.expect("can be packed");
        assert!(program.form.is_ok() && program.can_be_single);
        assert_eq!(checkup.is_packed, is_packed);
    }
    let checkup = check(&Arc::new(component(&[ADAPTER])));
    let error = checkup.program.expect_err("opens no files");
    let ComponentError::Wire(WireError::NoFiles) = error else {
        panic!("{error}");
    };
}

#[test]
fn errors_of_packing_are_those_of_components() {
    let packer = Packer::new(component(&[ADAPTER])).map_dir("src", "/src");
    let error = packer.pack().expect_err("opens no files");
    assert!(matches!(error, PackError::Component(_)), "{error}");
}

#[test]
fn damaged_component_never_yields_wrong_bytes() {
    let (app, tree) = (app(), tree(&["a", "b"]));
    for level in [None, Some(3)] {
        let packer = Packer::new(&*app).map_dir(tree.path(), "/d");
        let packer = level.into_iter().fold(packer, Packer::compress);
        let packed = packer.pack().expect("can be packed").module;
        let whole = files(&packed).expect("readable");
        assert_eq!(whole.len(), 2);
        // Everything behind the code, and of the code some.
        let code = packed.len().saturating_sub(25_000);
        let places = (0..2000)
            .chain((2000..code).step_by(97))
            .chain(code..packed.len());
        let wrong = places.par_bridge().find_any(|at| {
            let mut damaged = packed.clone();
            damaged[*at] ^= [0x01, 0x10, 0xff][at % 3];
            let read = files(&damaged).unwrap_or_default();
            read.iter().any(|file| !whole.contains(file))
        });
        assert_eq!(wrong, None, "{level:?}");
    }
}
