//! Against the reference implementation, and against damage.

use super::Decoder;
use zstd::zstd_safe::{CCtx, CParameter};

/// Content that decoders meet, of `len` bytes.
fn contents(len: usize) -> Vec<(&'static str, Vec<u8>)> {
    let mut random = Random(len as u64 + 1);
    let text = include_str!("sequences.rs").as_bytes();
    let cycle = |bytes: &[u8]| bytes.iter().copied().cycle().take(len).collect::<Vec<_>>();
    let words: Vec<&[u8]> = text.split(|byte| *byte == b' ').collect();
    let mut shuffled = Vec::new();
    while shuffled.len() < len {
        shuffled.extend_from_slice(words[random.below(words.len())]);
        shuffled.push(b' ');
    }
    shuffled.truncate(len);
    let records = (0..len).map(|at| match at % 16 {
        0..4 => (at / 64) as u8,
        4..8 => random.next() as u8 & 3,
        _ => 0,
    });
    vec![
        ("zeros", vec![0; len]),
        ("text", cycle(text)),
        ("pairs", cycle(b"ab")),
        ("sevens", cycle(b"1234567")),
        ("thirteens", cycle(b"abcdefghijklm")),
        ("words", shuffled),
        ("records", records.collect()),
        ("random", (0..len).map(|_| random.next() as u8).collect()),
        (
            "skewed",
            (0..len)
                .map(|_| (random.next() as u8).leading_zeros() as u8)
                .collect(),
        ),
    ]
}

const LENGTHS: [usize; 14] = [
    0,
    1,
    2,
    5,
    31,
    32,
    33,
    255,
    256,
    1000,
    10_000,
    131_072,
    131_073,
    1 << 20,
];

const LEVELS: [i32; 6] = [-5, 1, 3, 9, 19, 22];

fn compress(content: &[u8], level: i32, prefix: &[u8], content_size: bool) -> Vec<u8> {
    let mut context = CCtx::create();
    let set = |context: &mut CCtx<'_>, parameter| context.set_parameter(parameter).map(|_| ());
    set(&mut context, CParameter::CompressionLevel(level)).expect("a level");
    set(&mut context, CParameter::ContentSizeFlag(content_size)).expect("a flag");
    set(&mut context, CParameter::ChecksumFlag(level == 9)).expect("a flag");
    // As the writer does where there is a prefix: it must stay in the window.
    if !prefix.is_empty() {
        set(&mut context, CParameter::WindowLog(22)).expect("a window");
        context.ref_prefix(prefix).expect("a prefix");
    }
    let mut frame = Vec::with_capacity(zstd::zstd_safe::compress_bound(content.len()));
    context.compress2(&mut frame, content).expect("compresses");
    frame
}

fn check(decoder: &mut Decoder, name: &str, content: &[u8], level: i32, prefix: &[u8]) {
    for content_size in [true, false] {
        let frame = compress(content, level, prefix, content_size);
        let mut output = vec![0xaa; content.len()];
        let result = decoder.decode(&frame, prefix, &mut output);
        let what = format!(
            "{name}, {} bytes, level {level}, prefix {}",
            content.len(),
            prefix.len()
        );
        assert_eq!(result, Ok(()), "{what}");
        assert!(output == content, "{what}");
    }
}

#[test]
fn what_the_reference_compresses_comes_back() {
    let mut decoder = Decoder::new().expect("memory");
    for len in LENGTHS {
        for (name, content) in contents(len) {
            for level in LEVELS {
                check(&mut decoder, name, &content, level, &[]);
            }
        }
    }
}

/// xorshift64*: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}
