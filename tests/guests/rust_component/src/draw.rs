//! Random numbers: splitmix64.

/// A generator.
pub struct Random(u64);

impl Random {
    /// The generator of one operation.
    pub fn of(seed: u64, index: usize) -> Self {
        let mut random = Self(seed ^ (index as u64).wrapping_mul(0xd129_0d3b_5e7c_62a5));
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        (self.next() % u64::from(limit)) as u32
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }

    /// An offset in a file: mostly a small one.
    pub fn offset(&mut self) -> u64 {
        const FAR: [u64; 9] = [
            0,
            1,
            1 << 31,
            1 << 32,
            (1 << 32) + 5,
            1 << 62,
            i64::MAX as u64,
            1 << 63,
            u64::MAX,
        ];
        if self.chance(75) {
            u64::from(self.below(30_000))
        } else {
            self.pick(&FAR)
        }
    }

    /// A length to read.
    pub fn len(&mut self) -> u64 {
        const LENS: [u64; 12] = [
            0, 1, 3, 16, 100, 511, 4096, 5000, 20_000, 65_536, 65_537, 150_000,
        ];
        if self.chance(4) {
            u64::MAX
        } else {
            self.pick(&LENS)
        }
    }
}
