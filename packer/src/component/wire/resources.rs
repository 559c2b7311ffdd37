//! The resources whose handles a runtime makes, and the types that carry them.

use crate::component::wire::content::Search;
use crate::component::wire::interface::served_by;
use crate::component::wire::items::Items;
use crate::module::Function;
use std::collections::HashMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentValType, ResourceId,
};
use wasmparser::types::TypesRef;

const DROP: &str = "[resource-drop]";

/// A resource of an imported interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource<'a> {
    /// The function that drops it.
    pub(super) drop: &'static Function,
    /// Its name, for example `descriptor`.
    pub(super) name: &'static str,
    /// The imported instance that defines it.
    pub(super) instance: u32,
    /// Name of the import.
    pub(super) interface: &'a str,
}

/// The resources of a component by their identity, under which all aliases are equal.
pub(super) struct Resources<'a> {
    by_id: HashMap<ResourceId, Resource<'a>>,
    types: TypesRef<'a>,
    search: Search<'a>,
}

impl<'a> Resources<'a> {
    /// The resources of the served interfaces that `items` import. Output streams are among
    /// them if the component `keeps_changes`.
    pub(super) fn find(items: &Items<'a>, types: TypesRef<'a>, keeps_changes: bool) -> Self {
        let mut by_id = HashMap::new();
        for (instance, import) in (0..).zip(&items.instances) {
            let Some(interface) = *import else {
                continue;
            };
            let exports = exported_resources(types, instance);
            for (id, name) in exports {
                if let Some((drop, name)) = drop_of(keeps_changes, interface, name) {
                    by_id.entry(id).or_insert(Resource {
                        drop,
                        name,
                        instance,
                        interface,
                    });
                }
            }
        }
        Self {
            by_id,
            types,
            search: Search::new(types),
        }
    }

    /// The resource that the component type `number` is.
    pub(super) fn of_type(&self, number: u32) -> Option<Resource<'a>> {
        match self.types.component_any_type_at(number) {
            ComponentAnyTypeId::Resource(id) => self.by_id.get(&id.resource()).copied(),
            _ => None,
        }
    }

    /// The first resource in a value of the type `ty`, if any.
    pub(super) fn carried(&mut self, ty: ComponentValType) -> Option<Resource<'a>> {
        let by_id = &self.by_id;
        self.search.first(ty, &mut |_, defined| match defined {
            ComponentDefinedType::Own(id) | ComponentDefinedType::Borrow(id) => {
                by_id.get(&id.resource()).copied()
            }
            _ => None,
        })
    }
}

/// The resource types that a component instance exports, with their names.
fn exported_resources(types: TypesRef<'_>, instance: u32) -> Vec<(ResourceId, &str)> {
    let Some(instance) = types.get(types.component_instance_at(instance)) else {
        return Vec::new();
    };
    let resources = instance
        .exports
        .iter()
        .filter_map(|(name, item)| match item.ty {
            ComponentEntityType::Type {
                created: ComponentAnyTypeId::Resource(id),
                ..
            } => Some((id.resource(), name.as_str())),
            _ => None,
        });
    resources.collect()
}

/// The function that drops the resource `name` of the import `interface`, and that name.
fn drop_of(
    keeps_changes: bool,
    interface: &str,
    name: &str,
) -> Option<(&'static Function, &'static str)> {
    served_by(keeps_changes, interface).find_map(|function| {
        let dropped = function.name.strip_prefix(DROP)?;
        (dropped == name).then_some((function, dropped))
    })
}
