//! Removes a merged runtime from a module.
//!
//! This is the inverse of [`crate::module::merge::assemble`]. The anchor records the counts
//! of the application. For example, it records 100 functions and two intercepted imports,
//! functions 3 and 7. Then functions 100 and 101 are the entries. References to them become
//! references to 3 and 7 again, and everything from function 100 on is removed.
//!
//! A checksum of the counts and the appended code proves that no tool has changed them.

use crate::module::abi::METADATA_SECTION;
use crate::module::edit::items::{Items, memory_items};
use crate::module::edit::rebuild::Rebuild;
use crate::module::edit::redirect::Redirect;
use crate::module::edit::{custom, names};
use crate::module::error::ModuleError;
use crate::module::form::{Form, MemoryKind};
use crate::module::locate::placed::Located;
use crate::module::merge::binding::preview1::intercepted;
use crate::module::merge::region;
use crate::module::parse::section::id;
use crate::module::parse::shape::{Shape, active_offset};
use std::collections::HashMap;
use std::mem::take;
use wasi_vfs_embedding::{Anchor, Application};
use wasi_vfs_format::checksum::checksum_of_two;
use wasmparser::{Data, DataKind, RecGroup};
use zerocopy::IntoBytes;

/// The counts of the application before the merge.
#[derive(Clone, Copy)]
struct Before {
    types: u32,
    functions: u32,
    memories: u32,
    globals: u32,
    data: u32,
    has_data_count: bool,
    /// Whether the runtime is in memory 0.
    shares_memory: bool,
}

impl Before {
    fn new(located: &Located) -> Self {
        let application = &located.anchor.application;
        Self {
            types: application.type_count.get(),
            functions: application.function_count.get(),
            memories: application.memory_count.get(),
            globals: application.global_count.get(),
            data: application.data_count.get(),
            has_data_count: application.has_data_count.get() == 1,
            shares_memory: located.form == Form::Merged(MemoryKind::Single),
        }
    }
}

/// The application as it was before the merge.
pub(crate) fn unmerge(shape: &Shape<'_>, located: &Located) -> Result<Vec<u8>, ModuleError> {
    unmerged(shape, located)?.finish()
}

/// Length in bytes of the application as it was before the merge.
pub(crate) fn unmerged_len(shape: &Shape<'_>, located: &Located) -> Result<u64, ModuleError> {
    Ok(unmerged(shape, located)?.module_len())
}

fn unmerged<'s, 'a>(
    shape: &'s Shape<'a>,
    located: &Located,
) -> Result<Rebuild<'s, 'a>, ModuleError> {
    let application = &located.anchor.application;
    let before = Before::new(located);
    check_counts(shape, located, before)?;
    check_code(shape, before, &located.anchor)?;
    check_segments(shape, located, before)?;
    let mut features = application.added_features.get();
    let mut rebuild = Rebuild::new(shape, back(shape, before)?, |name, bytes| match name {
        METADATA_SECTION => None,
        "name" => Some(names::with_functions(bytes, before.functions, &mut &[][..])),
        "target_features" => Some(custom::without_features(bytes, take(&mut features))),
        _ => Some(bytes.into()),
    })?;
    cut(&mut rebuild, shape, before)?;
    if before.shares_memory {
        shorten_memory(&mut rebuild, shape, application)?;
    }
    Ok(rebuild)
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
        (id::MEMORY, before.memories - imported.memories),
        (id::GLOBAL, before.globals - imported.globals),
        (id::CODE, functions),
        (id::DATA, before.data),
    ];
    for (id, keep) in keeps {
        rebuild.items(id, keep, Items::default())?;
    }
    rebuild.redirect_references()?;
    rebuild.data_count(before.has_data_count.then_some(before.data));
    Ok(())
}

/// Restores the type of memory 0.
fn shorten_memory(
    rebuild: &mut Rebuild<'_, '_>,
    shape: &Shape<'_>,
    application: &Application,
) -> Result<(), ModuleError> {
    let mut memories = shape.memories.clone();
    if let Some(first) = memories.first_mut() {
        *first = region::original(*first, application);
    }
    rebuild.items(id::MEMORY, 0, memory_items(&memories)?)
}

/// Rejects counts that do not fit the module: another tool has added or removed items.
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
        ("memories", before.memories, imported.memories, now.memories),
        ("globals", before.globals, imported.globals, now.globals),
        ("data segments", before.data, 0, now.data),
    ];
    for (what, before, least, now) in counts {
        if before < least || before > now {
            let what = format!("it has {now} {what}, expected {before} and the runtime's");
            return Err(ModuleError::rewritten(what));
        }
    }
    let (expected, place) = match before.shares_memory {
        true => (before.memories, 0),
        false => (before.memories.saturating_add(1), before.memories),
    };
    if now.memories != expected || located.memory != place {
        let (found, place_found) = (now.memories, located.memory);
        return Err(ModuleError::rewritten(format!(
            "it has {found} memories and the image in memory {place_found}, expected {expected} and {place}"
        )));
    }
    // Merging rejects imported memories.
    if before.shares_memory && imported.memories != 0 {
        return Err(ModuleError::rewritten("it imports a memory"));
    }
    check_payload(shape, located, before)
}

fn check_payload(shape: &Shape<'_>, located: &Located, before: Before) -> Result<(), ModuleError> {
    let payload_len = u64::from(located.anchor.payload_len.get());
    let number = before.data as usize;
    let segment = shape.data.get(number);
    let segment = segment.filter(|data| matches!(data.kind, DataKind::Passive));
    match segment {
        Some(_) if shape.segment_len(number) == payload_len => Ok(()),
        _ => Err(ModuleError::rewritten(format!(
            "data segment {} is not the payload of {payload_len} bytes",
            before.data
        ))),
    }
}

/// Rejects segments behind the payload that are not the runtime's. A snapshot, such as
/// Wizer's, empties all segments and appends the content of all memories.
fn check_segments(shape: &Shape<'_>, located: &Located, before: Before) -> Result<(), ModuleError> {
    let anchor = &located.anchor;
    let start = u64::from(anchor.region_address.get());
    let appended = shape.data.iter().skip(before.data as usize + 1);
    let is_ours = |data: &&Data<'_>| {
        let place = active_offset(data);
        place.is_some_and(|(memory, offset)| memory == located.memory && offset >= start)
            && !data.data.is_empty()
    };
    match appended.filter(|data| !is_ours(data)).count() {
        0 => Ok(()),
        count => Err(ModuleError::rewritten(format!(
            "it has {count} data segments behind the payload that are not the runtime's, as in a snapshot of a running program"
        ))),
    }
}

/// Rejects changed function bodies of the runtime.
fn check_code(shape: &Shape<'_>, before: Before, anchor: &Anchor) -> Result<(), ModuleError> {
    let found = checksum_of(shape, before, anchor)?;
    let expected = anchor.merged_checksum.get();
    if found == expected {
        return Ok(());
    }
    let what =
        format!("its code and its counts have the checksum {found:016x}, expected {expected:016x}");
    Err(ModuleError::rewritten(what))
}

/// The checksum that a changed module should have, if it is a merged one.
#[cfg(any(test, feature = "fuzz"))]
pub(crate) fn merged_checksum(wasm: &[u8]) -> Option<u64> {
    let shape = Shape::parse(wasm).ok()?;
    let located = crate::module::locate::anchor::locate(&shape).ok()??;
    let before = Before::new(&located);
    check_counts(&shape, &located, before).ok()?;
    checksum_of(&shape, before, &located.anchor).ok()
}

/// The checksum of the recorded counts and the appended code.
fn checksum_of(shape: &Shape<'_>, before: Before, anchor: &Anchor) -> Result<u64, ModuleError> {
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
    let appended = shape.bytes(appended.unwrap_or_default());
    Ok(checksum_of_two(anchor.application.as_bytes(), appended))
}

/// The redirection of entry `n` to intercepted import `n`. The function that grows the
/// application's pages follows the entries.
fn back(shape: &Shape<'_>, before: Before) -> Result<Redirect, ModuleError> {
    let imports = intercepted(shape).map(|(import, _)| import);
    let functions: HashMap<u32, u32> = (before.functions..).zip(imports).collect();
    let entries = functions.len() as u32;
    let (of_region, globals) = match before.shares_memory {
        true => (region::FUNCTIONS, region::GLOBALS),
        false => (0, 0),
    };
    let appended = shape.counts.functions - before.functions;
    if u64::from(entries) + u64::from(of_region) > u64::from(appended) {
        let what = format!("it has {appended} functions of the runtime, expected more");
        return Err(ModuleError::rewritten(what));
    }
    if globals > shape.counts.globals - before.globals {
        return Err(ModuleError::rewritten("it has too few globals"));
    }
    let memory = before
        .shares_memory
        .then(|| region::memory_of(before.globals, before.functions + entries));
    Ok(Redirect::back(functions, memory))
}

/// How many recursion groups hold the first `types` types.
fn groups_of(shape: &Shape<'_>, types: u32) -> Result<u32, ModuleError> {
    let mut groups = 0;
    let mut seen = 0;
    for group in shape.items::<RecGroup>(id::TYPE)?.into_iter().flatten() {
        let len = group?.types().len() as u32;
        // Empty groups that follow are the application's: the merge appends none.
        if len > types - seen {
            break;
        }
        seen += len;
        groups += 1;
    }
    if seen == types {
        return Ok(groups);
    }
    Err(ModuleError::rewritten(format!(
        "{types} types do not end where a recursion group does"
    )))
}
