//! What must hold for any bytes, for fuzzers and tests to call.

use super::{Decoder, Error};
use alloc::vec;
use alloc::vec::Vec;

/// Bytes around the output that decoding must leave alone.
const GUARD_LEN: usize = 64;
const GUARD: u8 = 0xa5;

/// Decodes `frame` to `output_len` bytes, twice with one decoder.
///
/// # Panics
///
/// If the two results differ, or a byte outside the output was written.
pub fn decode_anything(
    decoder: &mut Decoder,
    frame: &[u8],
    prefix: &[u8],
    output_len: usize,
) -> Result<Vec<u8>, Error> {
    let first = decode_guarded(decoder, frame, prefix, output_len);
    let second = decode_guarded(decoder, frame, prefix, output_len);
    assert!(
        first == second,
        "what was decoded before makes a difference"
    );
    first
}

fn decode_guarded(
    decoder: &mut Decoder,
    frame: &[u8],
    prefix: &[u8],
    output_len: usize,
) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![GUARD; output_len + 2 * GUARD_LEN];
    let output = GUARD_LEN..GUARD_LEN + output_len;
    let result = decoder.decode(frame, prefix, &mut bytes[output.clone()]);
    let mut guards = bytes[..output.start].iter().chain(&bytes[output.end..]);
    assert!(
        guards.all(|byte| *byte == GUARD),
        "wrote outside the output"
    );
    result.map(|()| bytes[output].to_vec())
}

/// Takes apart what a fuzzer gives: lengths of prefix and output in two bytes
/// each, the prefix, the frame.
pub fn fuzz(data: &[u8]) {
    let Some((&[a, b, c, d], data)) = data.split_first_chunk() else {
        return;
    };
    let (prefix_len, output_len) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
    let Some((prefix, frame)) = data.split_at_checked(prefix_len.into()) else {
        return;
    };
    let mut decoder = Decoder::new().expect("a fuzzer has 150 KB");
    let mut only = Decoder::for_frame(frame).expect("a fuzzer has 150 KB");
    let [any, only] = [&mut decoder, &mut only]
        .map(|decoder| decode_anything(decoder, frame, prefix, output_len.into()).ok());
    assert!(any == only, "a decoder for one frame disagrees");
}
