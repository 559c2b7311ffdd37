//! Frames, against the reference implementation.

use crate::zstd::check::decode_anything;
use crate::zstd::{Decoder, Error};
use std::borrow::Cow;
use std::cell::RefCell;
use std::thread_local;
use std::vec::Vec;
use wasi_vfs_format::frame::is_one;
use wasi_vfs_format::fuzz::Input;
use zstd::zstd_safe::{CCtx, CParameter, DCtx, compress_bound};

thread_local! {
    // Making one takes longer than what it does here.
    static OURS: RefCell<Decoder> = RefCell::new(Decoder::new().expect("150 KB"));
}

/// The highest bit of the output's length: what follows is content to be
/// compressed, and not a frame.
const IS_CONTENT: u16 = 1 << 15;

/// What a fuzzer gives: lengths of prefix and output in two bytes each, the
/// prefix, and either a frame or content.
///
/// # Panics
///
/// If decoding depends on what was decoded before, writes outside of the
/// output, or gives what the reference does not.
pub fn frames(data: &[u8]) {
    let Case { frame, prefix, len } = Case::new(data);
    compare(&frame, prefix, len);
}

/// A frame and what it may decode to.
struct Case<'a> {
    frame: Cow<'a, [u8]>,
    prefix: &'a [u8],
    /// Bytes of output.
    len: usize,
}

impl<'a> Case<'a> {
    fn new(data: &'a [u8]) -> Self {
        let mut input = Input(data);
        let mut number = || u16::from_le_bytes([input.byte(), input.byte()]);
        let (prefix_len, output_len) = (number(), number());
        let prefix = input.take(prefix_len.into());
        if output_len & IS_CONTENT == 0 {
            let len = output_len.into();
            let frame = input.0.into();
            return Self { frame, prefix, len };
        }
        let frame = come_back(&mut input, prefix).into();
        let len = input.0.len();
        Self { frame, prefix, len }
    }
}

/// What both decoders accept, they decode to the same; what the reference
/// accepts and is a frame as an image may have it, ours accepts.
fn compare(frame: &[u8], prefix: &[u8], len: usize) {
    let ours = ours(frame, prefix, len);
    let Some(reference) = reference(frame, prefix, len) else {
        return;
    };
    match ours {
        Ok(ours) => assert!(ours == reference, "other bytes than the reference's"),
        // `HUF_decompress4X1_usingDTable_internal_fast` and its like with 4X2 take
        // four streams of 8 bytes or more each, and never ask whether one ended.
        // Built with `HUF_DISABLE_FAST_DECODE`, the reference refuses these, too.
        Err(Error::FourStreams { are_long: true }) => {}
        Err(error) => assert!(
            !is_one(frame, len as u64),
            "the reference accepts it, we: {error:?}"
        ),
    }
}

fn ours(frame: &[u8], prefix: &[u8], len: usize) -> Result<Vec<u8>, Error> {
    OURS.with_borrow_mut(|decoder| decode_anything(decoder, frame, prefix, len))
}

/// What the reference decodes to `len` bytes.
fn reference(frame: &[u8], prefix: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(len);
    let mut context = DCtx::create();
    context.ref_prefix(prefix).expect("a prefix");
    let decoded = context.decompress(&mut bytes, frame).ok()?;
    (decoded == len).then_some(bytes)
}

/// What the reference compresses comes back. Gives it damaged, and leaves the
/// content in `input`.
fn come_back(input: &mut Input<'_>, prefix: &[u8]) -> Vec<u8> {
    let level = input.pick(&[-5, 1, 3, 5, 9, 13, 16, 19]);
    let target_len = input.pick(&[0, 0, 1340, 4000]);
    let changes: Vec<_> = (0..input.below(4)).map(|_| input.number()).collect();
    let content = input.0;
    let mut frame = compress(content, level, prefix, target_len);
    let decoded = ours(&frame, prefix, content.len());
    assert!(decoded.as_deref() == Ok(content), "{:?}", decoded.err());
    for change in changes {
        let at = change as usize >> 8;
        let at = at % frame.len();
        frame[at] ^= change as u8;
    }
    frame
}

/// With blocks of about `target_len` bytes, so that a fuzzer's input has some;
/// 0 leaves it to the reference.
fn compress(content: &[u8], level: i32, prefix: &[u8], target_len: u32) -> Vec<u8> {
    let mut context = CCtx::create();
    let parameters = [
        CParameter::CompressionLevel(level),
        CParameter::WindowLog(20),
        CParameter::TargetCBlockSize(target_len),
    ];
    for parameter in parameters {
        context.set_parameter(parameter).expect("a parameter");
    }
    context.ref_prefix(prefix).expect("a prefix");
    let mut frame = Vec::with_capacity(compress_bound(content.len()) + (content.len() >> 6));
    context.compress2(&mut frame, content).expect("compresses");
    frame
}

#[cfg(test)]
mod tests {
    use super::{Case, Error, ours, reference};

    /// The reference accepts it; see [`super::compare`].
    #[track_caller]
    fn four_streams_do_not_end(seed: &[u8]) {
        let Case { frame, prefix, len } = Case::new(seed);
        assert!(reference(&frame, prefix, len).is_some());
        let error = ours(&frame, prefix, len).err();
        assert_eq!(error, Some(Error::FourStreams { are_long: true }));
    }

    #[test]
    fn what_the_reference_alone_accepts_fails_in_four_long_streams() {
        four_streams_do_not_end(include_bytes!("../../../fuzz/seeds/zstd/bits-left"));
        four_streams_do_not_end(include_bytes!("../../../fuzz/seeds/zstd/bits-left-too"));
    }
}
