//! A panic is a bug.

/// Nothing in this crate panics on purpose. A trap is how a module reports a bug.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
