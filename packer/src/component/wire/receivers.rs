//! The core modules that a component passes functions of files to.
//!
//! The name of an import of a core module says nothing: the module may never be
//! instantiated, or get the function from another core module. For example, a component of
//! the adapter may contain a second core module that imports `wasi:filesystem/types`. Only
//! if the component instantiates that module with an instance of this name does it open
//! files.

use crate::component::error::ComponentError;
use crate::component::parse::layout::{Component, Layout};
use crate::component::wire::interface::FILES;
use crate::component::wire::items::Items;
use crate::component::wire::lowerings::uses_files;
use wasmparser::Instance;

/// The numbers in `layout` of the core modules that get functions of files, in components
/// that open files.
pub(crate) fn receivers(wasm: &[u8], layout: &Layout) -> Result<Vec<usize>, ComponentError> {
    let mut receivers = Vec::new();
    for component in &layout.components {
        let items = Items::parse(wasm, &component.sections)?;
        if uses_files(&items) {
            let starts = starts(&items, component);
            let modules = layout.modules.iter().enumerate();
            let found = modules.filter(|(_, module)| starts.contains(&module.section.start));
            receivers.extend(found.map(|(number, _)| number));
        }
    }
    Ok(receivers)
}

/// The offsets of the sections with core modules that are instantiated with functions of
/// files.
fn starts(items: &Items<'_>, component: &Component) -> Vec<u64> {
    let instances = items.core_instances.iter();
    let modules = instances.filter_map(|(instance, _)| match instance {
        Instance::Instantiate { module_index, args } => {
            let mut args = args.iter();
            let gets_files = args.any(|arg| arg.name.starts_with(FILES));
            gets_files.then_some(*module_index as usize)
        }
        Instance::FromExports(_) => None,
    });
    let sections = modules.filter_map(|module| {
        let (content, section) = items.core_modules.get(module)?;
        content.and(component.sections.get(*section))
    });
    sections.map(|section| section.start).collect()
}
