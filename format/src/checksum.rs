//! The weak hash that notices damage: XXH64 with seed 0.
//!
//! It is checked on the path of every first read, so it is chosen for speed in
//! WebAssembly (a tenth of the time that decoding takes), not against an
//! adversary. Content is *named* by BLAKE3 digests, which only tools compute.

use core::hash::Hasher;
use twox_hash::XxHash64;

/// The checksum of `bytes`.
pub fn checksum(bytes: &[u8]) -> u64 {
    XxHash64::oneshot(0, bytes)
}

/// The checksum of `first` followed by `second`.
pub fn checksum_of_two(first: &[u8], second: &[u8]) -> u64 {
    let mut hasher = XxHash64::with_seed(0);
    hasher.write(first);
    hasher.write(second);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_xxh64_with_seed_zero() {
        // Published test vector of XXH64.
        assert_eq!(checksum(b""), 0xef46_db37_51d8_e999);
        assert_eq!(checksum(b"abc"), 0x44bc_2cf5_ad77_0999);
    }

    #[test]
    fn of_two_parts_is_that_of_their_concatenation() {
        assert_eq!(checksum_of_two(b"wasi", b"-vfs"), checksum(b"wasi-vfs"));
    }
}
