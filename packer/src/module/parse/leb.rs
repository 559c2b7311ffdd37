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

/// The encoding of `value` in place of the number at the start of `original`. If that number
/// is padded and `value` fits into its length, the encoding has the same length. Linkers pad
/// numbers that they fill in late. Without a number in `original` the encoding is the
/// shortest.
///
/// For example, 100 replaces `87 80 80 80 00` by `e4 80 80 80 00`, and `07` by `64`. Both
/// numbers return to their old bytes when 7 replaces 100.
pub(crate) fn leb_like(original: &[u8], value: u32) -> Vec<u8> {
    let mut bytes = leb(value);
    let original = original.get(..leb_len(original)).unwrap_or_default();
    if is_padded(original) && bytes.len() < original.len() {
        if let Some(last) = bytes.last_mut() {
            *last |= 0x80;
        }
        bytes.resize(original.len() - 1, 0x80);
        bytes.push(0);
    }
    bytes
}

/// Whether the number `new` has the length of `old`, which it replaces, and still has it
/// after [`leb_like`] has replaced it back. A number that loses its padding would get shorter.
///
/// For example, 200 replaces `87 00` by `c8 01`, and 7 replaces that by `07`.
pub(crate) fn keeps_len(old: &[u8], new: &[u8]) -> bool {
    old.len() == new.len() && is_padded(old) == is_padded(new)
}

fn is_padded(number: &[u8]) -> bool {
    number.len() > 1 && number.ends_with(&[0])
}

/// The longest encoding of `value`, as linkers write it.
#[cfg(test)]
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
    fn replaced_numbers_keep_their_padding() {
        let there = |original: &[u8], value| {
            let bytes = leb_like(original, value);
            let mut reader = wasmparser::BinaryReader::new(&bytes, 0);
            assert_eq!(reader.read_var_u32().expect("valid"), value);
            bytes
        };
        assert_eq!(there(&[], 300), leb(300));
        for (old, new) in [(0, 1), (7, 100), (7, 300), (300, 7), (9, 1_000_000)] {
            for original in [leb(old), padded_leb(old).to_vec()] {
                let bytes = there(&original, new);
                assert_eq!(there(&bytes, old), original, "{old} {new}");
                assert!(bytes.len() == original.len() || bytes == leb(new));
            }
        }
        assert_eq!(there(&[0x87, 0x80, 0], 100), [0xe4, 0x80, 0]);
        assert_eq!(there(&[0x87, 0], 300), [0xac, 2]);
    }

    #[test]
    fn lengths_are_kept_both_ways_or_not_at_all() {
        for old in [&[7][..], &[0x87, 0], &[0x87, 0x80, 0], &padded_leb(7)] {
            for value in [9, 200, 20_000, 3_000_000] {
                let new = leb_like(old, value);
                let back = leb_like(&new, 7);
                let expected = new.len() == old.len() && back.len() == old.len();
                assert_eq!(keeps_len(old, &new), expected, "{old:x?} {value}");
            }
        }
        assert!(!keeps_len(&[0x87, 0], &leb(200)));
    }

    #[test]
    fn leb_len_counts_padding_and_stops_at_the_end() {
        assert_eq!(leb_len(&[0x05, 0xff]), 1);
        assert_eq!(leb_len(&[0x85, 0x80, 0x80, 0x80, 0x00, 0x01]), 5);
        assert_eq!(leb_len(&[0x80]), 1);
        assert_eq!(leb_len(&[]), 0);
    }
}
