//! The component without its image, whichever way the image was packed.
//!
//! Another tool may add a program with files of WASI 0.2 to a component that was packed in
//! place. The next pack wires that component, and removes the image in the program first.

use crate::component::error::ComponentError;
use crate::component::locate::{CoreModulePlace, find, part};
use crate::component::opened::{opened, opened_place};
use crate::component::parse::walk;
use crate::component::place::in_module;
use crate::component::replace::replace;
use crate::component::wire::remove;
use crate::component::wire_error::WireError;
use crate::module::{self, Form};
use std::borrow::Cow;
use std::sync::Arc;
use wasi_vfs_format::ReadAt;

/// The component without its image, and with its import of `wasi:filesystem`. A component without an image is returned as it is.
///
/// # Errors
///
/// The component is invalid, or another tool changed it after packing.
pub fn without_image(wasm: &[u8]) -> Result<Cow<'_, [u8]>, ComponentError> {
    taken_apart(wasm).map(|(component, _)| component)
}

/// As [`without_image`], with the form of the image that was there.
pub(super) fn taken_apart(wasm: &[u8]) -> Result<(Cow<'_, [u8]>, Option<Form>), ComponentError> {
    let wasm = opened(wasm);
    let Some((place, found)) = find(wasm)? else {
        return Ok((wasm.into(), None));
    };
    let layout = walk::layout(wasm)?;
    let component = match found.form {
        Form::Wired(_) => remove::unwired(wasm, &layout, place.number)?,
        Form::Linked | Form::Merged(_) => {
            let range = place.range.start as usize..place.range.end as usize;
            let module = module::without_image(wasm.get(range).unwrap_or_default());
            let module = module.map_err(in_module(&layout, place.number))?;
            replace(wasm, &layout, place.number, module.into_owned())?
        }
    };
    Ok((component.into(), Some(found.form)))
}

/// The component in `source` without its wiring. The core module at `place` has the image,
/// which is not read.
///
/// # Errors
///
/// Those of [`without_image`], or the component cannot be read.
pub(crate) fn unwired_in(
    source: &Arc<dyn ReadAt>,
    place: &CoreModulePlace,
) -> Result<Vec<u8>, ComponentError> {
    let (opened, start) = match opened_place(&**source) {
        Some(range) => (part(source, range.clone()), range.start),
        None => (source.clone(), 0),
    };
    let layout = walk::layout(&*opened)?;
    let content = place.range.start.checked_sub(start)..place.range.end.checked_sub(start);
    let number = (0..layout.modules.len()).find(|number| {
        let found = layout.place(*number);
        (Some(found.start)..Some(found.end)) == content
    });
    let number = number.ok_or_else(|| WireError::rewritten("it has no runtime"))?;
    // Unwiring removes this module whatever its content is.
    let hollow = replace(&*opened, &layout, number, Vec::new())?;
    remove::unwired(&hollow, &walk::layout(&*hollow)?, number)
}
