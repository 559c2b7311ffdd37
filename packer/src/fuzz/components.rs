//! The target that packs components.
//!
//! wasm-smith seldom generates a component that imports `wasi:filesystem`. So most inputs
//! change a component that can be packed. For example, the first byte of an input chooses
//! a component of WASI 0.2 or 0.3, and the others insert a random core module between two
//! of its sections.

use super::image::parts;
use crate::component::{ComponentError, Seal, WireError, opened, text, without_image};
use crate::module::ModuleError;
use crate::packer::{PackError, Target};
use crate::{component, runtime};
use arbitrary::Unstructured;
use std::fmt::Write;
use std::mem::discriminant;
use std::sync::{Arc, LazyLock};
use wasi_vfs_format::fuzz::Input;
use wasm_encoder::Encode;
use wasm_smith::{Component, Config, Module};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;
use wasmparser::{BinaryReader, Parser, Payload, Validator, WasmFeatures};

/// Components that can be packed: with functions of 0.2 in three shapes, with those of 0.3
/// and of both, in a nested component, with a program of preview 1, and packed.
static BASES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let program = text::program("");
    let preview1 = r#"(component
      (core module
        (import "wasi_snapshot_preview1" "path_open"
          (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (memory (export "memory") 1))
      (core module (func (export "other"))))"#;
    let texts = [
        text::with_fixup(),
        text::of_two_versions(),
        text::of_0_3(""),
        text::of_0_3(&(text::imports("0.2.6", "2") + &text::lowerings("2", text::OPTIONS))),
        format!("(component (core module) {program} (component))"),
        preview1.to_owned(),
        program,
    ];
    let bases = texts.map(|text| wat::parse_str(text).expect("the text is valid"));
    let packed = bases
        .clone()
        .map(|base| pack(&base, 1).expect("it can be packed"));
    bases.into_iter().chain(packed).collect()
});

/// Packs a component that `data` describes. Returns whether it could be packed.
///
/// # Panics
///
/// The output is invalid, has another world or image, changes if it is packed again, or
/// does not return to the component without its image.
pub fn components(data: &[u8]) -> bool {
    let mut input = Input(data);
    let component = match input.byte() % 8 {
        0 => generated(input.0),
        1..=4 => Some(extended(&mut input)),
        _ => Some(changed(&mut input)),
    };
    component.is_some_and(|component| holds(&component, data.len()))
}

fn base(input: &mut Input<'_>) -> Vec<u8> {
    BASES[input.below(BASES.len())].clone()
}

fn generated(data: &[u8]) -> Option<Vec<u8>> {
    let component = Component::new(Config::default(), &mut Unstructured::new(data));
    Some(component.ok()?.to_bytes())
}

/// A component with more sections.
fn extended(input: &mut Input<'_>) -> Vec<u8> {
    const CUSTOM: u8 = 0;
    const CORE_MODULE: u8 = 1;
    const COMPONENT: u8 = 4;
    let mut component = base(input);
    for _ in 0..=input.below(3) {
        let places = boundaries(&component);
        // Behind the last section, every module and component is valid.
        let place = match input.below(2) {
            0 => component.len(),
            _ => input.pick(&places),
        };
        let kind = input.pick(&[CUSTOM, CORE_MODULE, COMPONENT]);
        let data = input.take(200);
        let content = match kind {
            CORE_MODULE => Module::new(Config::default(), &mut Unstructured::new(data))
                .map(|module| module.to_bytes())
                .ok(),
            COMPONENT => generated(data),
            _ => Some([b"\x04name".as_slice(), data].concat()),
        };
        let mut section = vec![kind];
        content.unwrap_or_default().as_slice().encode(&mut section);
        component.splice(place..place, section);
    }
    component
}

/// The offsets before and behind the sections.
fn boundaries(component: &[u8]) -> Vec<usize> {
    const HEADER_LEN: usize = 8;
    let mut reader = BinaryReader::new(component.get(HEADER_LEN..).unwrap_or_default(), 0);
    let mut places = vec![HEADER_LEN];
    while reader.read_u8().is_ok()
        && let Ok(len) = reader.read_var_u32()
        && reader.read_bytes(len as usize).is_ok()
    {
        places.push(HEADER_LEN + reader.current_position());
    }
    places
}

/// A component with other bytes.
fn changed(input: &mut Input<'_>) -> Vec<u8> {
    let mut component = base(input);
    while !input.is_empty() && !component.is_empty() {
        let at = input.number() as usize % component.len();
        match input.byte() % 4 {
            0 => drop(component.drain(at..(at + input.below(16)).min(component.len()))),
            1 => component.insert(at, input.byte()),
            _ => component[at] = input.byte(),
        }
    }
    component
}

fn holds(component: &[u8], image: usize) -> bool {
    let packed = match pack(component, image) {
        Ok(packed) => packed,
        Err(error) => {
            assert!(!is_fault(&error), "{error}");
            return false;
        }
    };
    assert_eq!(world(&packed), world(component));
    let (_, found) = component::find(&packed).expect("readable").expect("packed");
    assert_eq!(found.index, parts(image).index);
    let original = without_image(&packed).expect("can be unpacked");
    // Whether the input has an image is unknown if a core module of it cannot be
    // instantiated.
    if let Ok(expected) = without_image(component) {
        assert!(original == expected, "unpacking returns another component");
    }
    let again = pack(&packed, image).expect("packs again");
    assert!(again == packed, "packing again returns other bytes");
    holds_sealed(component, packed);
    true
}

/// The outer component of a sealed one is valid, and imports no files.
fn holds_sealed(component: &[u8], packed: Vec<u8>) {
    let Ok(Some(seal)) = Seal::new(component) else {
        return;
    };
    let sealed = seal.close(packed.clone()).expect("the length was checked");
    // Validates.
    world(&sealed);
    let mut expected = imports(component);
    expected.retain(|import| !import.starts_with("wasi:filesystem/"));
    assert_eq!(imports(&sealed), expected);
    assert!(opened(&sealed) == packed, "another component is sealed");
}

fn imports(component: &[u8]) -> Vec<String> {
    let checkup = component::check(&Arc::new(component.to_vec()));
    checkup.imports
}

/// Whether the error names a fault of the packer and not of its input.
fn is_fault(error: &PackError) -> bool {
    let module = match error {
        PackError::Component(ComponentError::Wire(WireError::Output(_))) => return true,
        PackError::Component(ComponentError::Wire(WireError::Module(module))) => module,
        PackError::Component(ComponentError::Module { source, .. }) => source,
        _ => return false,
    };
    matches!(module, ModuleError::Output(_) | ModuleError::Runtime(_))
}

fn pack(component: &[u8], image: usize) -> Result<Vec<u8>, PackError> {
    let component = Arc::new(component.to_vec());
    let target = Target::new(&component, None, false)?;
    let (merged, wired) = (runtime::MERGED, runtime::WIRED);
    let packed = target.embed(parts(image), merged, wired, runtime::VERSION)?;
    Ok(packed.module)
}

/// The imports and exports as text. Numbers of types are no part of it.
fn world(component: &[u8]) -> String {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let types = validator.validate_all(component).expect("valid");
    let types = types.as_ref();
    let mut text = String::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("valid") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    let name = import.expect("valid").name.name;
                    let item = types
                        .component_item_for_import(name)
                        .expect("it is imported");
                    describe(&mut text, types, name, item.ty);
                }
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    let name = export.expect("valid").name.name;
                    let item = types
                        .component_item_for_export(name)
                        .expect("it is exported");
                    describe(&mut text, types, name, item.ty);
                }
            }
            _ => {}
        }
    }
    text
}

fn describe(text: &mut String, types: TypesRef<'_>, name: &str, entity: ComponentEntityType) {
    let kind = discriminant(&entity);
    write!(text, "{name}: {kind:?} ").expect("a string has room");
    match entity {
        ComponentEntityType::Instance(id) => {
            for (name, item) in &types[id].exports {
                describe(text, types, name, item.ty);
            }
        }
        ComponentEntityType::Func(id) => {
            for (name, _) in &types[id].params {
                write!(text, "{name}, ").expect("a string has room");
            }
        }
        _ => {}
    }
    text.push('\n');
}
