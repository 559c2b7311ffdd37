//! Finds the image in a module, in memory or in a file.

use crate::module::error::ModuleError;
use crate::module::locate::found::{Filed, Found};
use crate::module::locate::{anchor, extract};
use crate::module::parse::shape::Shape;
use crate::module::parse::skeleton::{Skeleton, Without};
use std::sync::Arc;
use wasi_vfs_format::{Payload, ReadAt};

/// Finds the image in a module, if it has one.
///
/// This neither validates nor runs the module. Allocations stay within a small multiple of
/// the length of `wasm`, except for a compressed index. An index may have 256 times the
/// length of its frame.
///
/// # Errors
///
/// The bytes are no core module. Or the module has several images, an image of another ABI
/// version, or an image with parts outside their recorded places.
pub fn find(wasm: &[u8]) -> Result<Option<Found<'_>>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    match anchor::locate(&shape)? {
        None => Ok(None),
        Some(located) => extract::extract(&shape, &located).map(Some),
    }
}

/// Finds the image in the module in `source`, as [`find`] does, but reads only the parts
/// that are needed.
///
/// # Errors
///
/// Those of [`find`], or the module cannot be read.
pub(crate) fn find_in(source: &Arc<dyn ReadAt>) -> Result<Option<Filed>, ModuleError> {
    if let Some(skeleton) = Skeleton::read(source, Without::AllButImage)?
        && let Ok(found) = find_by(&skeleton)
    {
        return Ok(found);
    }
    // Errors name offsets of the whole module.
    let wasm = Payload::Source(source.clone()).bytes();
    let wasm = wasm.map_err(ModuleError::Read)?;
    Ok(find(&wasm)?.map(|found| Filed {
        form: found.form,
        runtime_version: found.runtime_version,
        index: found.index.into_owned(),
        index_stored_len: found.index_stored_len,
        payload: Payload::Source(Arc::new(found.payload.into_owned())),
        payload_segment: None,
        metadata: found.metadata.map(<[u8]>::to_vec),
        writable: found.writable,
        started: found.started,
    }))
}

fn find_by(skeleton: &Skeleton) -> Result<Option<Filed>, ModuleError> {
    let shape = Shape::of_skeleton(skeleton)?;
    match anchor::locate(&shape)? {
        None => Ok(None),
        Some(located) => extract::extract_from_file(skeleton, &shape, &located).map(Some),
    }
}
