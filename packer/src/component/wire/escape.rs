//! The functions through which code of a component could pass a handle of the runtime on.
//!
//! The runtime's handles are known to the intercepted functions only. Any other function
//! with such a resource among its parameters would trap on them, and so would a caller that
//! gets one as the result of an export. For example, a component that imports
//! `upload: func(file: borrow<descriptor>)` is rejected, unless the user allows it.

use crate::component::wire::exports::Exports;
use crate::component::wire::items::{CoreFunction, Function, Items};
use crate::component::wire::lowerings::served_function;
use crate::component::wire::resources::Resources;
use wasmparser::CanonicalFunction;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentValType};
use wasmparser::types::TypesRef;

/// A function that may receive a handle of the runtime.
pub(super) struct Escape {
    /// The function in words.
    pub(super) user: String,
    /// The resource of the handle.
    pub(super) resource: &'static str,
}

/// The functions through which handles may escape.
pub(super) fn find<'a>(items: &Items<'a>, types: TypesRef<'a>, keeps_changes: bool) -> Vec<Escape> {
    let mut resources = Resources::find(items, types, keeps_changes);
    let mut exports = Exports::new(items);
    let mut escapes = Vec::new();
    for (function, _) in &items.core_functions {
        if let CoreFunction::Lower { function, .. } = function
            && !is_served(items, *function, keeps_changes)
            && let Some(resource) = carried(params(types, *function), &mut resources)
        {
            let user = called(items, *function);
            escapes.push(Escape { user, resource });
        }
        if let CoreFunction::Builtin(builtin) = function
            && let Some((user, ty)) = written(builtin)
            && let ComponentAnyTypeId::Defined(ty) = types.component_any_type_at(ty)
            && let Some(resource) = carried(vec![ComponentValType::Type(ty)], &mut resources)
        {
            let user = user.to_owned();
            escapes.push(Escape { user, resource });
        }
    }
    for (number, (function, _)) in (0..).zip(&items.functions) {
        if let Function::Lift = function
            && let Some(resource) = carried(result(types, number), &mut resources)
        {
            let user = exports.caller(number);
            escapes.push(Escape { user, resource });
        }
    }
    escapes
}

/// The built-in that writes to a stream or future, and the number of its type.
pub(super) fn written(builtin: &CanonicalFunction) -> Option<(&'static str, u32)> {
    match builtin {
        CanonicalFunction::StreamWrite { ty, .. } => Some(("a reader of `stream.write`", *ty)),
        CanonicalFunction::FutureWrite { ty, .. } => Some(("a reader of `future.write`", *ty)),
        _ => None,
    }
}

fn is_served(items: &Items<'_>, function: u32, keeps_changes: bool) -> bool {
    let imported = items.imported(function);
    imported.is_some_and(|(_, interface, name)| {
        served_function(interface, name, keeps_changes).is_some()
    })
}

pub(super) fn params(types: TypesRef<'_>, function: u32) -> Vec<ComponentValType> {
    let ty = types.get(types.component_function_at(function));
    ty.map_or_else(Vec::new, |ty| ty.params.iter().map(|(_, ty)| *ty).collect())
}

pub(super) fn result(types: TypesRef<'_>, function: u32) -> Vec<ComponentValType> {
    let ty = types.get(types.component_function_at(function));
    ty.map_or_else(Vec::new, |ty| ty.result.iter().copied().collect())
}

/// The name of the first resource in these values, if any.
fn carried(values: Vec<ComponentValType>, resources: &mut Resources<'_>) -> Option<&'static str> {
    let mut values = values.into_iter();
    let found = values.find_map(|value| resources.carried(value));
    found.map(|resource| resource.name)
}

pub(super) fn called(items: &Items<'_>, function: u32) -> String {
    match items.imported(function) {
        Some((_, interface, name)) => format!("the import `{name}` of `{interface}`"),
        None => format!("function {function}, which the component calls,"),
    }
}
