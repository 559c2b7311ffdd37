//! zstd frames of the format: a single frame that states the length of its content.

use zstd::zstd_safe::{find_frame_compressed_size, get_frame_content_size};

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The bits of the fifth byte of a frame that announce a dictionary.
const DICTIONARY: u8 = 3;

/// Whether `bytes` are exactly one frame without a dictionary that states a content of
/// `len` bytes. libzstd also accepts several frames and skippable frames, which no
/// runtime does.
pub fn is_one(bytes: &[u8], len: u64) -> bool {
    bytes.starts_with(&MAGIC)
        && find_frame_compressed_size(bytes) == Ok(bytes.len())
        && bytes.get(4).is_some_and(|byte| byte & DICTIONARY == 0)
        && matches!(get_frame_content_size(bytes), Ok(Some(found)) if found == len)
}

#[cfg(test)]
mod tests {
    use super::is_one;
    use std::io::Write;
    use std::vec::Vec;
    use zstd::bulk::{compress, decompress};

    const CONTENT: [u8; 1000] = [7; 1000];

    fn frame(content: &[u8]) -> Vec<u8> {
        compress(content, 3).expect("compresses")
    }

    #[test]
    fn a_frame_states_the_length_of_its_content() {
        assert!(is_one(&frame(&CONTENT), 1000));
        assert!(!is_one(&frame(&CONTENT), 999));
        // A stream, which begins before its end is known.
        let mut stream = zstd::stream::Encoder::new(Vec::new(), 3).expect("a stream");
        stream.write_all(&CONTENT[..1]).expect("compresses");
        stream.flush().expect("compresses");
        stream.write_all(&CONTENT[1..]).expect("compresses");
        let stream = stream.finish().expect("compresses");
        assert_eq!(
            decompress(&stream, 1000).expect("libzstd takes it"),
            CONTENT
        );
        assert!(!is_one(&stream, 1000));
        assert!(!is_one(&[], 0));
    }

    #[test]
    fn other_input_of_libzstd_is_rejected() {
        let skipped = b"\x50\x2a\x4d\x18\0\0\0\0";
        let two = [frame(&CONTENT[..400]), frame(&CONTENT[400..])].concat();
        // The number 0 of no dictionary, in one byte.
        let mut numbered = frame(&CONTENT);
        assert_eq!(numbered[4], 0x60, "two bytes of length follow");
        numbered[4] |= 1;
        numbered.insert(5, 0);
        for bytes in [
            [&frame(&CONTENT), &skipped[..]].concat(),
            [&skipped[..], &frame(&CONTENT)].concat(),
            two,
            numbered,
        ] {
            let content = decompress(&bytes, 1000).expect("libzstd takes it");
            assert_eq!(content, CONTENT);
            assert!(!is_one(&bytes, 1000), "{bytes:?}");
        }
    }
}
