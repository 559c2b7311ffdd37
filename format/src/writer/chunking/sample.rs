//! What tells bytes that have much in common from bytes that have not.

use std::vec::Vec;

/// Length of the strings that are compared, in bytes. Shorter ones are common
/// to all text of a language, longer ones miss what differs in a word.
const STRING_LEN: usize = 12;

/// Hashes of a sample of the strings in some bytes, in no order. The one of nothing is
/// empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample(pub(crate) Vec<u32>);

/// Which strings are sampled: one in so many, as a power of two.
///
/// A string is in the sample, or is not, for what it is and not for where it
/// stands. So of what two chunks have in common the same part is in both
/// sketches, and sketches say how much of one chunk is found in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sampling {
    shift: u32,
}

impl Sampling {
    /// Twice as many strings make images 0 to 1 % smaller; half as many lose
    /// as much.
    const MIN_SHIFT: u32 = 4;

    /// Logarithm of how many strings are sampled at most: as many as 256 MiB
    /// have at the lowest rate. They take 64 MiB, and twice that while they
    /// are sorted.
    const MAX_COUNT_LOG: u32 = 24;

    /// For all files of a tree, which have `len` bytes.
    pub(crate) fn of_len(len: u64) -> Self {
        let len_log = u64::BITS - len.leading_zeros();
        Self {
            shift: len_log
                .saturating_sub(Self::MAX_COUNT_LOG)
                .max(Self::MIN_SHIFT),
        }
    }

    pub(crate) fn sample(self, bytes: &[u8]) -> Sample {
        let hashes = bytes.windows(STRING_LEN).map(hash);
        let sampled = hashes.filter(|hash| hash >> (u64::BITS - self.shift) == 0);
        // Bits below the largest shift there is, since all sampled hashes
        // share those above.
        let mut sketch: Vec<_> = sampled.map(|hash| (hash >> 16) as u32).collect();
        let max = self.max_of(bytes.len());
        if sketch.len() > max {
            // The same string again and again, such as zeros, or made to be sampled. The
            // least hashes are a sample as good as the first one.
            sketch.sort_unstable();
            sketch.dedup();
            sketch.truncate(max);
        }
        sketch.shrink_to_fit();
        Sample(sketch)
    }

    /// The most strings of `len` bytes: twice as many as are sampled on average, and
    /// some, since a few bytes may well have more.
    fn max_of(self, len: usize) -> usize {
        2 * (len >> self.shift) + 16
    }
}

/// Two multiplications that mix every byte of the string into the top bits.
fn hash(string: &[u8]) -> u64 {
    let word = |at: usize| {
        let bytes = string.get(at..at + 8);
        u64::from_le_bytes(
            bytes
                .and_then(|bytes| bytes.try_into().ok())
                .unwrap_or_default(),
        )
    };
    let head = word(0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let both = head ^ (head >> 32) ^ word(STRING_LEN - 8);
    both.wrapping_mul(0xd6e8_feb8_6659_fd93)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn text(range: core::ops::Range<u32>) -> String {
        range
            .map(|number| std::format!("line {number}\n"))
            .collect()
    }

    #[test]
    fn what_two_chunks_share_is_in_both_sketches() {
        let sampling = Sampling::of_len(0);
        let whole = sampling.sample(text(0..2000).as_bytes());
        let part = sampling.sample(text(500..1000).as_bytes());
        assert!(part.0.len() > 100);
        assert!(part.0.iter().all(|string| whole.0.contains(string)));
    }

    #[test]
    fn a_sketch_of_bytes_shorter_than_a_string_is_empty() {
        assert_eq!(
            Sampling::of_len(0).sample(b"eleven byte"),
            Sample::default()
        );
    }

    #[test]
    fn no_bytes_have_a_sketch_that_is_much_longer_than_others() {
        let sampling = Sampling::of_len(0);
        let zeros = [0; 32 << 10];
        assert_eq!(sampling.sample(&zeros).0.len(), 1, "each string is sampled");
        // Bytes that are chosen so that each string is.
        let mut chosen = zeros[..STRING_LEN - 1].to_vec();
        while chosen.len() < 4096 {
            let sampled = (0..=255).rev().find(|&byte| {
                let start = chosen.len() + 1 - STRING_LEN;
                let string = [&chosen[start..], &[byte]].concat();
                sampling.sample(&string).0.len() == 1
            });
            chosen.push(sampled.unwrap_or_default());
        }
        let most = sampling.max_of(chosen.len());
        assert_eq!(sampling.sample(&chosen).0.len(), most);
    }

    #[test]
    fn the_longest_trees_are_sampled_within_the_bound() {
        for len_log in [20, 28, 32, 40, 63] {
            let sampling = Sampling::of_len(1 << len_log);
            assert!(len_log - sampling.shift.min(len_log) <= Sampling::MAX_COUNT_LOG);
        }
    }
}
