//! Merges the runtime, with an image, into an application.
//!
//! Owns the assembly of the merged module. The application's numbers stay what
//! they are; what is appended is in [`super::addition`].

use super::addition::{Addition, intercepted};
use super::bake::{Bake, bake};
use super::locate::COLD_SECTION;
use super::rebuild::{Items, Rebuild};
use super::rope::Rope;
use super::runtime::Runtime;
use super::shape::{Counts, Shape, id};
use super::{ModuleError, Parts, custom, index, names, segments};
use std::collections::HashMap;
use wasi_vfs_format::anchor::{Anchor, Application, FORM_MERGED};
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{ConstExpr, Encode};
use wasmparser::{BinaryReader, Element, Global, MemoryType, Table};

/// Merges `runtime` with an image into `application`. Returns the module and
/// the names of the custom sections that were dropped.
pub(super) fn merge(
    application: &Shape<'_>,
    parts: &Parts<'_>,
    runtime: &[u8],
    runtime_version: &str,
) -> Result<(Vec<u8>, Vec<String>), ModuleError> {
    let runtime = Runtime::parse(runtime)?;
    let mut addition = Addition::new(application, &runtime)?;
    let anchor = AnchorFields {
        payload_segment: Addition::payload_segment(application),
        payload_len: payload_len(parts)?,
        application: counts_before(application),
        code_checksum: addition.checksum(),
        runtime_version,
        index: parts.index,
    };
    let index = index::store(parts)?;
    let snapshot = bake_runtime(runtime.shape.wasm, &index, &anchor)?;
    let snapshot = Runtime::parse(&snapshot)?;
    let redirects = redirects(application);
    let redirect = |function: u32| redirects.get(&function).copied();
    let mut dropped = Vec::new();
    let mut rebuild = Rebuild::new(application, &redirect, |name, bytes| {
        merged_custom(application, &addition, name, bytes, &mut dropped)
    })?;
    append(
        &mut rebuild,
        application,
        &snapshot,
        &mut addition,
        parts.payload,
    )?;
    if !parts.cold.is_empty() {
        rebuild.custom(COLD_SECTION, parts.cold);
    }
    Ok((rebuild.finish()?, dropped))
}

fn payload_len(parts: &Parts<'_>) -> Result<u32, ModuleError> {
    u32::try_from(parts.payload.len()).map_err(|_| ModuleError::TooLarge {
        part: "payload",
        len: parts.payload.len() as u64,
        limit: u32::MAX.into(),
    })
}

/// What the anchor is told.
struct AnchorFields<'a> {
    payload_segment: u32,
    payload_len: u32,
    application: Application,
    code_checksum: u64,
    runtime_version: &'a str,
    index: &'a [u8],
}

impl AnchorFields<'_> {
    fn fill(&self, anchor: &mut Anchor, address: u32, stored: &[u8]) -> Result<(), ModuleError> {
        let (found, expected) = (anchor.runtime_version(), self.runtime_version);
        if anchor.form.get() != FORM_MERGED || found != expected {
            let form = anchor.form.get();
            let what = format!(
                "its anchor has form {form} and version `{found}`, expected form {FORM_MERGED} and version `{expected}`"
            );
            return Err(ModuleError::Runtime(what));
        }
        index::fill(anchor, address, self.index, stored);
        anchor.payload_address = self.payload_segment.into();
        anchor.payload_len = self.payload_len.into();
        anchor.application = self.application;
        anchor.merged_code_checksum = self.code_checksum.into();
        Ok(())
    }
}

fn bake_runtime(
    runtime: &[u8],
    index: &[u8],
    fields: &AnchorFields<'_>,
) -> Result<Vec<u8>, ModuleError> {
    bake(
        runtime,
        &Bake {
            parts: &[index],
            fill: &|anchor, address| fields.fill(anchor, address, index),
            renames: &[],
        },
    )
}

/// What unmerging needs to know of the application.
fn counts_before(application: &Shape<'_>) -> Application {
    let Counts {
        types,
        functions,
        tables,
        memories,
        globals,
        elements,
        data,
        ..
    } = application.counts;
    Application {
        type_count: types.into(),
        function_count: functions.into(),
        table_count: tables.into(),
        memory_count: memories.into(),
        global_count: globals.into(),
        element_count: elements.into(),
        data_count: data.into(),
        has_data_count: u32::from(application.data_count.is_some()).into(),
    }
}

/// The entry for each intercepted import.
fn redirects(application: &Shape<'_>) -> HashMap<u32, u32> {
    let entries = application.counts.functions..;
    let imports = intercepted(application).map(|(import, _)| import);
    imports.zip(entries).collect()
}

fn merged_custom<'a>(
    application: &Shape<'a>,
    addition: &Addition,
    name: &str,
    bytes: &'a [u8],
    dropped: &mut Vec<String>,
) -> Option<Rope<'a>> {
    match name {
        COLD_SECTION => None,
        "name" => {
            let below = application.counts.functions;
            Some(names::with_functions(bytes, below, &addition.names))
        }
        "target_features" => Some(custom::with_features(bytes)),
        name if custom::survives_new_code(name) => Some(bytes.into()),
        name => {
            if !dropped.iter().any(|other| other == name) {
                dropped.push(name.into());
            }
            None
        }
    }
}

/// Appends all that the runtime brings to the sections of the application.
fn append<'a>(
    rebuild: &mut Rebuild<'_, 'a>,
    application: &Shape<'_>,
    snapshot: &Runtime<'_>,
    addition: &mut Addition,
    payload: &'a [u8],
) -> Result<(), ModuleError> {
    let counts = application.counts;
    let own = |total: u32, imported: u32| total - imported;
    let imported = application.imported;
    let data = data_items(addition, snapshot, payload)?;
    let data_count = counts.data + data.count;
    let tables = table_items(addition, snapshot)?;
    let memories = memory_items(snapshot)?;
    let globals = global_items(addition, snapshot)?;
    let elements = element_items(addition, snapshot)?;
    let functions = own(counts.functions, imported.functions);
    rebuild.items(id::FUNCTION, functions, addition.function_items())?;
    rebuild.items(id::TABLE, own(counts.tables, imported.tables), tables)?;
    rebuild.items(
        id::MEMORY,
        own(counts.memories, imported.memories),
        memories,
    )?;
    rebuild.items(id::GLOBAL, own(counts.globals, imported.globals), globals)?;
    rebuild.redirect_exports()?;
    rebuild.items(id::ELEMENT, counts.elements, elements)?;
    rebuild.data_count(Some(data_count));
    rebuild.items(id::CODE, functions, addition.code_items())?;
    rebuild.items(id::DATA, counts.data, data)?;
    let groups = application.items::<wasmparser::RecGroup>(id::TYPE)?;
    let groups = groups.map_or(0, |groups| groups.count());
    rebuild.items(id::TYPE, groups, addition.type_items()?)
}

fn table_items(
    addition: &mut Addition,
    snapshot: &Runtime<'_>,
) -> Result<Items<'static>, ModuleError> {
    let mut section = wasm_encoder::TableSection::new();
    for table in snapshot
        .shape
        .items::<Table<'_>>(id::TABLE)?
        .into_iter()
        .flatten()
    {
        addition
            .renumber(snapshot)
            .parse_table(&mut section, table?)?;
    }
    items_of(&section)
}

fn memory_items(snapshot: &Runtime<'_>) -> Result<Items<'static>, ModuleError> {
    let mut section = wasm_encoder::MemorySection::new();
    for memory in snapshot
        .shape
        .items::<MemoryType>(id::MEMORY)?
        .into_iter()
        .flatten()
    {
        let MemoryType {
            memory64,
            shared,
            initial,
            maximum,
            page_size_log2,
        } = memory?;
        section.memory(wasm_encoder::MemoryType {
            minimum: initial,
            maximum,
            memory64,
            shared,
            page_size_log2,
        });
    }
    items_of(&section)
}

fn global_items(
    addition: &mut Addition,
    snapshot: &Runtime<'_>,
) -> Result<Items<'static>, ModuleError> {
    let mut section = wasm_encoder::GlobalSection::new();
    for global in snapshot
        .shape
        .items::<Global<'_>>(id::GLOBAL)?
        .into_iter()
        .flatten()
    {
        addition
            .renumber(snapshot)
            .parse_global(&mut section, global?)?;
    }
    items_of(&section)
}

fn element_items(
    addition: &mut Addition,
    snapshot: &Runtime<'_>,
) -> Result<Items<'static>, ModuleError> {
    let mut section = wasm_encoder::ElementSection::new();
    for element in snapshot
        .shape
        .items::<Element<'_>>(id::ELEMENT)?
        .into_iter()
        .flatten()
    {
        addition
            .renumber(snapshot)
            .parse_element(&mut section, element?)?;
    }
    items_of(&section)
}

/// The payload, and the memory of the snapshot. What Wizer leaves of the
/// segments that were there before it, empty ones, is not among it.
fn data_items<'a>(
    addition: &mut Addition,
    snapshot: &Runtime<'_>,
    payload: &'a [u8],
) -> Result<Items<'a>, ModuleError> {
    let mut bytes = Rope::default();
    // Flag 1: passive.
    bytes.push_u32(1);
    bytes.push_u32(payload.len() as u32);
    bytes.push(payload);
    let memory = addition.renumber(snapshot).memory_index(0)?;
    let mut section = wasm_encoder::DataSection::new();
    for segment in segments::joined(&snapshot.shape) {
        let offset = ConstExpr::i32_const(segment.offset.cast_signed());
        section.active(memory, &offset, segment.bytes);
    }
    let active = items_of(&section)?;
    bytes.append(active.bytes);
    let count = active.count + 1;
    Ok(Items { count, bytes })
}

/// The items of an encoded section, without its length and count.
pub(super) fn items_of(section: &impl Encode) -> Result<Items<'static>, ModuleError> {
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    let mut reader = BinaryReader::new(&bytes, 0);
    reader.read_var_u32()?;
    let count = reader.read_var_u32()?;
    let items = bytes.split_off(reader.current_position());
    let bytes = items.into();
    Ok(Items { count, bytes })
}
