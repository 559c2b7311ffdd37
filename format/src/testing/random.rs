//! Random numbers from a seed.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use std::vec::Vec;

/// A generator of random numbers. The same seed yields the same numbers on every
/// machine. The image digests that `tests/writing.rs` pins cover these numbers, so the
/// algorithm is a fixed one.
#[derive(Clone, Debug)]
pub struct Random(SplitMix64);

impl Random {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        self.draw() as u8
    }

    /// A number below `limit`.
    ///
    /// # Panics
    ///
    /// If `limit` is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.draw() % limit as u64) as usize
    }

    /// One of the items.
    ///
    /// # Panics
    ///
    /// If there are no items.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Incompressible bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn numbers_depend_on_the_seed_only() {
        let [mut one, mut same, mut other] = [7, 7, 8].map(Random::new);
        let bytes = one.bytes(1000);
        assert_eq!(same.bytes(1000), bytes);
        assert_ne!(other.bytes(1000), bytes);
        // The first number of the reference implementation.
        assert_eq!(Random::new(0).draw(), 0xe220_a839_7b1d_cdaf);
    }
}
