//! Numbers in LEB128, the variable-length encoding of WebAssembly.

use wasm_encoder::Encode;

/// Length of the longest encoding of a 32-bit number.
pub(crate) const LEB_LEN_MAX: usize = 5;

/// The shortest encoding of `value`.
pub(crate) fn leb(value: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5);
    value.encode(&mut bytes);
    bytes
}

/// Length of the number at the start of `bytes`.
pub(crate) fn leb_len(bytes: &[u8]) -> usize {
    let continued = bytes.iter().take_while(|&&byte| byte & 0x80 != 0).count();
    (continued + 1).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leb_len_counts_padding_and_stops_at_the_end() {
        assert_eq!(leb_len(&[0x05, 0xff]), 1);
        assert_eq!(leb_len(&[0x85, 0x80, 0x80, 0x80, 0x00, 0x01]), 5);
        assert_eq!(leb_len(&[0x80]), 1);
        assert_eq!(leb_len(&[]), 0);
    }
}
