//! Chunks of zeros, as in the holes of sparse files.
//!
//! The end of a chunk depends only on the bytes behind its start, up to the longest
//! chunk. So all chunks of a run of zeros are equal, and their length and digest are
//! computed once.

use crate::digest::Digest;
use crate::writer::chunking::chunker::{MAX_CHUNK_LEN, chunker};
use std::sync::LazyLock;

static ZEROS: [u8; MAX_CHUNK_LEN as usize] = [0; MAX_CHUNK_LEN as usize];

/// The first chunk of a run of zeros that is as long as the longest chunk.
struct Zeros {
    len: usize,
    digest: Digest,
}

static CHUNK: LazyLock<Zeros> = LazyLock::new(|| {
    let (_, len) = chunker(&ZEROS).cut(0, ZEROS.len());
    let digest = ZEROS.get(..len).map(Digest::of).unwrap_or_default();
    Zeros { len, digest }
});

/// The length of the chunk at the start of `bytes`, if `bytes` start with enough zeros.
pub(crate) fn chunk_len(bytes: &[u8]) -> Option<usize> {
    bytes.starts_with(&ZEROS).then(|| CHUNK.len)
}

/// The digest of `bytes`, if they are the chunk of [`chunk_len`].
pub(crate) fn digest(bytes: &[u8]) -> Option<Digest> {
    let zeros = ZEROS.get(..CHUNK.len)?;
    (bytes == zeros).then(|| CHUNK.digest)
}

/// A prefix of zeros that has the same sample, which is one string.
pub(crate) fn start(zeros: &[u8]) -> &[u8] {
    const LEN: usize = 1024;
    zeros.get(..LEN).unwrap_or(zeros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;
    use crate::writer::chunking::sample::Sampling;
    use core::ops::Range;
    use std::vec::Vec;

    #[test]
    fn zeros_are_cut_and_hashed_like_other_bytes() {
        let zeros = |len| std::vec![0; len];
        let noise = |len| Random::new(1).bytes(len);
        for bytes in [
            zeros(1_000_000),
            zeros(32_768),
            [noise(100_000), zeros(300_000), noise(100_000)].concat(),
            [zeros(40_000), noise(10), zeros(70_001), noise(9)].concat(),
        ] {
            let expected: Vec<Range<usize>> = chunker(&bytes)
                .map(|chunk| chunk.offset..chunk.offset + chunk.length)
                .collect();
            let found: Vec<_> = crate::writer::chunking::chunks::cuts(&bytes).collect();
            assert_eq!(found, expected);
            for range in found {
                let bytes = &bytes[range];
                let known = digest(bytes).unwrap_or_else(|| Digest::of(bytes));
                assert_eq!(known, Digest::of(bytes));
            }
        }
    }

    #[test]
    fn a_prefix_of_zeros_has_their_sample() {
        for len_log in [0, 28, 30, 32, 36, 40] {
            let sampling = Sampling::of_len(1 << len_log);
            let zeros = &ZEROS[..CHUNK.len];
            let sample = sampling.sample(zeros);
            assert_eq!(sampling.sample(start(zeros)), sample, "{len_log}");
            assert_eq!(sample.0.len(), 1, "{len_log}");
        }
    }

    #[test]
    fn only_chunks_of_zeros_are_known() {
        let zeros = std::vec![0; 100_000];
        let len = chunk_len(&zeros).expect("zeros");
        assert!(digest(&zeros[..len]).is_some());
        assert_eq!(digest(&zeros[..len - 1]), None);
        assert_eq!(chunk_len(&zeros[..32_767]), None);
        assert_eq!(chunk_len(&Random::new(1).bytes(100_000)), None);
    }
}
