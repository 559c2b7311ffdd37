//! The parts of imported and exported items.

use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentValType};
use wasmparser::types::TypesRef;

/// A part of an item that has no further items.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// A parameter, a result or a value.
    Value(ComponentValType),
    /// A type. `referenced` is its identity before the import or export.
    Type {
        referenced: ComponentAnyTypeId,
        created: ComponentAnyTypeId,
    },
}

/// The first result of `in_part` for the parts of an item: the values of a function, and
/// the parts of all exports of an instance.
pub(super) fn first<R>(
    types: TypesRef<'_>,
    item: ComponentEntityType,
    in_part: &mut dyn FnMut(Part) -> Option<R>,
) -> Option<R> {
    match item {
        ComponentEntityType::Func(id) => {
            let function = types.get(id)?;
            let params = function.params.iter().map(|(_, ty)| *ty);
            let mut values = params.chain(function.result);
            values.find_map(|value| in_part(Part::Value(value)))
        }
        ComponentEntityType::Instance(id) => {
            let mut exports = types.get(id)?.exports.values();
            exports.find_map(|item| first(types, item.ty, in_part))
        }
        ComponentEntityType::Type {
            referenced,
            created,
        } => in_part(Part::Type {
            referenced,
            created,
        }),
        ComponentEntityType::Value(ty) => in_part(Part::Value(ty)),
        _ => None,
    }
}

/// The names and identities of the types that an imported instance exports.
pub(super) fn exported_types<'a>(
    types: TypesRef<'a>,
    import: &str,
) -> impl Iterator<Item = (&'a str, ComponentAnyTypeId)> {
    let instance = match types.component_item_for_import(import).map(|item| item.ty) {
        Some(ComponentEntityType::Instance(id)) => types.get(id),
        _ => None,
    };
    let exports = instance.into_iter().flat_map(|instance| &instance.exports);
    exports.filter_map(|(name, item)| match item.ty {
        ComponentEntityType::Type { created, .. } => Some((name.as_str(), created)),
        _ => None,
    })
}
