//! Finds the anchor of a packed module in its data segments, without running it.
//!
//! An anchor records its own address. For example, the magic number is at 4096 of memory 1.
//! If the record there says 4096, it is the anchor. If it says 8192, it is a copy in the
//! data of a program, unless a global holds the start of a region that has moved.

use crate::module::error::ModuleError;
use crate::module::form::{Form, MemoryKind};
use crate::module::locate::claimed::{self, Claimed};
use crate::module::locate::memory::{Holes, Memory};
use crate::module::locate::placed::{Located, Placed};
use crate::module::locate::traces;
use crate::module::parse::section::id;
use crate::module::parse::shape::{PAGE_SHIFT, Shape, constant};
use std::collections::BTreeSet;
use wasi_vfs_embedding::{
    ABI_VERSION, ANCHOR_LEN, ANCHOR_MAGIC, Anchor, FORM_LINKED, FORM_MERGED, FORM_MERGED_SINGLE,
    FORM_WIRED, FORM_WIRED_SINGLE,
};
use wasmparser::Global;
use zerocopy::FromBytes;

/// Finds the anchor of a packed module.
pub(crate) fn locate(shape: &Shape<'_>) -> Result<Option<Located>, ModuleError> {
    let anchors = placed(shape)?;
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

/// All anchors with an image, in the memories and in the region that the runtime claims.
fn placed(shape: &Shape<'_>) -> Result<Vec<Placed>, ModuleError> {
    let mut anchors = Vec::new();
    let mut add = |memory: &Memory<'_>, number, claimed: Option<Claimed>| {
        anchors.extend(anchors_in(memory)?.map(|(address, anchor)| Placed {
            memory: number,
            address,
            anchor,
            claimed,
        }));
        Ok::<_, ModuleError>(())
    };
    for number in 0..shape.counts.memories {
        add(&Memory::build(shape, number)?, number, None)?;
    }
    if let Some(claimed) = claimed::find(shape) {
        add(&Memory::of_claimed(shape, claimed)?, 0, Some(claimed))?;
    }
    Ok(anchors)
}

/// Initial values of globals that are starts of pages. A set, because a hostile module may
/// have many anchors and many globals.
fn starts_in_globals(shape: &Shape<'_>) -> Result<BTreeSet<u32>, ModuleError> {
    let mut starts = BTreeSet::new();
    for global in shape.items::<Global<'_>>(id::GLOBAL)?.into_iter().flatten() {
        let start = constant(&global?.init_expr).and_then(|start| u32::try_from(start).ok());
        starts.extend(start.filter(|start| start.is_multiple_of(1 << PAGE_SHIFT)));
    }
    Ok(starts)
}

/// Anchors with an image in `memory`, each with its address.
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
        // A runtime without an image has the address 0.
        let anchor =
            anchor.filter(|anchor| anchor.address.get() != 0 && anchor.index_len.get() != 0);
        anchors.extend(anchor.map(|anchor| (address, anchor)));
    }
    Ok(anchors.into_iter())
}

fn located(placed: &Placed) -> Result<Located, ModuleError> {
    let Placed {
        memory,
        anchor,
        claimed,
        ..
    } = *placed;
    check_abi(&anchor)?;
    let form = match anchor.form.get() {
        FORM_LINKED => Form::Linked,
        FORM_MERGED => Form::Merged(MemoryKind::Separate),
        FORM_MERGED_SINGLE => Form::Merged(MemoryKind::Single),
        FORM_WIRED => Form::Wired(MemoryKind::Separate),
        FORM_WIRED_SINGLE => Form::Wired(MemoryKind::Single),
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
        claimed,
    })
}

/// Rejects an anchor of another ABI version.
pub(crate) fn check_abi(anchor: &Anchor) -> Result<(), ModuleError> {
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
    // A hostile module may have many thousands.
    let addresses: Vec<String> = anchors.iter().take(4).map(place).collect();
    ModuleError::AmbiguousAnchor {
        count: anchors.len(),
        addresses: addresses.join(", "),
    }
}
