//! An import of the application that becomes an entry of the runtime.
//!
//! For example, the entry of `[method]descriptor.stat` returns what the import returns,
//! unless parameter 0 is a handle of the runtime. Then it calls the runtime's function.

use crate::module::merge::glue::pass;
use wasi_vfs_embedding::preview2::{FIRST_HANDLE, LAST_HANDLE};
use wasm_encoder::{BlockType, Function, Instruction, MemArg};
use wasmparser::FuncType;

use Instruction as I;

/// The bits of a handle that tell whose it is.
const OWNER_SHIFT: u32 = FIRST_HANDLE.trailing_zeros();
const _: () = {
    assert!(FIRST_HANDLE >> OWNER_SHIFT == 1);
    assert!(LAST_HANDLE >> OWNER_SHIFT == 1 && (LAST_HANDLE + 1) >> OWNER_SHIFT == 2);
};

/// An import of the application that becomes an entry of the runtime.
pub(crate) struct Intercepted<'a> {
    /// Number of the imported function.
    pub(crate) import: u32,
    /// Its name in WASI.
    pub(crate) name: &'a str,
    pub(crate) answer: Answer,
    /// Parameters that are handles. If none is the runtime's, the import answers. Empty if
    /// the runtime answers every call.
    pub(crate) handles: &'static [usize],
    /// The last argument of the runtime's function, behind those of the import.
    pub(crate) lowering: Option<i32>,
}

/// Who answers a call that the import does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The export of the runtime with the name of the call.
    Runtime,
    /// The entry, with `none` at the address in the last parameter.
    None,
}

impl Intercepted<'_> {
    /// The name of the entry.
    pub(crate) fn entry_name(&self) -> String {
        match self.lowering {
            None => self.name.into(),
            Some(lowering) => format!("{lowering} {}", self.name),
        }
    }

    /// Lets the import answer calls without a handle of the runtime.
    pub(crate) fn pass_foreign(&self, body: &mut Function, ty: &FuncType) {
        if !self.handles.is_empty() {
            unless_ours(body, self.handles, |body| {
                pass(body, ty);
                body.instruction(&Instruction::Call(self.import));
                body.instruction(&Instruction::Return);
            });
        }
    }

    /// Stores `none` as the result, and ends the body.
    pub(crate) fn answer_none(&self, body: &mut Function, ty: &FuncType) {
        let ret = ty.params().len().saturating_sub(1) as u32;
        body.instruction(&Instruction::LocalGet(ret));
        body.instruction(&Instruction::I32Const(0));
        body.instruction(&Instruction::I32Store8(MemArg {
            offset: 0,
            align: 0,
            memory_index: 0,
        }));
        body.instruction(&Instruction::End);
    }

    /// Calls `function` of the runtime with all arguments, and ends the body.
    pub(crate) fn call(&self, body: &mut Function, ty: &FuncType, function: u32) {
        pass(body, ty);
        if let Some(lowering) = self.lowering {
            body.instruction(&Instruction::I32Const(lowering));
        }
        body.instruction(&Instruction::Call(function));
        body.instruction(&Instruction::End);
    }
}

/// Runs `then` unless a parameter in `handles` is a handle of the runtime.
fn unless_ours(body: &mut Function, handles: &[usize], then: impl FnOnce(&mut Function)) {
    for (at, handle) in handles.iter().enumerate() {
        body.instruction(&I::LocalGet(*handle as u32));
        body.instruction(&I::I32Const(OWNER_SHIFT.cast_signed()));
        body.instruction(&I::I32ShrU);
        body.instruction(&I::I32Const(1));
        body.instruction(&I::I32Ne);
        if at > 0 {
            body.instruction(&I::I32And);
        }
    }
    body.instruction(&I::If(BlockType::Empty));
    then(body);
    body.instruction(&I::End);
}
