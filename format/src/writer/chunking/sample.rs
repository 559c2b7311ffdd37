//! Samples of strings, which show how much two pieces of data have in common.

use std::vec::Vec;

/// Length of the compared strings in bytes. Shorter strings are common to all text of a
/// language. Longer strings miss similar text that differs in single words.
const STRING_LEN: usize = 8;

/// Hashes of the sampled strings of some bytes, in no order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample(pub(crate) Vec<u32>);

/// The rate of sampling: one string in a power of two.
///
/// The hash of a string decides whether it is sampled, not its position. So two chunks
/// have the same sampled strings in their common parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sampling {
    shift: u32,
}

impl Sampling {
    /// Twice the rate makes images 0 to 1 % smaller, and half the rate makes them
    /// larger by the same.
    const MIN_SHIFT: u32 = 4;

    /// Logarithm of the largest number of samples: those of 256 MiB at the lowest
    /// shift. They take 64 MiB, and twice that while they are sorted.
    const MAX_COUNT_LOG: u32 = 24;

    /// The rate for a tree whose files have `len` bytes.
    pub(crate) fn of_len(len: u64) -> Self {
        let len_log = u64::BITS - len.leading_zeros();
        Self {
            shift: len_log
                .saturating_sub(Self::MAX_COUNT_LOG)
                .max(Self::MIN_SHIFT),
        }
    }

    /// The number of bytes for which a sampled string stands.
    pub(crate) fn string_share(self) -> u64 {
        1 << self.shift
    }

    pub(crate) fn sample(self, bytes: &[u8]) -> Sample {
        let hashes = bytes.windows(STRING_LEN).map(hash);
        let sampled = hashes.filter(|hash| hash >> (u64::BITS - self.shift) == 0);
        // Takes the bits below the largest shift, because all sampled hashes have the
        // same bits above.
        let mut sample: Vec<_> = sampled.map(|hash| (hash >> 16) as u32).collect();
        let max = self.max_of(bytes.len());
        if sample.len() > max {
            // Repeated strings, such as zeros, or strings made to be sampled. The
            // smallest hashes are as good a sample as any.
            sample.sort_unstable();
            sample.dedup();
            sample.truncate(max);
        }
        sample.shrink_to_fit();
        Sample(sample)
    }

    /// The largest sample of `len` bytes: twice the average, and a few more because
    /// short pieces vary.
    fn max_of(self, len: usize) -> usize {
        2 * (len >> self.shift) + 16
    }
}

/// Two multiplications mix every byte of the string into the top bits.
fn hash(string: &[u8]) -> u64 {
    let word = u64::from_le_bytes(string.try_into().unwrap_or_default());
    let mixed = word.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 32) ^ word).wrapping_mul(0xd6e8_feb8_6659_fd93)
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
    fn common_strings_are_in_both_samples() {
        let sampling = Sampling::of_len(0);
        let whole = sampling.sample(text(0..2000).as_bytes());
        let part = sampling.sample(text(500..1000).as_bytes());
        assert!(part.0.len() > 100);
        assert!(part.0.iter().all(|string| whole.0.contains(string)));
    }

    #[test]
    fn bytes_shorter_than_a_string_have_no_sample() {
        assert_eq!(Sampling::of_len(0).sample(b"7 bytes"), Sample::default());
    }

    #[test]
    fn samples_are_bounded_for_any_bytes() {
        let sampling = Sampling::of_len(0);
        let zeros = [0; 32 << 10];
        assert_eq!(sampling.sample(&zeros).0.len(), 1, "each string is sampled");
        // Bytes chosen so that every string is sampled.
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
    fn samples_of_the_longest_trees_are_bounded() {
        for len_log in [20, 28, 32, 40, 63] {
            let sampling = Sampling::of_len(1 << len_log);
            assert!(len_log - sampling.shift.min(len_log) <= Sampling::MAX_COUNT_LOG);
        }
    }
}
