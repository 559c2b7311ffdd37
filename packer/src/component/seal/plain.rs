//! Imports that need the plain types of `wasi:filesystem`, such as records.
//!
//! An import may only use types that it defines, or that another import defines. A stub is
//! no import. For example, the import `disk` has a function that returns `descriptor-stat`.
//! The fields of this record have types of `wasi:filesystem/types`, which the outer
//! component does not import. An enumeration without fields, such as `error-code`, has no
//! such types.

use crate::component::seal::items::{Part, exported_types, first};
use crate::component::seal_error::SealError;
use crate::component::wire::content::{Search, parts};
use crate::component::wire::interface::FILES;
use std::collections::HashMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedTypeId, ComponentEntityType, ComponentValType,
};
use wasmparser::types::TypesRef;

/// A type of an interface.
#[derive(Clone, Copy)]
struct Plain<'a> {
    interface: &'a str,
    name: &'a str,
}

/// The error that names the first of the `imports` that needs a type of
/// `wasi:filesystem`. `None` if there is none.
pub(super) fn user(imports: &[String], types: TypesRef<'_>) -> Option<SealError> {
    let mut users = Users {
        plain: find(imports, types),
        types,
        search: Search::new(types),
    };
    let mut others = imports.iter().filter(|import| !import.starts_with(FILES));
    others.find_map(|import| {
        let item = types.component_item_for_import(import)?;
        let Plain { interface, name } = users.in_item(item.ty)?;
        Some(SealError::Type {
            import: import.clone(),
            name: name.to_owned(),
            interface: interface.to_owned(),
        })
    })
}

/// The plain types that imports of `wasi:filesystem` export.
fn find<'a>(
    imports: &'a [String],
    types: TypesRef<'a>,
) -> HashMap<ComponentDefinedTypeId, Plain<'a>> {
    let mut plain = HashMap::new();
    for interface in imports.iter().filter(|import| import.starts_with(FILES)) {
        for (name, id) in exported_types(types, interface) {
            if let ComponentAnyTypeId::Defined(id) = id {
                plain.insert(id, Plain { interface, name });
            }
        }
    }
    plain
}

struct Users<'a> {
    plain: HashMap<ComponentDefinedTypeId, Plain<'a>>,
    types: TypesRef<'a>,
    search: Search<'a>,
}

impl<'a> Users<'a> {
    /// The first type of `wasi:filesystem` that the item needs.
    fn in_item(&mut self, ty: ComponentEntityType) -> Option<Plain<'a>> {
        first(self.types, ty, &mut |part| match part {
            Part::Value(ty) => self.in_value(ty),
            Part::Type {
                referenced: ComponentAnyTypeId::Defined(referenced),
                created: ComponentAnyTypeId::Defined(created),
            } => {
                let mut parts = parts(self.types.get(created)?).into_iter();
                let part = parts.find_map(|part| self.in_value(part))?;
                Some(self.plain.get(&referenced).copied().unwrap_or(part))
            }
            Part::Type { .. } => None,
        })
    }

    fn in_value(&mut self, ty: ComponentValType) -> Option<Plain<'a>> {
        let plain = &self.plain;
        self.search.first(ty, &mut |id, _| plain.get(&id).copied())
    }
}
