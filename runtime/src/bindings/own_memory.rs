//! The memory that the runtime itself lives in.

/// Its length in bytes.
pub(super) fn own_memory_len() -> u64 {
    (core::arch::wasm32::memory_size(0) as u64) << 16
}

/// Copies the bytes that `pack` put at `address`, if memory has them.
#[cfg(feature = "writable")]
pub(super) fn read_packed(address: u32, into: &mut [u8]) -> Option<()> {
    let end = u64::from(address) + into.len() as u64;
    if address == 0 || end > own_memory_len() {
        return None;
    }
    // SAFETY: both ranges exist. If a damaged module names the target itself, they overlap:
    // hence `copy`.
    unsafe { core::ptr::copy(address as *const u8, into.as_mut_ptr(), into.len()) }
    Some(())
}
