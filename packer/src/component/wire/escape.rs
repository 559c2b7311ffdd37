//! Rejects components whose code could pass a handle of the runtime on.
//!
//! The runtime's handles are known to the intercepted functions only. Any other function
//! with such a resource among its parameters would trap on them, and so would a caller that
//! gets one as the result of an export. For example, a component that imports
//! `upload: func(file: borrow<descriptor>)` is rejected.

use crate::component::error::ComponentError;
use crate::component::wire::items::{CoreFunction, Function, Items};
use crate::component::wire::lowerings::served_function;
use crate::component::wire::resources::{Resource, Resources};
use crate::component::wire_error::WireError;
use wasmparser::component_types::ComponentValType;
use wasmparser::types::TypesRef;

/// Rejects a component in which a handle may escape.
pub(super) fn reject<'a>(
    items: &Items<'a>,
    types: TypesRef<'a>,
    resources: &mut Resources<'a>,
) -> Result<(), ComponentError> {
    for (function, _) in &items.core_functions {
        if let CoreFunction::Lower { function, .. } = function
            && !is_served(items, *function)
        {
            let params = params(types, *function);
            check(params, resources, || called(items, *function))?;
        }
    }
    for (number, (function, _)) in (0..).zip(&items.functions) {
        if let Function::Lift = function {
            let result = result(types, number);
            check(result, resources, || exported(items, number))?;
        }
    }
    Ok(())
}

fn is_served(items: &Items<'_>, function: u32) -> bool {
    let imported = items.imported(function);
    imported.is_some_and(|(_, interface, name)| served_function(interface, name).is_some())
}

fn params(types: TypesRef<'_>, function: u32) -> Vec<ComponentValType> {
    let ty = types.get(types.component_function_at(function));
    ty.map_or_else(Vec::new, |ty| ty.params.iter().map(|(_, ty)| *ty).collect())
}

fn result(types: TypesRef<'_>, function: u32) -> Vec<ComponentValType> {
    let ty = types.get(types.component_function_at(function));
    ty.map_or_else(Vec::new, |ty| ty.result.iter().copied().collect())
}

fn check(
    values: Vec<ComponentValType>,
    resources: &mut Resources<'_>,
    user: impl FnOnce() -> String,
) -> Result<(), WireError> {
    let mut values = values.into_iter();
    match values.find_map(|value| resources.carried(value)) {
        None => Ok(()),
        Some(Resource { name, .. }) => Err(WireError::Escape {
            user: user(),
            resource: name,
        }),
    }
}

fn called(items: &Items<'_>, function: u32) -> String {
    match items.imported(function) {
        Some((_, interface, name)) => format!("the import `{name}` of `{interface}`"),
        None => format!("function {function}, which the component calls,"),
    }
}

fn exported(items: &Items<'_>, function: u32) -> String {
    let mut passed = items.passed.iter();
    match passed.find(|(number, _)| *number == function) {
        Some((_, name)) => format!("a caller of the export `{name}`"),
        None => format!("a caller of function {function}"),
    }
}
