//! The places of core modules, for errors.

use crate::component::error::ComponentError;
use crate::component::parse::layout::Layout;
use crate::module::ModuleError;

/// The offsets of core modules, for an error. A hostile component may have many thousands.
pub(crate) fn offsets(layout: &Layout, modules: &[usize]) -> String {
    let modules = modules.iter().take(4);
    let offsets = modules.map(|number| format!("{:#x}", layout.place(*number).start));
    offsets.collect::<Vec<_>>().join(", ")
}

/// Adds the place of the core module `number` to an error.
pub(crate) fn in_module(
    layout: &Layout,
    number: usize,
) -> impl FnOnce(ModuleError) -> ComponentError {
    let offset = layout.place(number).start;
    move |source| ComponentError::Module {
        number,
        offset,
        source,
    }
}
