//! The module without its image.

use crate::module::bake::entry_points;
use crate::module::error::ModuleError;
use crate::module::form::Form;
use crate::module::locate::anchor;
use crate::module::parse::shape::Shape;
use crate::module::parse::skeleton::{Skeleton, Without};
use crate::module::preview0::convert;
use crate::module::restore::{forward, unmerge, unmount};
use std::borrow::Cow;
use std::sync::Arc;
use wasi_vfs_format::threads::with_threads;
use wasi_vfs_format::{Payload, ReadAt};

/// The original of a merged module. Any other module is returned as it is.
///
/// # Errors
///
/// The module is invalid, or another tool changed it after packing.
pub fn without_image(wasm: &[u8]) -> Result<Cow<'_, [u8]>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    match anchor::locate(&shape)? {
        Some(located) if matches!(located.form, Form::Merged(_)) => {
            let original = with_threads(|| {
                let unmerged = unmerge::unmerge(&shape, &located)?;
                convert::to_preview0(unmerged)
            });
            original.map(Cow::Owned)
        }
        Some(located) if matches!(located.form, Form::Wired(_)) => {
            Err(ModuleError::RuntimeOfComponent)
        }
        _ => Ok(Cow::Borrowed(wasm)),
    }
}

/// A module that runs as the original did, with the files of its host.
///
/// A merged module loses its image, its runtime and its custom sections, and functions that
/// forward to the host remain. The anchor of a linked module says that there is no image,
/// and its export `wasi_vfs_alloc` runs no constructors. A program that imported
/// `wasi_unstable` before packing imports preview 1.
///
/// # Errors
///
/// Those of [`without_image`].
pub fn unmounted(wasm: &[u8]) -> Result<Cow<'_, [u8]>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    Ok(match anchor::locate(&shape)? {
        None => entry_points::expose(&shape, &[])?,
        Some(located) if matches!(located.form, Form::Merged(_)) => {
            Cow::Owned(forward::forwarded(&shape, &located)?)
        }
        Some(located) if matches!(located.form, Form::Wired(_)) => {
            return Err(ModuleError::RuntimeOfComponent);
        }
        Some(located) => Cow::Owned(unmount::unmount(&shape, &located)),
    })
}

/// [`unmounted`] for the module in `source`. `payload_segment` is the number of the data
/// segment with the payload, if known. That segment is not read.
pub(crate) fn unmounted_in(
    source: &Arc<dyn ReadAt>,
    payload_segment: Option<u32>,
) -> Result<Vec<u8>, ModuleError> {
    if let Some(number) = payload_segment
        && let Some(skeleton) = Skeleton::read(source, Without::Segment(number))?
    {
        let shape = Shape::of_skeleton(&skeleton)?;
        if let Some(located) = anchor::locate(&shape)? {
            return forward::forwarded(&shape, &located);
        }
    }
    let wasm = Payload::Source(source.clone()).bytes();
    unmounted(&wasm.map_err(ModuleError::Read)?).map(Cow::into_owned)
}

/// Length in bytes of [`without_image`] for the module in `source`. `payload_segment` is
/// the number of the data segment with the payload, if known.
///
/// # Errors
///
/// Those of [`without_image`], or the module cannot be read.
pub(crate) fn len_without_image(
    source: &Arc<dyn ReadAt>,
    payload_segment: Option<u32>,
) -> Result<u64, ModuleError> {
    let number = payload_segment.unwrap_or(u32::MAX);
    let len = |shape: &Shape<'_>| match anchor::locate(shape)? {
        Some(located) if matches!(located.form, Form::Merged(_)) => {
            match convert::is_converted(shape) {
                false => unmerge::unmerged_len(shape, &located),
                true => {
                    let unmerged = unmerge::unmerge(shape, &located)?;
                    Ok(convert::to_preview0(unmerged)?.len() as u64)
                }
            }
        }
        _ => Ok(source.len()),
    };
    with_threads(|| match Skeleton::read(source, Without::Segment(number))? {
        Some(skeleton) => len(&Shape::of_skeleton(&skeleton)?),
        None => {
            let wasm = Payload::Source(source.clone()).bytes();
            len(&Shape::parse(&wasm.map_err(ModuleError::Read)?)?)
        }
    })
}
