//! Searches the types that a value contains, such as the payload of a stream in a record.

use std::collections::HashSet;
use wasmparser::component_types::{ComponentDefinedType, ComponentDefinedTypeId, ComponentValType};
use wasmparser::types::TypesRef;

/// A search for one kind of type. Each type is searched once.
pub(crate) struct Search<'a> {
    types: TypesRef<'a>,
    /// Types that contain none.
    without: HashSet<ComponentDefinedTypeId>,
}

/// Returns something for each type that is searched for.
pub(crate) type Match<'m, T> =
    &'m mut dyn FnMut(ComponentDefinedTypeId, &ComponentDefinedType) -> Option<T>;

impl<'a> Search<'a> {
    pub(crate) fn new(types: TypesRef<'a>) -> Self {
        let without = HashSet::new();
        Self { types, without }
    }

    /// The first match in a value of the type `ty`, if any.
    pub(crate) fn first<T>(&mut self, ty: ComponentValType, is: Match<'_, T>) -> Option<T> {
        let ComponentValType::Type(id) = ty else {
            return None;
        };
        if self.without.contains(&id) {
            return None;
        }
        let defined = self.types.get(id)?;
        let found = is(id, defined).or_else(|| {
            let mut parts = parts(defined).into_iter();
            parts.find_map(|part| self.first(part, is))
        });
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
