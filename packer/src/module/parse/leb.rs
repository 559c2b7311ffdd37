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

/// The longest encoding of `value`, for a number that is not known yet.
pub(crate) fn padded_leb(value: u32) -> [u8; LEB_LEN_MAX] {
    let septet = |shift: u32| (value >> shift) as u8 & 0x7f;
    [0, 7, 14, 21, 28].map(|shift| match shift {
        28 => septet(shift),
        _ => septet(shift) | 0x80,
    })
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
    fn padded_numbers_have_five_bytes() {
        for value in [0, 1, 127, 128, 300_000, u32::MAX] {
            let bytes = padded_leb(value);
            let mut reader = wasmparser::BinaryReader::new(&bytes, 0);
            assert_eq!(reader.read_var_u32().expect("valid"), value);
            assert!(reader.eof());
        }
    }

    #[test]
    fn leb_len_counts_padding_and_stops_at_the_end() {
        assert_eq!(leb_len(&[0x05, 0xff]), 1);
        assert_eq!(leb_len(&[0x85, 0x80, 0x80, 0x80, 0x00, 0x01]), 5);
        assert_eq!(leb_len(&[0x80]), 1);
        assert_eq!(leb_len(&[]), 0);
    }
}
