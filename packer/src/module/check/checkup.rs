//! A report on a module: whether it can be packed, its imports, and its requirements.

use crate::module::check::subject::form;
use crate::module::error::ModuleError;
use crate::module::form::{Form, MemoryKind};
use crate::module::locate::find::find;
use crate::module::parse::shape::Shape;
use crate::module::parse::validate::validate_features;
use wasmparser::WasmFeatures;

/// The result of [`check`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Checkup {
    /// The form of the packed module, or the reason why it cannot be packed.
    pub form: Result<Form, ModuleError>,
    /// Whether the module can be packed with [`MemoryKind::Single`].
    pub can_be_single: bool,
    /// Whether the module holds an image already.
    pub is_packed: bool,
    /// The imports in the order of the module. Empty if the bytes are no module.
    pub imports: Vec<Imports>,
    /// The proposals beyond WebAssembly 1.0 that the packed module needs, or the module
    /// itself if it cannot be packed.
    pub features: Vec<&'static str>,
}

/// All imports from one module name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imports {
    /// The module part of the imports.
    pub module: String,
    /// The names, each once.
    pub names: Vec<String>,
}

/// Checks `wasm` as the first step of [`embed`](crate::module::embed()) does. Baking a linked module
/// can still fail later, because it runs the module.
pub fn check(wasm: &[u8]) -> Checkup {
    let single = form(wasm, Some(MemoryKind::Single));
    let can_be_single = single.is_ok_and(|form| form != Form::Linked);
    let form = form(wasm, None);
    let mut features = WasmFeatures::empty();
    if validate_features(wasm, WasmFeatures::all()).is_ok() {
        features = needed(wasm);
    }
    if let Ok(form) = form {
        features |= added(form);
    }
    Checkup {
        can_be_single,
        is_packed: matches!(find(wasm), Ok(Some(_))),
        imports: Shape::parse(wasm).map_or(Vec::new(), |shape| imports(&shape)),
        features: names(features),
        form,
    }
}

/// The report on the component `wasm`, into which a runtime can be wired with this `form`.
pub(crate) fn of_wired(wasm: &[u8], form: Form, can_be_single: bool, is_packed: bool) -> Checkup {
    Checkup {
        form: Ok(form),
        can_be_single,
        is_packed,
        imports: Vec::new(),
        features: names(needed(wasm) | added(form)),
    }
}

/// The features that a runtime in this form needs.
fn added(form: Form) -> WasmFeatures {
    let bulk_memory = WasmFeatures::BULK_MEMORY;
    match form {
        Form::Linked => bulk_memory | WasmFeatures::SIGN_EXTENSION,
        Form::Merged(MemoryKind::Single) | Form::Wired(MemoryKind::Single) => bulk_memory,
        Form::Merged(MemoryKind::Separate) | Form::Wired(MemoryKind::Separate) => {
            bulk_memory | WasmFeatures::SIGN_EXTENSION | WasmFeatures::MULTI_MEMORY
        }
    }
}

/// The proposals that engines differ in, in the order of their adoption.
const FEATURES: [(WasmFeatures, &str); 15] = [
    (WasmFeatures::SIGN_EXTENSION, "sign extension"),
    (
        WasmFeatures::SATURATING_FLOAT_TO_INT,
        "saturating conversions",
    ),
    (WasmFeatures::MULTI_VALUE, "multi-value"),
    (WasmFeatures::BULK_MEMORY, "bulk memory"),
    (WasmFeatures::REFERENCE_TYPES, "reference types"),
    (WasmFeatures::SIMD, "SIMD"),
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::EXTENDED_CONST, "extended constants"),
    (WasmFeatures::TAIL_CALL, "tail calls"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exceptions"),
    (WasmFeatures::EXCEPTIONS, "exceptions"),
    (WasmFeatures::FUNCTION_REFERENCES, "function references"),
    (WasmFeatures::GC, "garbage collection"),
    (WasmFeatures::RELAXED_SIMD, "relaxed SIMD"),
    (WasmFeatures::MULTI_MEMORY, "multi-memory"),
];

/// The features without which a valid module is invalid.
fn needed(wasm: &[u8]) -> WasmFeatures {
    let mut needed = WasmFeatures::empty();
    for (feature, _) in FEATURES {
        if validate_features(wasm, WasmFeatures::all() - feature).is_err() {
            needed |= feature;
        }
    }
    needed
}

fn names(features: WasmFeatures) -> Vec<&'static str> {
    let all = FEATURES.into_iter();
    let present = all.filter(|(feature, _)| features.contains(*feature));
    present.map(|(_, name)| name).collect()
}

fn imports(shape: &Shape<'_>) -> Vec<Imports> {
    let mut modules: Vec<Imports> = Vec::new();
    for import in &shape.imports {
        let position = modules.iter().position(|all| all.module == import.module);
        let position = position.unwrap_or_else(|| {
            modules.push(Imports {
                module: import.module.to_owned(),
                names: Vec::new(),
            });
            modules.len() - 1
        });
        if let Some(all) = modules.get_mut(position) {
            all.names.push(import.name.to_owned());
        }
    }
    for all in &mut modules {
        all.names.sort_unstable();
        all.names.dedup();
    }
    modules
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = r#"(import "wasi_snapshot_preview1" "path_open"
        (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (memory (export "memory") 1)"#;

    fn checked(body: &str) -> Checkup {
        check(&wat::parse_str(format!("(module {OPEN} {body})")).unwrap())
    }

    #[test]
    fn plain_modules_can_be_packed_in_both_ways() {
        let checkup = checked("");
        assert_eq!(checkup.form.unwrap(), Form::Merged(MemoryKind::Separate));
        assert!(checkup.can_be_single && !checkup.is_packed);
        let features = ["sign extension", "bulk memory", "multi-memory"];
        assert_eq!(checkup.features, features);
        assert_eq!(checkup.imports[0].names, ["path_open"]);
    }

    #[test]
    fn proposals_in_use_are_found() {
        for (body, feature) in [
            ("(func (result v128) (v128.const i32x4 0 0 0 0))", "SIMD"),
            ("(func $f (return_call $f))", "tail calls"),
            (
                "(func (result i32 i32) i32.const 0 i32.const 0)",
                "multi-value",
            ),
            ("(func (param externref))", "reference types"),
            ("(tag) (func (throw 0))", "exceptions"),
        ] {
            let features = checked(body).features;
            assert!(features.contains(&feature), "{feature}: {features:?}");
        }
    }

    #[test]
    fn unusable_bytes_are_an_error_with_a_reason() {
        for bytes in [&b""[..], b"\0asm\x01\0\0\0", b"\0asm\x01\0\0\0\x01"] {
            let checkup = check(bytes);
            assert!(checkup.form.is_err() && !checkup.can_be_single);
            assert!(checkup.imports.is_empty() && checkup.features.is_empty());
        }
    }
}
