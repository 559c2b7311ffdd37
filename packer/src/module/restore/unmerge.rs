//! Removes a merged runtime from a module.
//!
//! This is the inverse of [`crate::module::merge::assemble`]. The anchor records the counts
//! of the application. For example, it records 100 functions and two intercepted imports,
//! functions 3 and 7. Then functions 100 and 101 are the entries. References to them become
//! references to 3 and 7 again, and everything from function 100 on is removed.

use crate::module::abi::METADATA_SECTION;
use crate::module::edit::items::{Items, memory_items};
use crate::module::edit::rebuild::Rebuild;
use crate::module::edit::redirect::Redirect;
use crate::module::edit::{custom, names};
use crate::module::error::ModuleError;
use crate::module::locate::placed::Located;
use crate::module::merge::binding::preview1::intercepted;
use crate::module::merge::region;
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use crate::module::restore::counts::{self, Before};
use std::collections::HashMap;
use std::mem::take;
use wasi_vfs_embedding::Application;

/// The application as it was before the merge.
pub(crate) fn unmerge(shape: &Shape<'_>, located: &Located) -> Result<Vec<u8>, ModuleError> {
    unmerged(shape, located)?.finish()
}

/// Length in bytes of the application as it was before the merge.
pub(crate) fn unmerged_len(shape: &Shape<'_>, located: &Located) -> Result<u64, ModuleError> {
    Ok(unmerged(shape, located)?.module_len())
}

fn unmerged<'s, 'a>(
    shape: &'s Shape<'a>,
    located: &Located,
) -> Result<Rebuild<'s, 'a>, ModuleError> {
    let application = &located.anchor.application;
    let before = Before::new(shape, located);
    counts::check(shape, located, before)?;
    let mut features = application.added_features.get();
    let mut rebuild = Rebuild::new(shape, back(shape, before)?, |name, bytes| match name {
        METADATA_SECTION => None,
        "name" => Some(names::with_functions(bytes, before.functions, &mut &[][..])),
        "target_features" => Some(custom::without_features(bytes, take(&mut features))),
        _ => Some(bytes.into()),
    })?;
    cut(&mut rebuild, shape, before)?;
    if before.shares_memory {
        shorten_memory(&mut rebuild, shape, application)?;
    }
    Ok(rebuild)
}

fn cut(
    rebuild: &mut Rebuild<'_, '_>,
    shape: &Shape<'_>,
    before: Before,
) -> Result<(), ModuleError> {
    for (id, keep) in before.kept(shape)? {
        rebuild.items(id, keep, Items::default())?;
    }
    rebuild.redirect_references()?;
    before.cut_exports(rebuild, shape)?;
    rebuild.data_count(before.has_data_count.then_some(before.data));
    Ok(())
}

/// Restores the type of memory 0.
pub(crate) fn shorten_memory(
    rebuild: &mut Rebuild<'_, '_>,
    shape: &Shape<'_>,
    application: &Application,
) -> Result<(), ModuleError> {
    let mut memories = shape.memories.clone();
    if let Some(first) = memories.first_mut() {
        *first = region::original(*first, application);
    }
    rebuild.items(id::MEMORY, 0, memory_items(&memories)?)
}

/// The redirection of entry `n` to intercepted import `n`. The function that grows the
/// application's pages follows the entries.
fn back(shape: &Shape<'_>, before: Before) -> Result<Redirect, ModuleError> {
    let imports = intercepted(shape).map(|(import, _)| import);
    let functions: HashMap<u32, u32> = (before.functions..).zip(imports).collect();
    Ok(Redirect::back(functions, counts::memory_of(shape, before)?))
}
