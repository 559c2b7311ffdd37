//! Finds the core module with an image.
//!
//! Every core module may hold a runtime. Everything that reads an image then works on the
//! range of that core module, as on a file of its own.

use crate::component::error::ComponentError;
use crate::component::parse::layout::Layout;
use crate::component::parse::walk;
use crate::component::place::{in_module, offsets};
use crate::module::{self, COMPONENT, Filed, Found, ModuleError};
use std::ops::Range;
use std::sync::Arc;
use wasi_vfs_format::{Part, ReadAt};

/// The place of a packed core module in its component.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CoreModulePlace {
    /// The number of the core module, in the order of the file. Core modules of nested
    /// components count.
    pub number: usize,
    /// The range of its bytes in the component.
    pub range: Range<u64>,
}

/// Whether the file in `source` starts like a component.
pub fn is_component<S: ReadAt + ?Sized>(source: &S) -> bool {
    let mut head = [0; COMPONENT.len()];
    source.read_exact_at(&mut head, 0).is_ok() && head == COMPONENT
}

/// Finds the core module with an image in the component `wasm`, and its image.
pub(crate) fn find(wasm: &[u8]) -> Result<Option<(CoreModulePlace, Found<'_>)>, ComponentError> {
    let layout = walk::layout(wasm)?;
    only(&layout, |place| {
        let bytes = wasm.get(place.start as usize..place.end as usize);
        module::find(bytes.unwrap_or_default())
    })
}

/// Finds the core module with an image in the component in `source`, as [`find`] does, but
/// reads only the parts that are needed.
pub(crate) fn find_in(
    source: &Arc<dyn ReadAt>,
) -> Result<Option<(CoreModulePlace, Filed)>, ComponentError> {
    let layout = walk::layout(&**source)?;
    only(&layout, |place| module::find_in(&part(source, place)))
}

/// The bytes of `source` in `range` as a source.
pub(crate) fn part(source: &Arc<dyn ReadAt>, range: Range<u64>) -> Arc<dyn ReadAt> {
    Arc::new(Part::new(source.clone(), range))
}

/// The only core module for which `find` returns an image. An error counts only if no
/// module has one: the image is readable then, whatever the other modules are.
fn only<T>(
    layout: &Layout,
    find: impl Fn(Range<u64>) -> Result<Option<T>, ModuleError>,
) -> Result<Option<(CoreModulePlace, T)>, ComponentError> {
    let mut images = Vec::new();
    let mut failed = None;
    for number in 0..layout.modules.len() {
        match find(layout.place(number)) {
            Ok(found) => images.extend(found.map(|found| (number, found))),
            Err(error) if failed.is_none() => failed = Some(in_module(layout, number)(error)),
            Err(_) => {}
        }
    }
    if images.len() > 1 {
        let numbers: Vec<_> = images.iter().map(|(number, _)| *number).collect();
        let offsets = offsets(layout, &numbers);
        return Err(ComponentError::SeveralImages { offsets });
    }
    match (images.pop(), failed) {
        (Some((number, found)), _) => {
            let range = layout.place(number);
            Ok(Some((CoreModulePlace { number, range }, found)))
        }
        (None, Some(error)) => Err(error),
        (None, None) => Ok(None),
    }
}
