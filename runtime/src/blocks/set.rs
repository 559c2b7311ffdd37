//! A set of block numbers.

use super::BlockError;
use alloc::vec::Vec;

/// Numbers of blocks, one bit each.
#[derive(Default)]
pub(super) struct BlockSet {
    words: Vec<u64>,
}

impl BlockSet {
    pub(super) fn contains(&self, block: u32) -> bool {
        let word = self.words.get(block as usize / 64);
        word.is_some_and(|word| word & (1 << (block % 64)) != 0)
    }

    pub(super) fn insert(&mut self, block: u32) -> Result<(), BlockError> {
        let position = block as usize / 64;
        if position >= self.words.len() {
            let missing = position + 1 - self.words.len();
            let reserved = self.words.try_reserve(missing);
            reserved.map_err(|_| BlockError::NoMemory)?;
            self.words.resize(position + 1, 0);
        }
        self.words[position] |= 1 << (block % 64);
        Ok(())
    }
}
