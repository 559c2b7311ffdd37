//! The module without its image.

use crate::module::bake::entry_points;
use crate::module::error::ModuleError;
use crate::module::form::Form;
use crate::module::locate::anchor;
use crate::module::parse::shape::Shape;
use crate::module::parse::skeleton::{Skeleton, Without};
use crate::module::restore::{unmerge, unmount};
use std::borrow::Cow;
use std::sync::Arc;
use wasi_vfs_format::threads::with_threads;
use wasi_vfs_format::{Payload, ReadAt};

/// The module without its image, where it was merged in; the module itself
/// where there is none, or one that was linked.
///
/// # Errors
///
/// The module is not valid, or was changed by another tool after packing.
pub fn without_image(wasm: &[u8]) -> Result<Cow<'_, [u8]>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    match anchor::locate(&shape)? {
        Some(located) if matches!(located.form, Form::Merged(_)) => {
            with_threads(|| unmerge::unmerge(&shape, &located)).map(Cow::Owned)
        }
        _ => Ok(Cow::Borrowed(wasm)),
    }
}

/// The module as it was before packing, as far as running it goes: the image is
/// taken out where it was merged in, and out of reach where it was linked. A
/// module without an image stays as it is. Files are then the host's affair.
/// The export [`ALLOC_FN`] of a linked module runs no constructors.
///
/// # Errors
///
/// As [`without_image`].
pub fn unmounted(wasm: &[u8]) -> Result<Cow<'_, [u8]>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    Ok(match anchor::locate(&shape)? {
        None => entry_points::expose(&shape, &[])?,
        Some(located) if matches!(located.form, Form::Merged(_)) => {
            Cow::Owned(with_threads(|| unmerge::unmerge(&shape, &located))?)
        }
        Some(located) => Cow::Owned(unmount::unmount(&shape, &located)),
    })
}
/// Length in bytes of the module in `source` without its image, if that was merged in.
/// `payload_segment` is the number of the segment that is the payload, if it is known.
///
/// # Errors
///
/// As [`without_image`], or the module cannot be read.
pub(crate) fn len_without_image(
    source: &Arc<dyn ReadAt>,
    payload_segment: Option<u32>,
) -> Result<u64, ModuleError> {
    let number = payload_segment.unwrap_or(u32::MAX);
    let len = |shape: &Shape<'_>| match anchor::locate(shape)? {
        Some(located) if matches!(located.form, Form::Merged(_)) => {
            unmerge::unmerged_len(shape, &located)
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
