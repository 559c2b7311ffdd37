//! The differential oracle: random programs of preview 1 calls on random trees, in
//! packed modules and on the same directory under wasmtime.
//!
//! The program is `guests/c/oracle.c`, which prints a line for each operation. This
//! module has the trees, the engine, the accepted differences between two lines, and the
//! reduction of a failing program.

pub mod difference;
pub mod host;
pub mod line;
pub mod program;
pub mod tree;

/// A generator of random numbers. The same seed yields the same numbers on every
/// machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (SplitMix64).
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.draw() % limit as u64) as usize
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
