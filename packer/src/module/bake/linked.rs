//! Bakes an image into an application that was linked with the runtime.
//!
//! Owns the differences from baking a runtime of its own: exports that Wizer would remove,
//! and data segments that would accumulate with each pack. For example, a program with
//! three data segments becomes one with three emptied segments and those of the snapshot.
//! This file removes the emptied ones, except up to the highest that the code names.

use crate::DroppedSection;
use crate::module::abi::METADATA_SECTION;
use crate::module::bake::entry_points;
use crate::module::bake::entry_points::unchanged;
use crate::module::bake::piece::{Piece, align, index_and_layer};
use crate::module::bake::snapshot::{Bake, bake};
use crate::module::edit::items::Items;
use crate::module::error::ModuleError;
use crate::module::index;
use crate::module::layer;
use crate::module::locate::anchor::locate;
use crate::module::locate::find::find;
use crate::module::locate::memory::Holes;
use crate::module::parse::section::{Section, id};
use crate::module::parse::shape::Shape;
use crate::module::parts::Parts;
use rayon::prelude::*;
use std::collections::BTreeMap;
use wasi_vfs_embedding::{Anchor, FORM_LINKED};
use wasmparser::{DataKind, Error, FunctionBody, MemoryType, Operator, TypeRef};

/// Wizer removes `_initialize`, because its snapshots are taken after initialisation. Here
/// only the mount has run, so the export has another name under Wizer.
const INITIALIZE: &str = "_initialize";
const HIDDEN: &str = "wasi_vfs:_initialize";

/// The packed module.
pub(crate) fn embed(
    shape: &Shape<'_>,
    parts: Parts<'_>,
    runtime_version: &str,
) -> Result<Vec<u8>, ModuleError> {
    check_imports(shape)?;
    check_memories(shape)?;
    let index = index::store(&parts)?;
    let writable = parts.writable.as_ref();
    let mut pieces = index_and_layer(&index, writable);
    let payload_offset = align(&mut pieces);
    let payload_len = parts.payload.len();
    let fill = |anchor: &mut Anchor, address: u32| {
        check_version(anchor, runtime_version)?;
        index::fill(anchor, address, parts.index, &index);
        layer::fill(anchor, address, (index.len(), writable));
        if writable.is_some() && !anchor.keeps_changes() {
            return Err(ModuleError::LinkedReadOnly);
        }
        // Both fit into 32 bits, because all of it is in memory. An empty payload may start at
        // the end of memory.
        anchor.payload_address = address.saturating_add(payload_offset as u32).into();
        anchor.payload_len = (payload_len as u32).into();
        Ok(())
    };
    let program = entry_points::expose(shape, &[(INITIALIZE, HIDDEN)])?;
    let renames: &[_] = match shape.exports.iter().any(|export| export.name == INITIALIZE) {
        true => &[(INITIALIZE, HIDDEN)],
        false => &[],
    };
    pieces.push(Piece::Bytes(parts.payload));
    let image = Bake {
        pieces,
        fill: &fill,
        renames,
    };
    let module = {
        let snapshot = bake(&program, image)?;
        let shape = Shape::parse(&snapshot)
            .map_err(|error| ModuleError::bake("reading the snapshot", error))?;
        finish(&shape, parts.metadata)?
    };
    check_readable(&module, payload_len)?;
    Ok(module)
}

fn check_imports(shape: &Shape<'_>) -> Result<(), ModuleError> {
    for import in &shape.imports {
        let kind = match import.ty {
            TypeRef::Func(_) => continue,
            // Wizer does not support them.
            TypeRef::FuncExact(_) => "function of an exact type",
            TypeRef::Table(_) => "table",
            TypeRef::Memory(_) => "memory",
            TypeRef::Global(_) => "global",
            TypeRef::Tag(_) => "tag",
        };
        return Err(ModuleError::LinkedImport {
            kind,
            module: import.module.into(),
            name: import.name.into(),
        });
    }
    Ok(())
}

/// Rejects a snapshot that no tool would read. Snapshots omit zeros, and readers reject an
/// image of which segments cover too little.
fn check_readable(module: &[u8], payload_len: usize) -> Result<(), ModuleError> {
    if Holes::Plain.allow(payload_len as u64, 0) {
        // A packed file may contain an anchor that fits its place.
        return locate(&Shape::parse(module)?).map(drop);
    }
    match find(module) {
        Err(ModuleError::ImageRange { .. }) => Err(ModuleError::LinkedZeros { len: payload_len }),
        found => found.map(drop),
    }
}

/// Rejects memories that Wizer cannot take a snapshot of. It reads each page of each.
fn check_memories(shape: &Shape<'_>) -> Result<(), ModuleError> {
    let is_plain = |memory: &MemoryType| {
        !memory.memory64 && !memory.shared && matches!(memory.page_size_log2, None | Some(16))
    };
    match shape.memories.iter().position(|memory| !is_plain(memory)) {
        Some(memory) => Err(ModuleError::LinkedMemoryType { memory }),
        None => Ok(()),
    }
}

fn check_version(anchor: &Anchor, expected: &str) -> Result<(), ModuleError> {
    let form = anchor.form.get();
    if form != FORM_LINKED {
        let what = format!("its anchor has form {form}, expected {FORM_LINKED}");
        return Err(ModuleError::Linked { what });
    }
    let found = anchor.runtime_version();
    if found == expected {
        return Ok(());
    }
    Err(ModuleError::RuntimeVersion {
        found: found.into(),
        expected: expected.into(),
    })
}

/// Custom sections of the program that the packed module lacks.
pub(crate) fn dropped(
    program: &Shape<'_>,
    packed: &[u8],
) -> Result<Vec<DroppedSection>, ModuleError> {
    let mut dropped = custom_sections(program);
    for name in custom_sections(&Shape::parse(packed)?).keys() {
        dropped.remove(name);
    }
    let sections = dropped.into_iter();
    let sections = sections.map(|(name, len)| DroppedSection { name, len });
    Ok(sections.collect())
}

/// The lengths of all custom sections except ours, by name.
fn custom_sections(shape: &Shape<'_>) -> BTreeMap<String, u64> {
    let is_custom = |section: &&Section<'_>| section.id == id::CUSTOM;
    let mut lens = BTreeMap::new();
    for section in shape.sections.iter().filter(is_custom) {
        if section.name != METADATA_SECTION {
            *lens.entry(section.name.to_owned()).or_default() += section.range.len() as u64;
        }
    }
    lens
}

/// Drops the segments that Wizer has emptied, and adds the metadata section. Otherwise each
/// pack would add empty segments, and packing twice would differ from packing once.
fn finish(snapshot: &Shape<'_>, metadata: &[u8]) -> Result<Vec<u8>, ModuleError> {
    let named = named_segments(snapshot)?;
    let mut rebuild = unchanged(snapshot)?;
    let mut kept = Items::default();
    for (number, data) in snapshot.data.iter().enumerate() {
        let empty = matches!(data.kind, DataKind::Passive) && data.data.is_empty();
        if !empty || number < named {
            kept.count += 1;
            kept.bytes.push(snapshot.bytes(data.range.clone()));
        }
    }
    if snapshot.data_count.is_some() {
        rebuild.data_count(Some(kept.count));
    }
    rebuild.items(id::DATA, 0, kept)?;
    if !metadata.is_empty() {
        rebuild.custom(METADATA_SECTION, metadata);
    }
    rebuild.finish()
}

/// The number of leading segments that must keep their numbers, because code names them.
fn named_segments(shape: &Shape<'_>) -> Result<usize, ModuleError> {
    // Instructions that name a segment require the data count section.
    if shape.data_count.is_none() {
        return Ok(0);
    }
    let bodies = shape.bodies.par_iter().with_min_len(64);
    let highest = bodies
        .map(highest_segment)
        .try_reduce(|| 0, |a, b| Ok(a.max(b)));
    Ok(highest?)
}

/// One more than the highest segment number in a body, or 0 without any.
fn highest_segment(body: &FunctionBody<'_>) -> Result<usize, Error> {
    let mut highest = 0;
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let segment = match operators.read()? {
            Operator::MemoryInit { data_index, .. } | Operator::DataDrop { data_index } => {
                data_index
            }
            Operator::ArrayNewData {
                array_data_index, ..
            }
            | Operator::ArrayInitData {
                array_data_index, ..
            } => array_data_index,
            _ => continue,
        };
        highest = highest.max(segment as usize + 1);
    }
    Ok(highest)
}
