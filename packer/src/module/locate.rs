//! Where in a module an image lies, worked out from its data segments alone.
//!
//! Owns the search for the anchor and the way from the anchor to the parts of
//! the image. Does not look into the image.

use super::memory::{Holes, Memory};
use super::region::PAGE_SHIFT;
use super::shape::{Shape, constant, id};
use super::{Form, Found, MemoryKind, ModuleError, index, traces};
use memchr::memmem;
use std::collections::BTreeSet;
use wasi_vfs_format::anchor::{
    ABI_VERSION, ANCHOR_LEN, Anchor, FORM_LINKED, FORM_MERGED, FORM_MERGED_SINGLE, MAGIC,
};
use wasmparser::{BinaryReader, DataKind, Global};
use zerocopy::FromBytes;

/// Custom section that holds the cold part.
pub(super) const COLD_SECTION: &str = "wasi_vfs";

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
        anchors.extend(anchors_in(&memory).map(|(address, anchor)| Placed {
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
fn anchors_in(memory: &Memory<'_>) -> impl Iterator<Item = (u32, Anchor)> {
    let mut anchors = Vec::new();
    for (start, bytes) in memory.runs() {
        for at in memmem::find_iter(bytes, &MAGIC) {
            let Ok(address) = u32::try_from(start + at as u64) else {
                continue;
            };
            let Ok(bytes) = memory.read(address, ANCHOR_LEN as u32, Holes::Plain) else {
                continue;
            };
            let anchor = Anchor::read_from_bytes(&bytes);
            // An address of 0 is that of a runtime without an image.
            let anchor = anchor
                .ok()
                .filter(|anchor| anchor.address.get() != 0 && anchor.index_len.get() != 0);
            anchors.extend(anchor.map(|anchor| (address, anchor)));
        }
    }
    anchors.into_iter()
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
    if found == expected {
        return Ok(());
    }
    Err(ModuleError::AbiVersion { found, expected })
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
    let Located { anchor, form, .. } = located;
    let memory = Memory::build(shape, located.memory)?;
    let (len, stored_len) = (anchor.index_len.get(), anchor.index_stored_len.get());
    let holes = match len == stored_len {
        true => Holes::Plain,
        false => Holes::Frame,
    };
    // One that wraps around is out of bounds either way.
    let address = located.start.saturating_add(anchor.index_address.get());
    let stored = memory.read(address, stored_len, holes);
    let stored = stored.map_err(out_of_range("index", address, stored_len))?;
    let index = index::load(stored, len)?;
    let (address, len) = (anchor.payload_address.get(), anchor.payload_len.get());
    let payload = match form {
        Form::Linked => memory
            .read(address, len, Holes::Plain)
            .map_err(out_of_range("payload", address, len))?,
        Form::Merged(_) => payload_segment(shape, address, len)?.into(),
    };
    Ok(Found {
        form: *form,
        runtime_version: anchor.runtime_version().into(),
        index,
        index_stored_len: anchor.index_stored_len.get(),
        payload,
        cold: cold_part(shape),
    })
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

/// The passive segment that holds the payload: the one with the number that the
/// anchor gives or, since optimisers renumber segments, the only one as long.
fn payload_segment<'a>(shape: &Shape<'a>, number: u32, len: u32) -> Result<&'a [u8], ModuleError> {
    let fits = |data: &&wasmparser::Data<'a>| {
        matches!(data.kind, DataKind::Passive) && data.data.len() as u64 == u64::from(len)
    };
    let numbered = usize::try_from(number)
        .ok()
        .and_then(|at| shape.data.get(at));
    if let Some(data) = numbered.filter(fits) {
        return Ok(data.data);
    }
    let mut candidates = shape.data.iter().filter(fits);
    match (candidates.next(), candidates.next()) {
        (Some(data), None) => Ok(data.data),
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
fn cold_part<'a>(shape: &Shape<'a>) -> Option<&'a [u8]> {
    let mut sections = shape.sections.iter().rev();
    let section = sections.find(|s| s.id == id::CUSTOM && s.name == COLD_SECTION)?;
    let mut reader = BinaryReader::new(shape.bytes(section.range.clone()), section.range.start);
    reader.skip_string().ok()?;
    let len = reader.bytes_remaining();
    reader.read_bytes(len).ok()
}
