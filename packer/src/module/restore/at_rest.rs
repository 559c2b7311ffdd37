//! The memory of a started module without decompressed blocks.

use crate::module::bake::rest;
use crate::module::error::ModuleError;
use crate::module::form::{Form, MemoryKind};
use crate::module::locate::extract::extract;
use crate::module::locate::placed::Located;
use crate::module::merge::addition::Addition;
use crate::module::merge::binding::Binding;
use crate::module::merge::parts::{needed, without_unneeded};
use crate::module::merge::region;
use crate::module::merge::runtime::Runtime;
use crate::module::parse::shape::Shape;
use crate::module::restore::unmerge::unmerge;

/// The memory with the runtime of the packed module `shape` after the runtime has emptied its
/// cache. `memory` is that memory in the state, and `global` returns the value of each global.
///
/// `None` if the module was linked, or has another runtime than `runtime`. Its state then
/// keeps the decompressed blocks.
pub(crate) fn memory_at_rest(
    shape: &Shape<'_>,
    located: &Located,
    runtime: &[u8],
    memory: &[u8],
    global: impl Fn(u32) -> Option<u64>,
) -> Result<Option<Vec<u8>>, ModuleError> {
    let Form::Merged(kind) = located.form else {
        return Ok(None);
    };
    let runtime = &packed_runtime(shape, located, runtime)?;
    if !has_runtime(shape, located, runtime, kind)? {
        return Ok(None);
    }
    let first = located.anchor.application.global_count.get();
    let (start, first) = match kind {
        MemoryKind::Separate => (0, first),
        MemoryKind::Single => (global(first).unwrap_or(0) as usize, first + region::GLOBALS),
    };
    let (before, own) = memory.split_at_checked(start).unwrap_or((memory, &[]));
    let own = rest::rest(runtime, own, |number| global(first.checked_add(number)?))?;
    Ok(Some([before, &own].concat()))
}

/// The parts of `runtime` that the image needs.
fn packed_runtime(
    shape: &Shape<'_>,
    located: &Located,
    runtime: &[u8],
) -> Result<Vec<u8>, ModuleError> {
    let found = extract(shape, located)?;
    let is_compressed = (found.index_stored_len as usize) < found.index.len();
    let needed = needed::of_index(&found.index, is_compressed, found.writable.is_some());
    without_unneeded(runtime, needed)
}

/// Whether `runtime` has the functions that were merged into the module.
fn has_runtime(
    shape: &Shape<'_>,
    located: &Located,
    runtime: &[u8],
    kind: MemoryKind,
) -> Result<bool, ModuleError> {
    let original = unmerge(shape, located)?;
    let application = Shape::parse(&original)?;
    let runtime = Runtime::parse(runtime)?;
    let addition = Addition::new(&application, &runtime, Binding::Preview1, kind)?;
    let checksum = addition.checksum(&located.anchor.application);
    Ok(checksum == located.anchor.merged_checksum.get())
}
