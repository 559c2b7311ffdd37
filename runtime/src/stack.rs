//! Where deep calls run.
//!
//! The decoder keeps tables of tens of kilobytes on the stack. In a merged
//! module the stack is the runtime's own and long enough. In a linked one it is
//! the application's, 64 KiB unless its build asked for more, and of that the
//! program may have used any part: so there the decoder gets its own.

/// Runs `call` where [`DEPTH`] bytes of stack are free. `None` if there is no
/// memory for them.
pub(crate) fn with_room<R>(call: impl FnOnce() -> R) -> Option<R> {
    #[cfg(all(target_family = "wasm", feature = "linked"))]
    return crate::bindings::on_own_stack(call);
    #[cfg(not(all(target_family = "wasm", feature = "linked")))]
    Some(call())
}

/// Stack for the decoder, whose frames come to 41 KiB, with half as much again
/// to spare. A merged runtime's whole stack is set by the packer's build script.
#[cfg(all(target_family = "wasm", feature = "linked"))]
pub(crate) const DEPTH: usize = 64 << 10;
