//! The resources of `wasi:filesystem`, and the other imports and exports that use them.
//!
//! A stub defines these resources again, so nothing outside the sealed component knows
//! them. For example, the import `upload: func(file: borrow<descriptor>)` would take a
//! descriptor of the stub, which the host cannot have. Such a component is rejected.

use crate::component::seal::items::{Part, exported_types, first};
use crate::component::seal_error::SealError;
use crate::component::wire::content::Search;
use crate::component::wire::interface::FILES;
use std::collections::HashMap;
use wasmparser::ComponentExport;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentValType, ResourceId,
};
use wasmparser::types::TypesRef;

/// The resources that imports of `wasi:filesystem` define.
pub(super) struct Owned<'a> {
    /// The names by identity. `None` for the resources of other imports.
    names: HashMap<ResourceId, Option<&'a str>>,
    types: TypesRef<'a>,
    search: Search<'a>,
}

impl<'a> Owned<'a> {
    /// Finds the resources of a component with these `imports`. The first import that
    /// exports a resource defines it.
    pub(super) fn find(imports: &[String], types: TypesRef<'a>) -> Self {
        let mut names = HashMap::new();
        for import in imports {
            for (name, id) in exported_types(types, import) {
                if let ComponentAnyTypeId::Resource(id) = id {
                    let name = import.starts_with(FILES).then_some(name);
                    names.entry(id.resource()).or_insert(name);
                }
            }
        }
        Self {
            names,
            types,
            search: Search::new(types),
        }
    }

    /// Rejects other imports and exports that use one of the resources.
    pub(super) fn reject_users(
        &mut self,
        imports: &[String],
        exports: &[ComponentExport<'_>],
    ) -> Result<(), SealError> {
        let types = self.types;
        let others = imports.iter().filter(|import| !import.starts_with(FILES));
        for name in others {
            self.reject(
                "import",
                name,
                types.component_item_for_import(name).map(|i| i.ty),
            )?;
        }
        for export in exports {
            let name = export.name.name;
            self.reject(
                "export",
                name,
                types.component_item_for_export(name).map(|i| i.ty),
            )?;
        }
        Ok(())
    }

    fn reject(
        &mut self,
        what: &str,
        name: &str,
        ty: Option<ComponentEntityType>,
    ) -> Result<(), SealError> {
        match ty.and_then(|ty| self.in_item(ty)) {
            None => Ok(()),
            Some(resource) => Err(SealError::Used {
                user: format!("the {what} `{name}`"),
                resource: resource.to_owned(),
            }),
        }
    }

    /// The first of the resources in an item, if any.
    fn in_item(&mut self, ty: ComponentEntityType) -> Option<&'a str> {
        first(self.types, ty, &mut |part| match part {
            Part::Value(ty) => self.in_value(ty),
            Part::Type {
                created: ComponentAnyTypeId::Resource(id),
                ..
            } => self.name(id.resource()),
            Part::Type { .. } => None,
        })
    }

    fn in_value(&mut self, ty: ComponentValType) -> Option<&'a str> {
        let names = &self.names;
        self.search.first(ty, &mut |_, defined| match defined {
            ComponentDefinedType::Own(id) | ComponentDefinedType::Borrow(id) => {
                names.get(&id.resource()).copied().flatten()
            }
            _ => None,
        })
    }

    fn name(&self, id: ResourceId) -> Option<&'a str> {
        self.names.get(&id).copied().flatten()
    }
}
