//! The resources whose handles a runtime makes, and the types that carry them.

use crate::component::wire::interface::served;
use crate::component::wire::items::Items;
use std::collections::{HashMap, HashSet};
use wasi_vfs_embedding::preview2::{FUNCTIONS, Function};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType,
    ComponentValType, ResourceId,
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
    /// Types that carry none of them.
    without: HashSet<ComponentDefinedTypeId>,
}

impl<'a> Resources<'a> {
    /// The resources of the served interfaces that `items` import.
    pub(super) fn find(items: &Items<'a>, types: TypesRef<'a>) -> Self {
        let mut by_id = HashMap::new();
        for (instance, import) in (0..).zip(&items.instances) {
            let Some(interface) = *import else {
                continue;
            };
            let exports = exported_resources(types, instance);
            for (id, name) in exports {
                if let Some((drop, name)) = drop_of(interface, name) {
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
            without: HashSet::new(),
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
        let ComponentValType::Type(id) = ty else {
            return None;
        };
        if self.without.contains(&id) {
            return None;
        }
        let found = match self.types.get(id)? {
            ComponentDefinedType::Own(id) | ComponentDefinedType::Borrow(id) => {
                self.by_id.get(&id.resource()).copied()
            }
            defined => {
                let mut parts = parts(defined).into_iter();
                parts.find_map(|part| self.carried(part))
            }
        };
        if found.is_none() {
            self.without.insert(id);
        }
        found
    }
}

/// The types that a value of type `ty` contains.
pub(crate) fn parts(ty: &ComponentDefinedType) -> Vec<ComponentValType> {
    use ComponentDefinedType as T;
    match ty {
        T::Record(record) => record.fields.values().copied().collect(),
        T::Variant(variant) => variant.cases.values().filter_map(|case| case.ty).collect(),
        T::Tuple(tuple) => tuple.types.to_vec(),
        T::List { element, .. } | T::FixedLengthList { element, .. } => vec![*element],
        T::Map { key, value, .. } => vec![*key, *value],
        T::Option { ty, .. } => vec![*ty],
        T::Result { ok, err, .. } => ok.iter().chain(err).copied().collect(),
        T::Future { ty, .. } | T::Stream { ty, .. } => ty.iter().copied().collect(),
        T::Primitive(_) | T::Flags(_) | T::Enum(_) | T::Own(_) | T::Borrow(_) => Vec::new(),
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
fn drop_of(interface: &str, name: &str) -> Option<(&'static Function, &'static str)> {
    let interface = served(interface)?;
    let mut functions = FUNCTIONS.iter();
    functions.find_map(|function| {
        let dropped = function.name.strip_prefix(DROP)?;
        (function.interface == interface && dropped == name).then_some((function, dropped))
    })
}
