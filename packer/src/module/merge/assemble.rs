//! Assembles a merged module from an application, a runtime and an image.
//!
//! The steps are: encode the [addition](crate::module::merge::addition), take the snapshot of
//! the runtime with the index, and append both to the sections of the application. For
//! example, an application with 3 data segments gets the payload as segment 3, and the
//! memory of the snapshot as segments 4 and up. The application keeps all its numbers.

use crate::DroppedSection;
use crate::module::abi::METADATA_SECTION;
use crate::module::bake::piece::index_and_layer;
use crate::module::bake::snapshot::{Bake, bake};
use crate::module::edit::dropped::Dropped;
use crate::module::edit::items::{Items, items_of, memory_items};
use crate::module::edit::rebuild::Rebuild;
use crate::module::edit::redirect::Redirect;
use crate::module::edit::references::CodeEdits;
use crate::module::edit::rope::Rope;
use crate::module::edit::{custom, names};
use crate::module::error::ModuleError;
use crate::module::form::MemoryKind;
use crate::module::index;
use crate::module::layer;
use crate::module::merge::addition::Addition;
use crate::module::merge::binding::Binding;
use crate::module::merge::claim;
use crate::module::merge::parts::{self, needed};
use crate::module::merge::region::Region;
use crate::module::merge::runtime::Runtime;
use crate::module::merge::segments;
use crate::module::parse::section::id;
use crate::module::parse::shape::{Counts, Shape};
use crate::module::parts::Parts;
use crate::module::writable::Writable;
use std::borrow::Cow;
use std::collections::HashMap;
use std::mem::take;
use wasi_vfs_embedding::{Anchor, Application, FORM_MERGED};
use wasm_encoder::ConstExpr;
use wasm_encoder::reencode::Reencode;
use wasmparser::{Global, MemoryType};

/// Merges `runtime` with an image into `application`. Returns the module and the dropped
/// custom sections.
pub(crate) fn merge(
    application: &Shape<'_>,
    image: Parts<'_>,
    runtime: &[u8],
    runtime_version: &str,
    binding: Binding<'_>,
    memory: MemoryKind,
) -> Result<(Vec<u8>, Vec<DroppedSection>), ModuleError> {
    let index = needed::worthwhile(&image, index::store(&image)?);
    let needed = needed::of_image(&image, &index);
    let runtime = &parts::without_unneeded(runtime, needed)?;
    let runtime = Runtime::parse(runtime)?;
    let mut addition = Addition::new(application, &runtime, binding, memory)?;
    let before = before(application, memory, addition.numbers.region.as_ref());
    let anchor = AnchorFields {
        form: binding.form(addition.numbers.region.is_some()),
        payload_segment: Addition::payload_segment(application),
        payload_len: payload_len(&image)?,
        region: addition.numbers.region,
        application: before,
        checksum: addition.checksum(&before),
        runtime_version,
        index: image.index,
        writable: image.writable.as_ref(),
    };
    let snapshot = bake_runtime(runtime.shape.wasm, &index, &anchor)?;
    let region = addition.numbers.region;
    let memory_of = region.and_then(|region| region.memory_of());
    let redirect = Redirect::into(redirects(application, binding), memory_of);
    let mut dropped = Dropped::default();
    let mut names = &*addition.names;
    let mut features = custom::added_features(application, memory);
    let code = CodeEdits::new(application, redirect)?;
    let code_stays = code.keep_offsets(application, addition.function_count());
    let mut rebuild = Rebuild::with_edits(application, code, |name, bytes| match name {
        "name" => {
            let below = application.counts.functions;
            Some(names::with_functions(bytes, below, &mut names))
        }
        "target_features" => Some(custom::with_features(bytes, take(&mut features))),
        name if is_kept(name, code_stays) => Some(bytes.into()),
        name => {
            dropped.note(name, bytes.len() as u64);
            None
        }
    });
    let snapshot = &Shape::parse(&snapshot)?;
    let baked = Baked {
        runtime: &runtime,
        snapshot,
        claimed: claimed_data(region, snapshot)?,
        growth_len: growth_len(&image),
        payload: image.payload,
    };
    append(&mut rebuild, application, &mut addition, baked)?;
    if !image.metadata.is_empty() {
        rebuild.custom(METADATA_SECTION, image.metadata);
    }
    Ok((rebuild.finish()?, dropped.into_sections()))
}

/// The memory of the runtime, if it claims its region when it starts.
fn claimed_data(
    region: Option<Region>,
    snapshot: &Shape<'_>,
) -> Result<Option<claim::Data>, ModuleError> {
    let claims = region.is_some_and(|region| region.is_claimed());
    let data = claims.then(|| claim::Data::joined(segments::joined(snapshot)));
    data.transpose()
}

/// Bytes by which the memory of the runtime may grow: the decompressed index and the changes.
fn growth_len(parts: &Parts<'_>) -> u64 {
    let changes_len = parts
        .writable
        .as_ref()
        .map_or(0, |changes| changes.limit_len);
    changes_len.saturating_add(parts.index.len() as u64)
}

fn payload_len(parts: &Parts<'_>) -> Result<u32, ModuleError> {
    u32::try_from(parts.payload.len()).map_err(|_| ModuleError::TooLarge {
        part: "payload",
        len: parts.payload.len() as u64,
        limit: u32::MAX.into(),
    })
}

/// The fields of the anchor.
struct AnchorFields<'a> {
    form: u32,
    payload_segment: u32,
    payload_len: u32,
    region: Option<Region>,
    application: Application,
    checksum: u64,
    runtime_version: &'a str,
    index: &'a [u8],
    writable: Option<&'a Writable>,
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
        if self.writable.is_some() && !anchor.keeps_changes() {
            return Err(ModuleError::Runtime("it keeps no changes".into()));
        }
        index::fill(anchor, address, self.index, stored);
        layer::fill(anchor, address, (stored.len(), self.writable));
        anchor.payload_address = self.payload_segment.into();
        anchor.payload_len = self.payload_len.into();
        anchor.form = self.form.into();
        if let Some(region) = self.region {
            anchor.region_address = region.address()?.into();
        }
        anchor.application = self.application;
        anchor.merged_checksum = self.checksum.into();
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
        Bake {
            pieces: index_and_layer(index, fields.writable),
            fill: &|anchor, address| fields.fill(anchor, address, index),
            renames: &[],
        },
    )
}

/// A runtime with an image: the snapshot with the index, and the payload.
struct Baked<'r, 'a> {
    runtime: &'r Runtime<'r>,
    snapshot: &'r Shape<'r>,
    /// Bytes by which its memory may grow, beside the cache.
    growth_len: u64,
    payload: Cow<'a, [u8]>,
    /// The memory of the snapshot for a claimed region.
    claimed: Option<claim::Data>,
}

/// The record of the application for unmerging.
fn before(application: &Shape<'_>, memory: MemoryKind, region: Option<&Region>) -> Application {
    let Counts {
        types,
        functions,
        memories,
        globals,
        data,
        ..
    } = application.counts;
    let mut before = Application {
        type_count: types.into(),
        function_count: functions.into(),
        memory_count: memories.into(),
        global_count: globals.into(),
        data_count: data.into(),
        has_data_count: u32::from(application.data_count.is_some()).into(),
        added_features: custom::added_features(application, memory).into(),
        ..Application::default()
    };
    if let Some(region) = region {
        region.note(&mut before);
    }
    before
}

/// The entry for each intercepted import.
fn redirects(application: &Shape<'_>, binding: Binding<'_>) -> HashMap<u32, u32> {
    let entries = application.counts.functions..;
    let intercepted = binding.intercepted(application).into_iter();
    let imports = intercepted.map(|entry| entry.import);
    imports.zip(entries).collect()
}

fn is_kept(name: &str, code_stays: bool) -> bool {
    name != METADATA_SECTION
        && match code_stays {
            true => custom::survives_appended_code(name),
            false => custom::survives_moved_code(name),
        }
}

/// Appends the runtime to the sections of the application.
fn append<'a>(
    rebuild: &mut Rebuild<'_, 'a>,
    application: &Shape<'_>,
    addition: &mut Addition,
    baked: Baked<'_, 'a>,
) -> Result<(), ModuleError> {
    let counts = application.counts;
    let own = |total: u32, imported: u32| total - imported;
    let imported = application.imported;
    let globals = global_items(addition, &baked)?;
    let functions = own(counts.functions, imported.functions);
    rebuild.items(id::FUNCTION, functions, addition.function_items())?;
    append_memory(rebuild, application, addition, &baked)?;
    let data = data_items(addition, baked)?;
    let data_count = counts.data + data.count;
    rebuild.items(id::GLOBAL, own(counts.globals, imported.globals), globals)?;
    rebuild.redirect_references()?;
    let exports = addition.export_items()?;
    if exports.count > 0 {
        let own = application.exports.len() as u32;
        rebuild.items(id::EXPORT, own, exports)?;
    }
    if let Some(function) = addition.numbers.region.and_then(|region| region.claim()) {
        rebuild.start(function);
    }
    rebuild.data_count(Some(data_count));
    rebuild.items(id::CODE, functions, addition.code_items())?;
    rebuild.items(id::DATA, counts.data, data)?;
    let groups = application.items::<wasmparser::RecGroup>(id::TYPE)?;
    let groups = groups.map_or(0, |groups| groups.count());
    rebuild.items(id::TYPE, groups, addition.type_items()?)
}

/// Adds the runtime's memory, or lengthens memory 0 by it.
fn append_memory(
    rebuild: &mut Rebuild<'_, '_>,
    application: &Shape<'_>,
    addition: &Addition,
    baked: &Baked<'_, '_>,
) -> Result<(), ModuleError> {
    let memory = runtime_memory(baked)?;
    if baked.claimed.is_some() {
        return Ok(());
    }
    let Some(region) = addition.numbers.region else {
        let kept = application.counts.memories - application.imported.memories;
        return rebuild.items(id::MEMORY, kept, memory_items(&[memory])?);
    };
    let mut memories = application.memories.clone();
    if let Some(first) = memories.first_mut() {
        *first = region.memory(memory.initial, baked.growth_len)?;
    }
    rebuild.items(id::MEMORY, 0, memory_items(&memories)?)
}

fn runtime_memory(baked: &Baked<'_, '_>) -> Result<MemoryType, ModuleError> {
    let memory = baked.snapshot.memories.first().copied();
    memory.ok_or_else(|| ModuleError::Runtime("it has no memory".into()))
}

fn global_items(
    addition: &mut Addition,
    baked: &Baked<'_, '_>,
) -> Result<Items<'static>, ModuleError> {
    let mut section = wasm_encoder::GlobalSection::new();
    if let Some(region) = &addition.numbers.region {
        let pages = runtime_memory(baked)?.initial;
        match &baked.claimed {
            Some(data) => claim::encode_globals(&mut section, pages, data),
            None => region.encode_globals(&mut section, pages)?,
        }
    }
    let globals = baked.snapshot.items::<Global<'_>>(id::GLOBAL)?;
    for global in globals.into_iter().flatten() {
        addition
            .renumber(baked.runtime)
            .parse_global(&mut section, global?)?;
    }
    items_of(&section)
}

/// The payload, and the memory of the snapshot. The emptied segments from before the
/// snapshot are omitted.
fn data_items<'a>(addition: &Addition, baked: Baked<'_, 'a>) -> Result<Items<'a>, ModuleError> {
    let mut bytes = Rope::default();
    // Flag 1: passive.
    bytes.push_u32(1);
    bytes.push_u32(baked.payload.len() as u32);
    bytes.push(baked.payload);
    let start = match &addition.numbers.region {
        Some(region) => region.address()?,
        None => 0,
    };
    let mut section = wasm_encoder::DataSection::new();
    if let Some(data) = baked.claimed {
        for segment in data.0 {
            section.passive(segment.bytes);
        }
        let passive = items_of(&section)?;
        bytes.append(passive.bytes);
        let count = passive.count + 1;
        return Ok(Items { count, bytes });
    }
    for segment in segments::joined(baked.snapshot) {
        // The memory has at most 4 GiB, including the region.
        let address = start.wrapping_add(segment.offset);
        let offset = ConstExpr::i32_const(address.cast_signed());
        section.active(addition.numbers.memory(), &offset, segment.bytes);
    }
    let active = items_of(&section)?;
    bytes.append(active.bytes);
    let count = active.count + 1;
    Ok(Items { count, bytes })
}
