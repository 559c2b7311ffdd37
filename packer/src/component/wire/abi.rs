//! Where the canonical ABI puts the parts of a value.
//!
//! A value is either a list of core values or bytes in memory. For example, an
//! `option<stream<u8>>` is two core values, and 8 bytes: the discriminant at 0 and the
//! stream at 4.

use wasmparser::PrimitiveValType as P;
use wasmparser::component_types::{ComponentDefinedType as T, ComponentValType};
use wasmparser::types::TypesRef;

/// Length and alignment of a value in memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) len: u32,
    pub(super) align: u32,
}

/// A handle, a number of 32 bits, or an address.
const WORD: Layout = Layout { len: 4, align: 4 };

/// Two words.
const LIST: Layout = Layout { len: 8, align: 4 };

/// The cases of a variant, an option or a result. `None` for any other type.
pub(super) fn cases(ty: &T) -> Option<Vec<Option<ComponentValType>>> {
    match ty {
        T::Variant(variant) => Some(variant.cases.values().map(|case| case.ty).collect()),
        T::Option { ty, .. } => Some(vec![None, Some(*ty)]),
        T::Result { ok, err, .. } => Some(vec![*ok, *err]),
        _ => None,
    }
}

/// The fields of a record or a tuple. `None` for any other type.
pub(super) fn fields(ty: &T) -> Option<Vec<ComponentValType>> {
    match ty {
        T::Record(record) => Some(record.fields.values().copied().collect()),
        T::Tuple(tuple) => Some(tuple.types.to_vec()),
        _ => None,
    }
}

/// The length of the discriminant of a type with so many cases.
pub(super) fn discriminant_len(case_count: usize) -> u32 {
    match case_count {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// The offset of the payload of a variant.
pub(super) fn payload_offset(types: TypesRef<'_>, cases: &[Option<ComponentValType>]) -> u32 {
    let aligns = cases.iter().flatten().map(|ty| layout(types, *ty).align);
    discriminant_len(cases.len()).next_multiple_of(aligns.max().unwrap_or(1))
}

/// The layout of a value.
pub(super) fn layout(types: TypesRef<'_>, ty: ComponentValType) -> Layout {
    let defined = match ty {
        ComponentValType::Primitive(ty) => return primitive(ty),
        ComponentValType::Type(id) => types.get(id),
    };
    let Some(defined) = defined else {
        return Layout::default();
    };
    if let Some(fields) = fields(defined) {
        return record(types, &fields);
    }
    if let Some(cases) = cases(defined) {
        return variant(types, &cases);
    }
    match defined {
        T::Primitive(ty) => primitive(*ty),
        T::List { .. } | T::Map { .. } => LIST,
        T::FixedLengthList {
            element, length, ..
        } => {
            let Layout { len, align } = layout(types, *element);
            let len = len.saturating_mul(*length);
            Layout { len, align }
        }
        T::Flags(names) => flags(names.len()),
        T::Enum(names) => {
            let len = discriminant_len(names.len());
            Layout { len, align: len }
        }
        _ => WORD,
    }
}

fn primitive(ty: P) -> Layout {
    let len = match ty {
        P::Bool | P::S8 | P::U8 => 1,
        P::S16 | P::U16 => 2,
        P::S64 | P::U64 | P::F64 => 8,
        P::String => return LIST,
        P::S32 | P::U32 | P::F32 | P::Char | P::ErrorContext => 4,
    };
    Layout { len, align: len }
}

fn flags(count: usize) -> Layout {
    let len = match count {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    };
    Layout { len, align: len }
}

fn record(types: TypesRef<'_>, fields: &[ComponentValType]) -> Layout {
    let mut record = Layout { len: 0, align: 1 };
    for field in fields {
        let field = layout(types, *field);
        record.len = aligned(record.len, field.align).saturating_add(field.len);
        record.align = record.align.max(field.align);
    }
    record.len = aligned(record.len, record.align);
    record
}

fn variant(types: TypesRef<'_>, cases: &[Option<ComponentValType>]) -> Layout {
    let payloads = cases.iter().flatten().map(|ty| layout(types, *ty));
    let longest = payloads.clone().map(|payload| payload.len).max();
    let align = payloads.map(|payload| payload.align).max().unwrap_or(1);
    let align = align.max(discriminant_len(cases.len()));
    let len = payload_offset(types, cases).saturating_add(longest.unwrap_or(0));
    let len = aligned(len, align);
    Layout { len, align }
}

/// The first multiple of an alignment from an offset on.
pub(super) fn aligned(offset: u32, align: u32) -> u32 {
    let align = align.max(1);
    offset.checked_next_multiple_of(align).unwrap_or(u32::MAX)
}

/// The number of core values of a value.
pub(super) fn flat_len(types: TypesRef<'_>, ty: ComponentValType) -> u32 {
    let defined = match ty {
        ComponentValType::Primitive(P::String) => return 2,
        ComponentValType::Primitive(_) => return 1,
        ComponentValType::Type(id) => types.get(id),
    };
    let Some(defined) = defined else {
        return 1;
    };
    let len = |ty: &ComponentValType| flat_len(types, *ty);
    if let Some(fields) = fields(defined) {
        return fields.iter().map(len).fold(0, u32::saturating_add);
    }
    if let Some(cases) = cases(defined) {
        return 1 + cases.iter().flatten().map(len).max().unwrap_or(0);
    }
    match defined {
        T::Primitive(P::String) | T::List { .. } | T::Map { .. } => 2,
        T::FixedLengthList {
            element, length, ..
        } => flat_len(types, *element).saturating_mul(*length),
        _ => 1,
    }
}
