//! Global sections with other initial values.

use crate::module::edit::items::{Items, items_of};
use crate::module::error::ModuleError;
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ConstExpr, GlobalSection, Ieee32, Ieee64};
use wasmparser::{Global, ValType};

/// Items of the global section of `shape`, in which each mutable number starts with the bits
/// that `value` returns for its number. All other globals stay.
pub(crate) fn global_items(
    shape: &Shape<'_>,
    value: impl Fn(u32) -> Option<u64>,
) -> Result<Items<'static>, ModuleError> {
    let failed = |error| ModuleError::bake("reading its globals", error);
    let mut section = GlobalSection::new();
    let globals = shape.items::<Global<'_>>(id::GLOBAL)?.into_iter().flatten();
    for (number, global) in (shape.imported.globals..).zip(globals) {
        let global = global?;
        let bits = value(number).filter(|_| global.ty.mutable);
        let initial = bits.and_then(|bits| initial(global.ty.content_type, bits));
        match initial {
            Some(initial) => {
                let ty = RoundtripReencoder.global_type(global.ty).map_err(failed)?;
                section.global(ty, &initial);
            }
            None => RoundtripReencoder
                .parse_global(&mut section, global)
                .map_err(failed)?,
        }
    }
    items_of(&section)
}

/// The number of this type with these bits. `None` for a type of other values.
fn initial(ty: ValType, bits: u64) -> Option<ConstExpr> {
    // The upper half of a number of 32 bits is zero.
    let low = bits as u32;
    Some(match ty {
        ValType::I32 => ConstExpr::i32_const(low.cast_signed()),
        ValType::I64 => ConstExpr::i64_const(bits.cast_signed()),
        ValType::F32 => ConstExpr::f32_const(Ieee32::new(low)),
        ValType::F64 => ConstExpr::f64_const(Ieee64::new(bits)),
        _ => return None,
    })
}
