//! Where in a module an image lies, worked out from its data segments alone.
//!
//! Owns the search for the anchor and the way from the anchor to the parts of
//! the image. Does not look into the image.

use super::memory::{Holes, Memory};
use super::shape::{Shape, id};
use super::{Form, Found, MemoryKind, ModuleError, index};
use memchr::memmem;
use wasi_vfs_format::anchor::{
    ABI_VERSION, ANCHOR_LEN, Anchor, FORM_LINKED, FORM_MERGED, FORM_MERGED_SINGLE, MAGIC,
};
use wasmparser::{BinaryReader, DataKind};
use zerocopy::FromBytes;

/// Custom section that holds the cold part.
pub(super) const COLD_SECTION: &str = "wasi_vfs";

/// An anchor that lies where it says it does, so the module is packed.
pub(super) struct Located {
    pub(super) memory: u32,
    pub(super) anchor: Anchor,
    pub(super) form: Form,
}

/// Finds the anchor of a packed module.
pub(super) fn locate(shape: &Shape<'_>) -> Result<Option<Located>, ModuleError> {
    let mut anchors = Vec::new();
    for memory in 0..shape.counts.memories {
        for anchor in anchors_in(&Memory::build(shape, memory)?) {
            anchors.push((memory, anchor));
        }
    }
    match anchors.as_slice() {
        [] => Ok(None),
        [(memory, anchor)] => located(*memory, *anchor).map(Some),
        several => Err(ambiguous(several)),
    }
}

/// Anchors in `memory` whose address is where they lie.
fn anchors_in(memory: &Memory<'_>) -> Vec<Anchor> {
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
            anchors.extend(anchor.ok().filter(|anchor| {
                let (region, within) = (anchor.region_address, anchor.address.get());
                region.get().checked_add(within) == Some(address)
                    && within != 0
                    && anchor.index_len.get() != 0
            }));
        }
    }
    anchors
}

fn located(memory: u32, anchor: Anchor) -> Result<Located, ModuleError> {
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

fn ambiguous(anchors: &[(u32, Anchor)]) -> ModuleError {
    let place = |(memory, anchor): &(u32, Anchor)| {
        let address = anchor
            .region_address
            .get()
            .saturating_add(anchor.address.get());
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
    let address = anchor.region_address.get();
    let address = address.saturating_add(anchor.index_address.get());
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
                None => "no passive data segment has that length".into(),
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
