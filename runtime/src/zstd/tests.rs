//! Against the reference implementation, and against damage.

use super::check::{decode_anything, fuzz};
use super::copy::{Sequence, copy_sequences};
use super::{Decoder, Error};
use wasi_vfs_format::testing::Random;
use zstd::zstd_safe::{CCtx, CParameter};

/// Content that decoders meet, of `len` bytes.
fn contents(len: usize) -> Vec<(&'static str, Vec<u8>)> {
    let mut random = Random::new(len as u64 + 1);
    let text = include_str!("sequences.rs").as_bytes();
    let cycle = |bytes: &[u8]| bytes.iter().copied().cycle().take(len).collect::<Vec<_>>();
    let words: Vec<&[u8]> = text.split(|byte| *byte == b' ').collect();
    let mut shuffled = Vec::new();
    while shuffled.len() < len {
        shuffled.extend_from_slice(random.pick::<&[u8]>(&words));
        shuffled.push(b' ');
    }
    shuffled.truncate(len);
    let records = (0..len).map(|at| match at % 16 {
        0..4 => (at / 64) as u8,
        4..8 => random.byte() & 3,
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
        ("random", random.bytes(len)),
        (
            "skewed",
            (0..len)
                .map(|_| (random.byte()).leading_zeros() as u8)
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

#[test]
fn a_decoder_for_one_frame_holds_its_literals_only() {
    for (name, content) in contents(100_000) {
        for level in LEVELS {
            let frame = compress(&content, level, &[], true);
            let mut decoder = Decoder::for_frame(&frame).expect("memory");
            check(&mut decoder, name, &content, level, &[]);
            let len_max = decoder.literals.len_max();
            assert!(len_max <= content.len(), "{name}: {len_max}");
            if name == "sevens" {
                assert!(len_max < 100, "{name}: {len_max}");
            }
        }
    }
}

#[test]
fn a_decoder_for_one_frame_rejects_damage() {
    for (frame, len) in small_frames() {
        for end in 0..frame.len() {
            let cut = &frame[..end];
            let mut decoder = Decoder::for_frame(cut).expect("memory");
            assert!(decode_anything(&mut decoder, cut, &[], len).is_err());
        }
    }
}

#[test]
fn matches_reach_into_the_prefix() {
    let mut decoder = Decoder::new().expect("memory");
    for (prefix_len, len) in [(1, 100), (40, 33), (5000, 20_000), (1 << 20, 1 << 18)] {
        for (name, content) in contents(prefix_len + len) {
            let (prefix, content) = content.split_at(prefix_len);
            for level in [1, 9, 19] {
                check(&mut decoder, name, content, level, prefix);
            }
        }
    }
}

/// What sequences stand for, byte by byte: those that refer to what there is.
fn copied_slowly(prefix: &[u8], at: &[u8], literals: &[u8], sequences: &[Sequence]) -> Vec<u8> {
    let mut bytes = [prefix, at].concat();
    let mut literals = literals.iter();
    for sequence in sequences {
        bytes.extend(literals.by_ref().take(sequence.literal_len as usize));
        for _ in 0..sequence.match_len {
            bytes.push(bytes[bytes.len() - sequence.offset as usize]);
        }
    }
    bytes.split_off(prefix.len())
}

/// Mostly below `usual`, at times as large as can be.
fn any_number(random: &mut Random, usual: usize) -> u32 {
    match random.below(30) {
        0 => u32::MAX - random.below(3) as u32,
        1 => 1 << 31,
        _ => random.below(usual) as u32,
    }
}

#[test]
fn any_sequences_are_copied_within_bounds_or_not_at_all() {
    const GUARD: [u8; 64] = [0xa5; 64];
    let mut random = Random::new(11);
    let bytes = random.bytes(300);
    let mut count = 0;
    for _ in 0..50_000 {
        let prefix = &bytes[..random.below(100)];
        let literals = &bytes[100..][..random.below(150)];
        let at = random.below(40);
        let sequences: [Sequence; 5] = core::array::from_fn(|_| Sequence {
            literal_len: any_number(&mut random, 20),
            match_len: any_number(&mut random, 50),
            offset: any_number(&mut random, 80),
        });
        let mut output = [&bytes[..at], &vec![0; random.below(400)], &GUARD].concat();
        let (room, guard) = output.split_last_chunk_mut().expect("a guard");
        let copied = copy_sequences(prefix, room, at, literals, &sequences);
        let sequences = &sequences[..copied.sequence_count];
        let expected = copied_slowly(prefix, &bytes[..at], literals, sequences);
        assert!(room.starts_with(&expected), "{sequences:?}");
        assert_eq!(copied.end, expected.len(), "{sequences:?}");
        assert_eq!(*guard, GUARD, "{sequences:?}");
        count += sequences.len();
    }
    assert!(count > 20_000, "most of it was left: {count}");
}

#[test]
fn a_prefix_is_needed_where_one_was_given() {
    let mut random = Random::new(7);
    let content = random.bytes(50_000);
    // A copy: the encoder takes memory that is input and prefix for overwritten.
    let frame = compress(&content, 9, &content.clone(), true);
    assert!(frame.len() < 1000, "one match");
    let decode = |prefix: &[u8]| {
        let mut decoder = Decoder::new().expect("memory");
        decode_anything(&mut decoder, &frame, prefix, content.len())
    };
    assert!(decode(&content).is_ok_and(|decoded| decoded == content));
    assert_eq!(decode(&[]).err(), Some(Error::Offset));
    assert_eq!(decode(&content[1..]).err(), Some(Error::Offset));
}

#[test]
fn what_is_not_one_plain_frame_is_refused() {
    let content = b"seventeen letters";
    let frame = compress(content, 3, &[], true);
    let decode = |frame: &[u8], len| {
        let mut decoder = Decoder::new().expect("memory");
        decode_anything(&mut decoder, frame, &[], len).map(|_| ())
    };
    assert_eq!(decode(&frame, content.len()), Ok(()));
    assert_eq!(decode(&frame, content.len() - 1), Err(Error::ContentLen));
    assert_eq!(decode(&frame, content.len() + 1), Err(Error::ContentLen));
    assert_eq!(
        decode(&[&frame[..], b"!"].concat(), content.len()),
        Err(Error::Excess)
    );
    assert_eq!(decode(&frame.repeat(2), content.len()), Err(Error::Excess));
    assert_eq!(decode(&[], 0), Err(Error::Truncated));
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0];
    assert_eq!(decode(&skippable, 0), Err(Error::Magic));
    let mut with_dictionary = frame.clone();
    with_dictionary[4] |= 1;
    assert_eq!(
        decode(&with_dictionary, content.len()),
        Err(Error::Unsupported)
    );
}

/// No block has so many, so these are refused and not passed over.
#[test]
fn more_literals_than_a_block_may_have_are_refused() {
    let frame = |len: u32| {
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x20, 5];
        // A compressed block of repeated literals and no sequence.
        frame.extend([5 << 3 | 4, 0, 0]);
        frame.extend((len << 4 | 13).to_le_bytes().iter().take(3));
        frame.extend([b'x', 0]);
        // The last one, which is plain.
        frame.extend([5 << 3 | 1, 0, 0]);
        frame.extend(b"hello");
        frame
    };
    let mut decoder = Decoder::new().expect("memory");
    for len in [131_073, 131_104, 131_105] {
        let result = decode_anything(&mut decoder, &frame(len), &[], 5);
        assert_eq!(result.err(), Some(Error::Literals), "{len}");
        assert!(zstd::bulk::decompress(&frame(len), 5).is_err());
    }
    let most = decode_anything(&mut decoder, &frame(131_072), &[], 5);
    assert_eq!(most.err(), Some(Error::ContentLen));
    assert_eq!(
        decode_anything(&mut decoder, &frame(0), &[], 5).as_deref(),
        Ok(&b"hello"[..])
    );
}

/// Small frames that between them have every kind of block, literals and table.
fn small_frames() -> Vec<(Vec<u8>, usize)> {
    let lengths = [0, 5, 33, 300, 1500];
    let contents = lengths.into_iter().flat_map(contents);
    let frames = contents.flat_map(|(_, content)| {
        [1, 19].map(|level| (compress(&content, level, &[], false), content.len()))
    });
    frames.collect()
}

#[test]
fn a_truncated_frame_is_refused() {
    let mut decoder = Decoder::new().expect("memory");
    for (frame, len) in small_frames() {
        for end in 0..frame.len() {
            let result = decode_anything(&mut decoder, &frame[..end], &[], len);
            assert!(result.is_err(), "{end} of {} bytes", frame.len());
        }
    }
}

#[test]
fn no_change_of_a_byte_or_a_bit_does_harm() {
    let mut decoder = Decoder::new().expect("memory");
    for (mut frame, len) in small_frames() {
        for at in 0..frame.len().min(400) {
            let byte = frame[at];
            let flips = (0..8).map(|bit| byte ^ 1 << bit);
            for changed in flips.chain([0, 0xff, byte.wrapping_add(1), !byte]) {
                frame[at] = changed;
                let _ = decode_anything(&mut decoder, &frame, &[], len);
            }
            frame[at] = byte;
        }
    }
}

#[test]
fn random_changes_do_no_harm() {
    let mut random = Random::new(42);
    let mut decoder = Decoder::new().expect("memory");
    let frames = small_frames();
    for _ in 0..60_000 {
        let (frame, len) = random.pick(&frames);
        let mut frame = frame.clone();
        for _ in 0..=random.below(6) {
            let at = random.below(frame.len());
            frame[at] = random.byte();
        }
        let prefix = &frame[..random.below(frame.len())];
        let _ = decode_anything(&mut decoder, &frame, prefix, *len);
    }
}

/// Whoever edits an image can write any tables and streams: noise after valid
/// headers gets further than noise.
#[test]
fn noise_does_no_harm() {
    let mut random = Random::new(43);
    let mut decoder = Decoder::new().expect("memory");
    for _ in 0..30_000 {
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x58];
        let len = random.below(300);
        frame.extend(((len << 3 | 5) as u32).to_le_bytes().iter().take(3));
        frame.extend(random.bytes(len));
        if len > 12 {
            // A kind of literals that are short enough.
            frame[9] = frame[9] & 3 | [0, 4, 0x40][random.below(3)];
        }
        let output_len = random.below(2000);
        let _ = decode_anything(&mut decoder, &frame, &[], output_len);
    }
    for _ in 0..1000 {
        let len = random.below(100);
        fuzz(&random.bytes(len));
    }
}

/// An error must not leave a half-made table for the next frame to use.
#[test]
fn a_frame_decodes_after_a_damaged_one() {
    let mut decoder = Decoder::new().expect("memory");
    for (frame, len) in small_frames() {
        let mut damaged = frame.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x55;
        let _ = decode_anything(&mut decoder, &damaged, &[], len);
        assert!(decode_anything(&mut decoder, &frame, &[], len).is_ok());
    }
}
