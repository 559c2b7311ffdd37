//! Decides how a module is packed, or why it cannot be.
//!
//! Owns every rejection that does not need the module to run. For example, a module that
//! imports its memory is rejected, because hosts then own the pages that a runtime needs.

use crate::module::abi::ABI;
use crate::module::calls::{self, PREVIEW0, PREVIEW1};
use crate::module::check::bypass;
use crate::module::error::ModuleError;
use crate::module::form::{Form, MemoryKind};
use crate::module::locate::anchor::locate;
use crate::module::locate::placed::Located;
use crate::module::parse::shape::{Shape, check_preamble};
use crate::module::parse::validate::validate;
use crate::module::preview0::convert::first_import;
use crate::module::started;
use wasi_vfs_embedding::{ALLOC_FN, ANCHOR_FN, MOUNT_FN};
use wasi_vfs_format::threads::with_threads;
use wasmparser::{ExternalKind, Import, MemoryType, TypeRef};

/// A module that can be packed, by the way it is packed.
pub(crate) enum Subject<'a> {
    /// Linked with the runtime, packed or not.
    Linked(Shape<'a>),
    /// Without a runtime.
    Plain(Shape<'a>),
    /// Without a runtime, with imports from `wasi_unstable`.
    Preview0(Shape<'a>),
    /// Merged with a runtime already.
    Merged(Shape<'a>, Box<Located>),
}

impl Subject<'_> {
    /// The form of the packed module. `memory` is the kind of memory that the user chose,
    /// if any.
    pub(crate) fn form(&self, memory: Option<MemoryKind>) -> Result<Form, ModuleError> {
        match (self, memory) {
            (Self::Linked(_), Some(MemoryKind::Separate)) => Err(ModuleError::LinkedMemory),
            (Self::Linked(shape), _) => {
                bypass::reject(shape)?;
                Ok(Form::Linked)
            }
            (Self::Merged(_, located), None) => Ok(located.form),
            (_, memory) => Ok(Form::Merged(memory.unwrap_or_default())),
        }
    }
}

/// Validates and parses `wasm`, and decides.
pub(crate) fn look(wasm: &[u8]) -> Result<Subject<'_>, ModuleError> {
    check_preamble(wasm)?;
    validate(wasm)?;
    let shape = Shape::parse(wasm)?;
    check_static(&shape)?;
    if started::find(&shape).is_some() {
        return Err(ModuleError::Started);
    }
    let located = locate(&shape)?;
    if located
        .as_ref()
        .is_some_and(|located| matches!(located.form, Form::Wired(_)))
    {
        return Err(ModuleError::RuntimeOfComponent);
    }
    // Before the memory: a module without WASI calls may lack the usual export, too.
    if located.is_none() && !names_runtime(&shape) {
        check_imports(&shape)?;
    }
    check_memory(&shape)?;
    match located {
        Some(located) if matches!(located.form, Form::Merged(_)) => {
            Ok(Subject::Merged(shape, Box::new(located)))
        }
        located if check_linked(&shape, located.is_some())? => {
            check_preview0(&shape, "a linked runtime")?;
            Ok(Subject::Linked(shape))
        }
        _ if first_import(&shape).is_some() => Ok(Subject::Preview0(shape)),
        _ => Ok(Subject::Plain(shape)),
    }
}

fn check_static(shape: &Shape<'_>) -> Result<(), ModuleError> {
    let mut sections = shape.sections.iter();
    let dynamic = sections.find(|section| matches!(section.name, "dylink" | "dylink.0"));
    dynamic.map_or(Ok(()), |section| {
        Err(ModuleError::Dynamic {
            section: section.name.into(),
        })
    })
}

fn check_memory(shape: &Shape<'_>) -> Result<(), ModuleError> {
    let memory = shape.memories.first().ok_or(ModuleError::NoMemory)?;
    check_memory_type(memory)?;
    let mut imports = shape.imports.iter();
    if let Some(import) = imports.find(|import| matches!(import.ty, TypeRef::Memory(_))) {
        return Err(ModuleError::ImportedMemory {
            module: import.module.into(),
            name: import.name.into(),
        });
    }
    let export = shape.exports.iter().find(|export| export.name == "memory");
    match export {
        Some(export) if export.kind == ExternalKind::Memory && export.index == 0 => Ok(()),
        other => Err(ModuleError::MemoryNotExported {
            found: match other {
                None => "there is no such export".into(),
                Some(export) if export.kind == ExternalKind::Memory => {
                    format!("that is memory {}", export.index)
                }
                Some(_) => "that is no memory".into(),
            },
        }),
    }
}

fn check_memory_type(memory: &MemoryType) -> Result<(), ModuleError> {
    if memory.shared {
        return Err(ModuleError::SharedMemory);
    }
    if memory.memory64 {
        return Err(ModuleError::Memory64);
    }
    match memory.page_size_log2 {
        None | Some(16) => Ok(()),
        Some(log2) => Err(ModuleError::PageSize {
            found: 1_u64.checked_shl(log2).unwrap_or(u64::MAX),
        }),
    }
}

/// Whether an export has a name of the ABI.
fn names_runtime(shape: &Shape<'_>) -> bool {
    let mut exports = shape.exports.iter();
    exports.any(|export| [ANCHOR_FN, ALLOC_FN, MOUNT_FN].contains(&export.name))
}

/// Whether a runtime was linked into the module. Its three exports tell, because the
/// anchor does not record its address before the first pack.
fn check_linked(shape: &Shape<'_>, has_image: bool) -> Result<bool, ModuleError> {
    let mut found = 0;
    let mut missing = Vec::new();
    for function in &ABI {
        let name = function.name;
        let exported = shape.exported_function(name);
        match exported.and_then(|exported| shape.function_type(exported)) {
            None => missing.push(name),
            Some(ty) if function.is(ty) => found += 1,
            Some(ty) => {
                let (ty, expected) = (calls::describe(ty), calls::describe(&function.ty()));
                let what = format!("its export `{name}` has the type {ty}, expected {expected}");
                return Err(ModuleError::Linked { what });
            }
        }
    }
    if missing.is_empty() || (found == 0 && !has_image) {
        return Ok(missing.is_empty());
    }
    let what = format!("its export `{}` is missing", missing.join("`, `"));
    Err(ModuleError::Linked { what })
}

/// Rejects a module with `other` beside its imports from `wasi_unstable`. Such a module
/// cannot be converted to preview 1, because its calls do not have one meaning.
fn check_preview0(shape: &Shape<'_>, other: &'static str) -> Result<(), ModuleError> {
    first_import(shape).map_or(Ok(()), |import| {
        Err(ModuleError::Preview0 {
            name: import.name.into(),
            other,
        })
    })
}

/// The module must import calls of one WASI, and must open files.
fn check_imports(shape: &Shape<'_>) -> Result<(), ModuleError> {
    let is_preview1 = |import: &Import<'_>| import.module == PREVIEW1;
    let has_preview1 = shape.imports.iter().any(is_preview1);
    if has_preview1 {
        check_preview0(shape, "functions of `wasi_snapshot_preview1`")?;
    }
    let wasi = if has_preview1 { PREVIEW1 } else { PREVIEW0 };
    let mut opens_files = false;
    for import in &shape.imports {
        if import.module == wasi {
            check_call(shape, import)?;
            let is_call = calls::call_type(import.name).is_some();
            opens_files |= is_call && import.name.starts_with("path_");
        }
    }
    if opens_files {
        return Ok(());
    }
    Err(match has_preview1 || first_import(shape).is_some() {
        true => ModuleError::NoFileImports,
        false => without_preview1(shape),
    })
}

/// The error for a module without imports of WASI.
fn without_preview1(shape: &Shape<'_>) -> ModuleError {
    if shape.exported_function("path_open").is_some() {
        return ModuleError::Adapter;
    }
    let mut imports = shape.imports.iter();
    match imports.find(|import| import.module.starts_with("wasi:")) {
        Some(import) => ModuleError::Preview2 {
            interface: import.module.into(),
        },
        None => ModuleError::NoWasi,
    }
}

fn check_call(shape: &Shape<'_>, import: &Import<'_>) -> Result<(), ModuleError> {
    let Some(expected) = calls::call_type(import.name) else {
        return Ok(());
    };
    let found = match import.ty {
        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => usize::try_from(ty)
            .ok()
            .and_then(|ty| shape.types.get(ty)?.as_ref()),
        _ => None,
    };
    if found == Some(&expected) {
        return Ok(());
    }
    Err(ModuleError::ImportType {
        name: import.name.into(),
        found: found.map_or_else(
            || "of something else than a function".into(),
            calls::describe,
        ),
        expected: calls::describe(&expected),
    })
}

/// The form in which a module would be packed.
///
/// # Errors
///
/// Those of [`embed`](crate::module::embed()) that do not need the module to run.
pub fn form(wasm: &[u8], memory: Option<MemoryKind>) -> Result<Form, ModuleError> {
    with_threads(|| look(wasm)?.form(memory))
}
