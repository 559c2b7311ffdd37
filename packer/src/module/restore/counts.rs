//! The recorded counts of the application, and the checks that the module fits them.
//!
//! The anchor records the counts. For example, it records 100 functions, and the module
//! has 250. Then functions 100 to 249 are the runtime's. A checksum of the counts and the
//! appended code proves that no tool has changed them.

use crate::module::edit::items::Items;
use crate::module::edit::rebuild::Rebuild;
use crate::module::edit::redirect::MemoryOf;
use crate::module::error::ModuleError;
use crate::module::form::{Form, MemoryKind};
use crate::module::locate::placed::Located;
use crate::module::merge::binding::preview1::intercepted;
use crate::module::merge::{exports, region};
use crate::module::parse::section::id;
use crate::module::parse::shape::{Shape, active_offset};
use wasi_vfs_embedding::Anchor;
use wasi_vfs_format::checksum::checksum_of_two;
use wasmparser::{Data, DataKind, RecGroup};
use zerocopy::IntoBytes;

/// The counts of the application before the merge.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    pub(crate) types: u32,
    pub(crate) functions: u32,
    pub(crate) memories: u32,
    pub(crate) globals: u32,
    pub(crate) data: u32,
    pub(crate) has_data_count: bool,
    /// Exports of the runtime, behind those of the application.
    pub(crate) added_exports: u32,
    /// Whether the runtime is in memory 0.
    pub(crate) shares_memory: bool,
}

impl Before {
    pub(crate) fn new(shape: &Shape<'_>, located: &Located) -> Self {
        let application = &located.anchor.application;
        Self {
            types: application.type_count.get(),
            functions: application.function_count.get(),
            memories: application.memory_count.get(),
            globals: application.global_count.get(),
            data: application.data_count.get(),
            has_data_count: application.has_data_count.get() == 1,
            added_exports: match located.anchor.keeps_changes() {
                true => exports::added(shape),
                false => 0,
            },
            shares_memory: located.form == Form::Merged(MemoryKind::Single),
        }
    }

    /// Removes the exports of the runtime.
    pub(crate) fn cut_exports(
        self,
        rebuild: &mut Rebuild<'_, '_>,
        shape: &Shape<'_>,
    ) -> Result<(), ModuleError> {
        if self.added_exports == 0 {
            return Ok(());
        }
        let kept = (shape.exports.len() as u32).saturating_sub(self.added_exports);
        rebuild.items(id::EXPORT, kept, Items::default())
    }

    /// The sections that the merge lengthened, each with the number of the application's
    /// items.
    pub(crate) fn kept(self, shape: &Shape<'_>) -> Result<[(u8, u32); 6], ModuleError> {
        let imported = shape.imported;
        let functions = self.functions - imported.functions;
        Ok([
            (id::TYPE, groups_of(shape, self.types)?),
            (id::FUNCTION, functions),
            (id::MEMORY, self.memories - imported.memories),
            (id::GLOBAL, self.globals - imported.globals),
            (id::CODE, functions),
            (id::DATA, self.data),
        ])
    }
}

/// Rejects a module that another tool changed after packing.
pub(crate) fn check(
    shape: &Shape<'_>,
    located: &Located,
    before: Before,
) -> Result<(), ModuleError> {
    check_counts(shape, located, before)?;
    check_code(shape, before, &located.anchor)?;
    check_segments(shape, located, before)
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
    if located.anchor.keeps_changes() {
        exports::check_last(shape, before.added_exports)?;
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
    let before = Before::new(&shape, &located);
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

/// The items that replace `memory.size` and `memory.grow` of the application, if it shares
/// its memory. Rejects a module with fewer appended items than these and the entries.
pub(crate) fn memory_of(
    shape: &Shape<'_>,
    before: Before,
) -> Result<Option<MemoryOf>, ModuleError> {
    let entries = intercepted(shape).count() as u32;
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
    let memory = || region::memory_of(before.globals, before.functions + entries);
    Ok(before.shares_memory.then(memory))
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
