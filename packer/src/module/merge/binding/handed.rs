//! The streams among the arguments of a function of the host.
//!
//! The entry of such a function replaces each stream of the runtime by one of the host. For
//! example, `response.new` of `wasi:http` takes an `option<stream<u8>>` in parameters 1 and
//! 2. If parameter 1 is 1, the entry checks parameter 2.

use crate::module::merge::binding::owner::{is_ours, place};
use wasm_encoder::{BlockType, Function, Instruction};
use wasmparser::{FuncType, ValType};

use Instruction as I;

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The parameter with this number.
    Param(u32),
    /// An offset in the record at the address in parameter 0.
    Record(u32),
}

/// The case of a variant in which a stream exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) discriminant: Place,
    /// Length of the discriminant in a record, in bytes.
    pub(crate) len: u32,
    pub(crate) number: u32,
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handed {
    /// The cases, the outermost first.
    pub(crate) cases: Vec<Case>,
    pub(crate) place: Place,
}

impl Handed {
    /// Replaces the stream by the result of `function`, if it is one of the runtime.
    pub(super) fn replace(&self, body: &mut Function, ty: &FuncType, lowering: i32, function: u32) {
        for case in &self.cases {
            load(body, ty, case.discriminant, case.len);
            body.instruction(&I::I32Const(case.number.cast_signed()));
            body.instruction(&I::I32Eq);
            body.instruction(&I::If(BlockType::Empty));
        }
        load(body, ty, self.place, 4);
        is_ours(body);
        body.instruction(&I::If(BlockType::Empty));
        if let Place::Record(_) = self.place {
            body.instruction(&I::LocalGet(0));
        }
        load(body, ty, self.place, 4);
        body.instruction(&I::I32Const(lowering));
        body.instruction(&I::Call(function));
        store(body, ty, self.place);
        for _ in 0..=self.cases.len() {
            body.instruction(&I::End);
        }
    }
}

/// Whether a parameter has 64 bits, because another case of its variant does.
fn is_wide(ty: &FuncType, param: u32) -> bool {
    ty.params().get(param as usize) == Some(&ValType::I64)
}

/// Pushes the value of `len` bytes at a place.
fn load(body: &mut Function, ty: &FuncType, at: Place, len: u32) {
    match at {
        Place::Param(param) => {
            body.instruction(&I::LocalGet(param));
            if is_wide(ty, param) {
                body.instruction(&I::I32WrapI64);
            }
        }
        Place::Record(offset) => {
            body.instruction(&I::LocalGet(0));
            body.instruction(&match len {
                1 => I::I32Load8U(place(offset)),
                2 => I::I32Load16U(place(offset)),
                _ => I::I32Load(place(offset)),
            });
        }
    }
}

/// Stores a handle at a place. For a record, its address is below the handle.
fn store(body: &mut Function, ty: &FuncType, at: Place) {
    match at {
        Place::Param(param) => {
            if is_wide(ty, param) {
                body.instruction(&I::I64ExtendI32U);
            }
            body.instruction(&I::LocalSet(param));
        }
        Place::Record(offset) => {
            body.instruction(&I::I32Store(place(offset)));
        }
    }
}
