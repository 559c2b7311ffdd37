//! Rejects start functions that may call the runtime before it exists.
//!
//! Entries of the shim's table are null until the fixup writes them. For example, a core
//! module has a start section and imports `get-directories`. If its instance is before the
//! fixup, its start function would trap.

use crate::component::error::ComponentError;
use crate::component::wire::items::Items;
use crate::component::wire::lowerings::Lowered;
use crate::component::wire_error::WireError;
use std::collections::{HashMap, HashSet};
use wasmparser::{ExternalKind, Instance, InstantiationArg, Parser, Payload};

/// Rejects a core module with a start section that gets a function of `lowered` and has an
/// instance between `places`.
pub(super) fn reject(
    items: &Items<'_>,
    lowered: &[Lowered<'_>],
    places: [usize; 2],
) -> Result<(), ComponentError> {
    let functions: HashSet<u32> = lowered.iter().map(|one| one.core_function).collect();
    let [first, second] = places;
    let mut gets = Vec::new();
    let mut starts = HashMap::new();
    for (instance, section) in &items.core_instances {
        gets.push(exports_any(instance, &functions));
        let Instance::Instantiate { module_index, args } = instance else {
            continue;
        };
        let is_early = (first..second).contains(section);
        if !is_early || !args.iter().any(|arg| is_given(&gets, arg)) {
            continue;
        }
        let has_start = match starts.get(module_index) {
            Some(has_start) => *has_start,
            None => has_start(items, *module_index)?,
        };
        starts.insert(*module_index, has_start);
        if has_start {
            let number = *module_index;
            return Err(WireError::EarlyStart { number }.into());
        }
    }
    Ok(())
}

fn is_given(gets: &[bool], arg: &InstantiationArg<'_>) -> bool {
    gets.get(arg.index as usize).copied().unwrap_or_default()
}

fn exports_any(instance: &Instance<'_>, functions: &HashSet<u32>) -> bool {
    let Instance::FromExports(exports) = instance else {
        return false;
    };
    let mut exports = exports.iter();
    exports.any(|export| export.kind == ExternalKind::Func && functions.contains(&export.index))
}

fn has_start(items: &Items<'_>, module: u32) -> Result<bool, ComponentError> {
    let module = items.core_modules.get(module as usize);
    let Some(module) = module.and_then(|(module, _)| *module) else {
        return Ok(false);
    };
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::StartSection { .. } => return Ok(true),
            Payload::CodeSectionStart { .. } => return Ok(false),
            _ => {}
        }
    }
    Ok(false)
}
