//! The core type of a lifted function, as the canonical ABI flattens it.
//!
//! For example, `func(path: string, at: u64) -> result<u32, u8>` has the core type
//! `(i32 i32 i64) -> i32`. Its result has two flat values, so it is an address.

use wasm_encoder::ValType;
use wasmparser::PrimitiveValType;
use wasmparser::component_types::{ComponentDefinedType, ComponentFuncType, ComponentValType};
use wasmparser::types::TypesRef;

/// More flat parameters are passed by one address.
const MAX_PARAMS: usize = 16;

/// The core type of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CoreType {
    pub(super) params: Vec<ValType>,
    pub(super) results: Vec<ValType>,
}

impl CoreType {
    /// The core type of `function` for `canon lift`.
    pub(super) fn lifted(types: TypesRef<'_>, function: &ComponentFuncType) -> Self {
        let mut params = Vec::new();
        for (_, ty) in &function.params {
            flatten(types, *ty, &mut params);
        }
        let mut results = Vec::new();
        if let Some(ty) = function.result {
            flatten(types, ty, &mut results);
        }
        Self {
            params: or_address(params, MAX_PARAMS),
            results: or_address(results, 1),
        }
    }
}

fn or_address(values: Vec<ValType>, limit: usize) -> Vec<ValType> {
    match values.len() <= limit {
        true => values,
        false => vec![ValType::I32],
    }
}

/// Adds the flat values of `ty`. Above [`MAX_PARAMS`] their number does not matter, so
/// types that repeat others do not cost exponential time.
pub(super) fn flatten(types: TypesRef<'_>, ty: ComponentValType, flat: &mut Vec<ValType>) {
    use ComponentDefinedType as T;
    if flat.len() > MAX_PARAMS {
        return;
    }
    let defined = match ty {
        ComponentValType::Primitive(ty) => return primitive(ty, flat),
        ComponentValType::Type(id) => types.get(id),
    };
    let Some(defined) = defined else { return };
    let mut all = |parts: &mut dyn Iterator<Item = ComponentValType>| {
        parts.for_each(|part| flatten(types, part, flat));
    };
    match defined {
        T::Primitive(ty) => primitive(*ty, flat),
        T::Record(record) => all(&mut record.fields.values().copied()),
        T::Tuple(tuple) => all(&mut tuple.types.iter().copied()),
        T::FixedLengthList {
            element, length, ..
        } => {
            all(&mut (0..*length).take(MAX_PARAMS + 1).map(|_| *element));
        }
        T::List { .. } | T::Map { .. } => flat.extend([ValType::I32; 2]),
        T::Variant(variant) => cases(types, variant.cases.values().map(|case| case.ty), flat),
        T::Option { ty, .. } => cases(types, [None, Some(*ty)], flat),
        T::Result { ok, err, .. } => cases(types, [*ok, *err], flat),
        T::Flags(_) | T::Enum(_) | T::Own(_) | T::Borrow(_) => flat.push(ValType::I32),
        T::Future { .. } | T::Stream { .. } => flat.push(ValType::I32),
    }
}

fn primitive(ty: PrimitiveValType, flat: &mut Vec<ValType>) {
    use PrimitiveValType as P;
    match ty {
        P::S64 | P::U64 => flat.push(ValType::I64),
        P::F32 => flat.push(ValType::F32),
        P::F64 => flat.push(ValType::F64),
        P::String => flat.extend([ValType::I32; 2]),
        _ => flat.push(ValType::I32),
    }
}

/// Adds the flat values of a variant: the number of the case, and one value for each
/// position in which any case has one.
fn cases(
    types: TypesRef<'_>,
    cases: impl IntoIterator<Item = Option<ComponentValType>>,
    flat: &mut Vec<ValType>,
) {
    let mut joined: Vec<ValType> = Vec::new();
    for ty in cases.into_iter().flatten() {
        let mut case = Vec::new();
        flatten(types, ty, &mut case);
        for (at, value) in case.into_iter().enumerate() {
            match joined.get_mut(at) {
                Some(other) => *other = join(*other, value),
                None => joined.push(value),
            }
        }
    }
    flat.push(ValType::I32);
    flat.extend(joined);
}

/// The type that holds either value.
fn join(one: ValType, other: ValType) -> ValType {
    match (one, other) {
        _ if one == other => one,
        (ValType::I32, ValType::F32) | (ValType::F32, ValType::I32) => ValType::I32,
        _ => ValType::I64,
    }
}
