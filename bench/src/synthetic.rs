//! Trees that are made here, the same each time.

use crate::command::root;
use crate::trees::{FLAT, HUNDRED_THOUSAND, LARGE, MILLION, THOUSAND, Tree};
use anyhow::Result;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Files of a directory, but in the flat tree.
const FANOUT: u64 = 100;

const LARGE_LEN: u64 = 3 << 30;

/// What the large file repeats.
const PATTERN_LEN: usize = 1 << 20;

/// A tree that is removed when this is dropped.
pub(crate) struct Synthetic {
    path: PathBuf,
}

impl Synthetic {
    pub(crate) fn flat() -> Result<Self> {
        small_files(&FLAT, 10_000, u64::MAX)
    }

    pub(crate) fn thousand() -> Result<Self> {
        small_files(&THOUSAND, 1_000, FANOUT)
    }

    pub(crate) fn hundred_thousand() -> Result<Self> {
        small_files(&HUNDRED_THOUSAND, 100_000, FANOUT)
    }

    pub(crate) fn million() -> Result<Self> {
        small_files(&MILLION, 1_000_000, FANOUT)
    }

    pub(crate) fn large() -> Result<Self> {
        let tree = Self::empty(&LARGE)?;
        let mut file = fs::File::create(tree.path.join("large"))?;
        let pattern = noise(PATTERN_LEN);
        for _ in 0..LARGE_LEN / PATTERN_LEN as u64 {
            file.write_all(&pattern)?;
        }
        Ok(tree)
    }

    fn empty(tree: &Tree) -> Result<Self> {
        let path = root().join(tree.path());
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }
}

impl Drop for Synthetic {
    fn drop(&mut self) {
        // What is left is removed by the next run.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn small_files(tree: &Tree, count: u64, fanout: u64) -> Result<Synthetic> {
    let synthetic = Synthetic::empty(tree)?;
    for number in 0..count {
        let directory = directory(&synthetic.path, number / fanout);
        if number % fanout == 0 {
            fs::create_dir_all(&directory)?;
        }
        fs::write(
            directory.join(format!("file-{number:07}.txt")),
            text(number),
        )?;
    }
    Ok(synthetic)
}

fn directory(root: &Path, number: u64) -> PathBuf {
    root.join(format!("{:03}", number / FANOUT))
        .join(format!("{:02}", number % FANOUT))
}

/// Some 110 to 210 bytes, of which no other file has all.
fn text(number: u64) -> String {
    let mut text = format!("The file of number {number}.\n");
    let mut state = number;
    for _ in 0..5 + number % 7 {
        state = next(state);
        text += &format!("{state:016x}\n");
    }
    text
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 0;
    let word = |_| {
        state = next(state);
        state.to_le_bytes()
    };
    (0..len / 8).flat_map(word).collect()
}

/// SplitMix64's step and its mix in one: neighbours have nothing in common.
fn next(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_are_the_same_each_time_and_differ() {
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(8));
        assert!((100..220).contains(&text(6).len()));
    }
}
