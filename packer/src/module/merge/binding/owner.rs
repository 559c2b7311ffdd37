//! The owner of a handle, and the place of a value in the memory of the application.

use wasi_vfs_embedding::preview2::{FIRST_HANDLE, LAST_HANDLE};
use wasm_encoder::{Function, Instruction, MemArg};

use Instruction as I;

/// The bits of a handle that tell whose it is.
const OWNER_SHIFT: u32 = FIRST_HANDLE.trailing_zeros();
const _: () = {
    assert!(FIRST_HANDLE >> OWNER_SHIFT == 1);
    assert!(LAST_HANDLE >> OWNER_SHIFT == 1 && (LAST_HANDLE + 1) >> OWNER_SHIFT == 2);
};

/// A place in the memory of the application.
pub(super) fn place(offset: u32) -> MemArg {
    MemArg {
        offset: offset.into(),
        align: 0,
        memory_index: 0,
    }
}

/// Replaces a handle by whether it is not the runtime's.
pub(super) fn is_foreign(body: &mut Function) {
    owner(body);
    body.instruction(&I::I32Ne);
}

/// Replaces a handle by whether it is the runtime's.
pub(super) fn is_ours(body: &mut Function) {
    owner(body);
    body.instruction(&I::I32Eq);
}

/// Replaces a handle by its owner, and pushes the runtime.
fn owner(body: &mut Function) {
    body.instruction(&I::I32Const(OWNER_SHIFT.cast_signed()));
    body.instruction(&I::I32ShrU);
    body.instruction(&I::I32Const(1));
}
