//! Takes a merged runtime out of a module again.
//!
//! The inverse of [`super::merge`], from the counts in the anchor alone. Does
//! not touch what merging did not append.

use super::ModuleError;
use super::addition::intercepted;
use super::locate::{COLD_SECTION, Located};
use super::names;
use super::rebuild::{Items, Rebuild};
use super::shape::{Shape, id};
use std::collections::HashMap;
use wasi_vfs_format::anchor::Application;
use wasi_vfs_format::checksum::checksum;
use wasmparser::{DataKind, RecGroup};

/// What the application has of each thing, by itself.
#[derive(Clone, Copy)]
struct Before {
    types: u32,
    functions: u32,
    tables: u32,
    memories: u32,
    globals: u32,
    elements: u32,
    data: u32,
    has_data_count: bool,
}

impl Before {
    fn new(application: &Application) -> Self {
        Self {
            types: application.type_count.get(),
            functions: application.function_count.get(),
            tables: application.table_count.get(),
            memories: application.memory_count.get(),
            globals: application.global_count.get(),
            elements: application.element_count.get(),
            data: application.data_count.get(),
            has_data_count: application.has_data_count.get() == 1,
        }
    }
}

/// The application as it was before the merge.
pub(super) fn unmerge(shape: &Shape<'_>, located: &Located) -> Result<Vec<u8>, ModuleError> {
    let before = Before::new(&located.anchor.application);
    check_counts(shape, located, before)?;
    check_code(shape, before, located.anchor.merged_code_checksum.get())?;
    let back = redirects_back(shape, before)?;
    let redirect = |function: u32| back.get(&function).copied();
    let mut rebuild = Rebuild::new(shape, &redirect, |name, bytes| match name {
        COLD_SECTION => None,
        "name" => Some(names::with_functions(bytes, before.functions, &[])),
        _ => Some(bytes.into()),
    })?;
    cut(&mut rebuild, shape, before)?;
    rebuild.finish()
}

fn cut(
    rebuild: &mut Rebuild<'_, '_>,
    shape: &Shape<'_>,
    before: Before,
) -> Result<(), ModuleError> {
    let imported = shape.imported;
    let functions = before.functions - imported.functions;
    let keeps = [
        (id::TYPE, groups_of(shape, before.types)?),
        (id::FUNCTION, functions),
        (id::TABLE, before.tables - imported.tables),
        (id::MEMORY, before.memories - imported.memories),
        (id::GLOBAL, before.globals - imported.globals),
        (id::ELEMENT, before.elements),
        (id::CODE, functions),
        (id::DATA, before.data),
    ];
    for (id, keep) in keeps {
        rebuild.items(id, keep, Items::default())?;
    }
    rebuild.redirect_exports()?;
    rebuild.redirect_start();
    rebuild.data_count(before.has_data_count.then_some(before.data));
    Ok(())
}

/// The counts must fit the module, or another tool has added or removed things.
fn check_counts(shape: &Shape<'_>, located: &Located, before: Before) -> Result<(), ModuleError> {
    let (now, imported) = (shape.counts, shape.imported);
    let counts = [
        ("types", before.types, 0, now.types),
        (
            "functions",
            before.functions,
            imported.functions,
            now.functions,
        ),
        ("tables", before.tables, imported.tables, now.tables),
        ("memories", before.memories, imported.memories, now.memories),
        ("globals", before.globals, imported.globals, now.globals),
        ("element segments", before.elements, 0, now.elements),
        ("data segments", before.data, 0, now.data),
    ];
    for (what, before, least, now) in counts {
        if before < least || before > now {
            let what = format!("it has {now} {what}, expected {before} and the runtime's");
            return Err(ModuleError::rewritten(what));
        }
    }
    if before.memories != located.memory || now.memories != before.memories + 1 {
        let what = format!(
            "it has {} memories, expected {} and 1",
            now.memories, before.memories
        );
        return Err(ModuleError::rewritten(what));
    }
    check_payload(shape, located, before)
}

fn check_payload(shape: &Shape<'_>, located: &Located, before: Before) -> Result<(), ModuleError> {
    let payload_len = u64::from(located.anchor.payload_len.get());
    let segment = shape.data.get(before.data as usize);
    let segment = segment.filter(|data| matches!(data.kind, DataKind::Passive));
    match segment {
        Some(data) if data.data.len() as u64 == payload_len => Ok(()),
        _ => Err(ModuleError::rewritten(format!(
            "data segment {} is not the payload of {payload_len} bytes",
            before.data
        ))),
    }
}

/// The appended bodies must be those that were appended.
fn check_code(shape: &Shape<'_>, before: Before, expected: u64) -> Result<(), ModuleError> {
    let kept = (before.functions - shape.imported.functions) as usize;
    let section = shape.section(id::CODE).map(|section| section.range.clone());
    let start = match kept.checked_sub(1) {
        Some(last) => shape.bodies.get(last).map(|body| body.range().end),
        None => shape
            .items::<wasmparser::FunctionBody<'_>>(id::CODE)?
            .map(|items| items.original_position()),
    };
    let appended = start
        .zip(section)
        .map(|(start, section)| start..section.end);
    let found = checksum(shape.bytes(appended.unwrap_or_default()));
    if found == expected {
        return Ok(());
    }
    let what =
        format!("the runtime's code has the checksum {found:016x}, expected {expected:016x}");
    Err(ModuleError::rewritten(what))
}

/// Entry number `n` stands for intercepted import number `n`.
fn redirects_back(shape: &Shape<'_>, before: Before) -> Result<HashMap<u32, u32>, ModuleError> {
    let imports = intercepted(shape).map(|(import, _)| import);
    let back: HashMap<u32, u32> = (before.functions..).zip(imports).collect();
    let appended = shape.counts.functions - before.functions;
    if back.len() as u64 > u64::from(appended) {
        let what = format!("it has {appended} functions of the runtime, expected more");
        return Err(ModuleError::rewritten(what));
    }
    Ok(back)
}

/// How many recursion groups hold the first `types` types.
fn groups_of(shape: &Shape<'_>, types: u32) -> Result<u32, ModuleError> {
    let mut groups = 0;
    let mut seen = 0;
    for group in shape.items::<RecGroup>(id::TYPE)?.into_iter().flatten() {
        if seen >= types {
            break;
        }
        seen += group?.types().len() as u32;
        groups += 1;
    }
    if seen == types {
        return Ok(groups);
    }
    Err(ModuleError::rewritten(format!(
        "{types} types do not end where a recursion group does"
    )))
}
