//! Where in a module an image lies, worked out from its data segments alone.
//!
//! Owns the search for the anchor and the way from the anchor to the parts of
//! the image. Does not look into the image.

use super::memory::{Holes, Memory};
use super::region::PAGE_SHIFT;
use super::shape::{Shape, constant, id};
use super::skeleton::Skeleton;
use super::{Filed, Form, Found, MemoryKind, ModuleError, index, traces};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use wasi_vfs_embedding::{
    ABI_VERSION, ANCHOR_LEN, ANCHOR_MAGIC, Anchor, FORM_LINKED, FORM_MERGED, FORM_MERGED_SINGLE,
};
use wasi_vfs_format::{Part, Payload, ReadAt};
use wasmparser::{BinaryReader, DataKind, Global};
use zerocopy::FromBytes;

/// Custom section that holds the metadata section.
pub(super) const METADATA_SECTION: &str = "wasi_vfs";

/// An anchor that lies where it says it does, so the module is packed.
pub(super) struct Located {
    pub(super) memory: u32,
    pub(super) anchor: Anchor,
    pub(super) form: Form,
    /// Where the addresses in the anchor count from.
    start: u32,
}

/// An anchor that names an image, and where it lies.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    memory: u32,
    address: u32,
    pub(super) anchor: Anchor,
}

impl Placed {
    /// Where its addresses count from, if they do.
    fn start(&self) -> Option<u32> {
        self.address.checked_sub(self.anchor.address.get())
    }

    /// Whether it lies where it says. That tells it from a copy in somebody's data. Its
    /// region may have moved before a snapshot, and another tool may have put a separate
    /// memory behind the application's. Then a global holds where it starts.
    fn is_in_place(&self, starts: &BTreeSet<u32>) -> bool {
        let may_move = self.anchor.form.get() != FORM_LINKED;
        self.is_where_recorded()
            || may_move && self.start().is_some_and(|start| starts.contains(&start))
    }

    fn is_where_recorded(&self) -> bool {
        self.start() == Some(self.anchor.region_address.get())
    }
}

/// Finds the anchor of a packed module.
pub(super) fn locate(shape: &Shape<'_>) -> Result<Option<Located>, ModuleError> {
    let mut anchors = Vec::new();
    for number in 0..shape.counts.memories {
        let memory = Memory::build(shape, number)?;
        anchors.extend(anchors_in(&memory)?.map(|(address, anchor)| Placed {
            memory: number,
            address,
            anchor,
        }));
    }
    let starts = match anchors.iter().all(Placed::is_where_recorded) {
        true => BTreeSet::new(),
        false => starts_in_globals(shape)?,
    };
    let (in_place, copies): (Vec<_>, Vec<_>) = anchors
        .into_iter()
        .partition(|anchor| anchor.is_in_place(&starts));
    match in_place.as_slice() {
        [] => match traces::of_a_runtime(shape, &copies) {
            Some(trace) => Err(ModuleError::Lost { trace }),
            None => Ok(None),
        },
        [anchor] => located(anchor).map(Some),
        several => Err(ambiguous(several)),
    }
}

/// The first bytes of pages that are initial values of globals. A set, since a hostile
/// module may have many anchors and many globals.
fn starts_in_globals(shape: &Shape<'_>) -> Result<BTreeSet<u32>, ModuleError> {
    let mut starts = BTreeSet::new();
    for global in shape.items::<Global<'_>>(id::GLOBAL)?.into_iter().flatten() {
        let start = constant(&global?.init_expr).and_then(|start| u32::try_from(start).ok());
        starts.extend(start.filter(|start| start.is_multiple_of(1 << PAGE_SHIFT)));
    }
    Ok(starts)
}

/// Anchors in `memory` that name an image, each with its address.
fn anchors_in(memory: &Memory<'_>) -> Result<impl Iterator<Item = (u32, Anchor)>, ModuleError> {
    let mut anchors = Vec::new();
    for address in memory.find(&ANCHOR_MAGIC)? {
        let Ok(address) = u32::try_from(address) else {
            continue;
        };
        let Ok(bytes) = memory.read(address, ANCHOR_LEN as u32, Holes::Plain) else {
            continue;
        };
        let anchor = Anchor::read_from_bytes(&bytes).ok();
        // An address of 0 is that of a runtime without an image.
        let anchor =
            anchor.filter(|anchor| anchor.address.get() != 0 && anchor.index_len.get() != 0);
        anchors.extend(anchor.map(|anchor| (address, anchor)));
    }
    Ok(anchors.into_iter())
}

fn located(placed: &Placed) -> Result<Located, ModuleError> {
    let Placed { memory, anchor, .. } = *placed;
    check_abi(&anchor)?;
    let form = match anchor.form.get() {
        FORM_LINKED => Form::Linked,
        FORM_MERGED => Form::Merged(MemoryKind::Separate),
        FORM_MERGED_SINGLE => Form::Merged(MemoryKind::Single),
        other => {
            let what = format!("its anchor has the unknown form {other}");
            return Err(ModuleError::rewritten(what));
        }
    };
    Ok(Located {
        memory,
        anchor,
        form,
        start: placed.start().unwrap_or_default(),
    })
}

/// Refuses an anchor whose fields may mean something else.
pub(super) fn check_abi(anchor: &Anchor) -> Result<(), ModuleError> {
    let (found, expected) = (anchor.abi_version.get(), ABI_VERSION);
    if found != expected {
        return Err(ModuleError::AbiVersion { found, expected });
    }
    match anchor.unsupported() {
        Some(what) => Err(ModuleError::Newer { what }),
        None => Ok(()),
    }
}

fn ambiguous(anchors: &[Placed]) -> ModuleError {
    let place = |anchor: &Placed| {
        let Placed {
            memory, address, ..
        } = anchor;
        format!("{address:#x} of memory {memory}")
    };
    // Enough to look at; a hostile module may hold many thousands.
    let addresses: Vec<String> = anchors.iter().take(4).map(place).collect();
    ModuleError::AmbiguousAnchor {
        count: anchors.len(),
        addresses: addresses.join(", "),
    }
}

/// Takes the parts of the image out of a packed module.
pub(super) fn extract<'a>(shape: &Shape<'a>, located: &Located) -> Result<Found<'a>, ModuleError> {
    let anchor = &located.anchor;
    let memory = Memory::build(shape, located.memory)?;
    let (address, len) = (anchor.payload_address.get(), anchor.payload_len.get());
    let payload = match located.form {
        Form::Linked => memory
            .read(address, len, Holes::Plain)
            .map_err(out_of_range("payload", address, len))?,
        Form::Merged(_) => {
            let number = payload_segment(shape, address, len)?;
            let segment = shape.data.get(number);
            segment.map_or(&[][..], |segment| segment.data).into()
        }
    };
    Ok(Found {
        form: located.form,
        runtime_version: anchor.runtime_version().into(),
        index: index_of(&memory, located)?,
        index_stored_len: anchor.index_stored_len.get(),
        payload,
        metadata: metadata_section(shape),
    })
}

/// Takes the parts of the image out of a packed module of which only a skeleton is in
/// memory. The payload stays in the file.
pub(super) fn extract_from_file(
    skeleton: &Skeleton,
    shape: &Shape<'_>,
    located: &Located,
) -> Result<Filed, ModuleError> {
    let anchor = &located.anchor;
    let memory = Memory::build(shape, located.memory)?;
    let (address, len) = (anchor.payload_address.get(), anchor.payload_len.get());
    let out_of_range = out_of_range("payload", address, len);
    let (payload, payload_segment): (Arc<dyn ReadAt>, _) = match located.form {
        Form::Linked => {
            let window = memory.source(address, len, Holes::Plain);
            let window = window.and_then(|window| window.ok_or("no file has it".into()));
            (Arc::new(window.map_err(out_of_range)?), None)
        }
        Form::Merged(_) => {
            let number = payload_segment(shape, address, len)?;
            let place = skeleton.elsewhere.segments.get(number).cloned();
            let source = skeleton.elsewhere.source.clone();
            let part = Part::new(source, place.unwrap_or_default());
            (Arc::new(part), Some(number as u32))
        }
    };
    Ok(Filed {
        form: located.form,
        runtime_version: anchor.runtime_version().into(),
        index: index_of(&memory, located)?.into_owned(),
        index_stored_len: anchor.index_stored_len.get(),
        payload: Payload::Source(payload),
        payload_segment,
        metadata: metadata_section(shape).map(<[u8]>::to_vec),
    })
}

fn index_of<'a>(memory: &Memory<'a>, located: &Located) -> Result<Cow<'a, [u8]>, ModuleError> {
    let anchor = &located.anchor;
    let (len, stored_len) = (anchor.index_len.get(), anchor.index_stored_len.get());
    let holes = match len == stored_len {
        true => Holes::Plain,
        false => Holes::Frame,
    };
    // One that wraps around is out of bounds either way.
    let address = located.start.saturating_add(anchor.index_address.get());
    let stored = memory.read(address, stored_len, holes);
    let stored = stored.map_err(out_of_range("index", address, stored_len))?;
    index::load(stored, len)
}

/// The error that a part is not where the anchor says it is.
fn out_of_range(part: &'static str, address: u32, len: u32) -> impl FnOnce(String) -> ModuleError {
    move |found| ModuleError::ImageRange {
        part,
        address,
        len,
        found,
    }
}

/// The number of the passive segment that holds the payload: the one that the anchor
/// gives or, since optimisers renumber segments, that of the only one as long.
fn payload_segment(shape: &Shape<'_>, number: u32, len: u32) -> Result<usize, ModuleError> {
    let fits = |at: &usize| {
        let data = shape.data.get(*at);
        data.is_some_and(|data| matches!(data.kind, DataKind::Passive))
            && shape.segment_len(*at) == u64::from(len)
    };
    if let Some(at) = usize::try_from(number).ok().filter(fits) {
        return Ok(at);
    }
    let mut candidates = (0..shape.data.len()).filter(fits);
    match (candidates.next(), candidates.next()) {
        (Some(at), None) => Ok(at),
        (first, _) => Err(ModuleError::ImageRange {
            part: "payload",
            address: number,
            len,
            found: match first {
                None => {
                    "no passive data segment has that length (Wizer 10 drops such segments)".into()
                }
                Some(_) => "several passive data segments have that length".into(),
            },
        }),
    }
}

/// The contents of the last custom section `wasi_vfs`.
fn metadata_section<'a>(shape: &Shape<'a>) -> Option<&'a [u8]> {
    let mut sections = shape.sections.iter().rev();
    let section = sections.find(|s| s.id == id::CUSTOM && s.name == METADATA_SECTION)?;
    let mut reader = BinaryReader::new(shape.bytes(section.range.clone()), section.range.start);
    reader.skip_string().ok()?;
    let len = reader.bytes_remaining();
    reader.read_bytes(len).ok()
}
