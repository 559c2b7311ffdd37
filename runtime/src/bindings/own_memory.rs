//! The memory that the runtime itself lives in.

/// Its length in bytes.
pub(super) fn own_memory_len() -> u64 {
    (core::arch::wasm32::memory_size(0) as u64) << 16
}
