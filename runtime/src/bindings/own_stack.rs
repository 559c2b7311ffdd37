//! A second stack, for calls too deep for the application's.
//!
//! Rust has no way to say "run this on that stack"; in wasm it takes setting
//! one global, the stack pointer, and setting it back.

use crate::stack::DEPTH;
use alloc::alloc::{Layout, alloc};
use core::cell::Cell;
use core::ffi::c_void;

/// The ABI wants the stack pointer aligned so.
const ALIGNMENT: usize = 16;

core::arch::global_asm!(
    ".globaltype __stack_pointer, i32",
    ".functype wasi_vfs_run_closure (i32) -> ()",
    ".hidden wasi_vfs_switch_stack",
    ".globl wasi_vfs_switch_stack",
    ".type wasi_vfs_switch_stack,@function",
    "wasi_vfs_switch_stack:",
    ".functype wasi_vfs_switch_stack (i32, i32) -> ()",
    ".local i32",
    "global.get __stack_pointer",
    "local.set 2",
    "local.get 1",
    "global.set __stack_pointer",
    "local.get 0",
    "call wasi_vfs_run_closure",
    "local.get 2",
    "global.set __stack_pointer",
    "end_function",
);

unsafe extern "C" {
    /// Calls `wasi_vfs_run_closure(closure)` with the stack pointer at `top`.
    fn wasi_vfs_switch_stack(closure: *mut c_void, top: *mut u8);
}

#[unsafe(no_mangle)]
extern "C" fn wasi_vfs_run_closure(closure: *mut c_void) {
    // SAFETY: `on_own_stack` passes a pointer to a local of this type that
    // outlives the call, and keeps no reference to it meanwhile.
    unsafe { (*closure.cast::<&mut dyn FnMut()>())() }
}

/// The stack, once it was needed; its lowest address.
struct OwnStack(Cell<*mut u8>);

// SAFETY: one thread, see `state`.
unsafe impl Sync for OwnStack {}

static STACK: OwnStack = OwnStack(Cell::new(core::ptr::null_mut()));

/// Runs `call` on a stack of [`DEPTH`] bytes; `None` if there is no memory for
/// one. `call` must not come back here, which would use the stack twice: the
/// decoder calls nothing of ours.
pub(crate) fn on_own_stack<R>(call: impl FnOnce() -> R) -> Option<R> {
    if STACK.0.get().is_null() {
        let layout = Layout::from_size_align(DEPTH, ALIGNMENT).ok()?;
        // SAFETY: the layout is not empty.
        STACK.0.set(unsafe { alloc(layout) });
    }
    let bottom = STACK.0.get();
    if bottom.is_null() {
        return None;
    }
    let mut call = Some(call);
    let mut result = None;
    let mut closure = || result = call.take().map(|call| call());
    let mut erased: &mut dyn FnMut() = &mut closure;
    // SAFETY: the stack grows down from `top` and has `DEPTH` bytes, which
    // nobody else uses; the pointer is back in place when this returns, and
    // nothing unwinds through it, since panics abort.
    unsafe { wasi_vfs_switch_stack((&raw mut erased).cast(), bottom.add(DEPTH)) };
    result
}
