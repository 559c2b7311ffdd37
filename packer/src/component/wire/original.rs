//! The component without its image, whichever way the image was packed.
//!
//! Another tool may add a program with files of WASI 0.2 to a component that was packed in
//! place. The next pack wires that component, and removes the image in the program first.

use crate::component::error::ComponentError;
use crate::component::locate::find;
use crate::component::opened::opened;
use crate::component::parse::walk;
use crate::component::place::in_module;
use crate::component::replace::replace;
use crate::component::wire::remove;
use crate::module::{self, Form};
use std::borrow::Cow;
use std::sync::Arc;
use wasi_vfs_format::{Payload, ReadAt};

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

/// [`without_image`] for the component in `source`.
///
/// # Errors
///
/// Those of [`without_image`], or the component cannot be read.
pub(crate) fn unpacked_in(source: &Arc<dyn ReadAt>) -> Result<Vec<u8>, ComponentError> {
    let wasm = Payload::Source(source.clone()).bytes();
    let wasm = wasm.map_err(ComponentError::Read)?;
    without_image(&wasm).map(Cow::into_owned)
}
