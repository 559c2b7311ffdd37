//! What is in a tree, read natively: the oracle of every benchmark.
//!
//! `guests/read.c` computes the same digest from within a module.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// Length of the guest's buffer; each fill of it ends a word.
const BUFFER_LEN: usize = 65536;

/// Trees up to this size are measured more often than larger ones.
pub(crate) const SMALL_BYTES: u64 = 32 << 20;

/// What reading every file gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Content {
    /// Regular files.
    pub(crate) files: u64,
    /// Bytes in them.
    pub(crate) bytes: u64,
    /// Sum of a digest of each file's path and content.
    #[serde(deserialize_with = "from_text")]
    pub(crate) digest: u64,
}

/// JSON's numbers are no 64-bit integers.
fn from_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

impl Content {
    /// Reads every file below `root`.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let mut content = Self::default();
        content.add_directory(root, "")?;
        Ok(content)
    }

    /// Whether it is measured more often.
    pub(crate) fn is_small(&self) -> bool {
        self.bytes <= SMALL_BYTES
    }

    /// Fails unless `who` read what is in the directory.
    pub(crate) fn expect(&self, found: &Self, who: &str) -> Result<()> {
        ensure!(self == found, "{who}: expected {self:?}, found {found:?}");
        Ok(())
    }

    fn add_directory(&mut self, directory: &Path, name: &str) -> Result<()> {
        let at = || directory.display().to_string();
        for entry in fs::read_dir(directory).with_context(at)? {
            let entry = entry.with_context(at)?;
            let name = format!("{name}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().with_context(at)?.is_dir() {
                self.add_directory(&entry.path(), &name)?;
            } else {
                self.add_file(&name, &fs::read(entry.path()).with_context(at)?);
            }
        }
        Ok(())
    }

    fn add_file(&mut self, name: &str, content: &[u8]) {
        let mut hash = mix_bytes(1, name.as_bytes());
        let mut buffers = content.chunks_exact(BUFFER_LEN);
        for buffer in &mut buffers {
            hash = mix_bytes(hash, buffer);
        }
        // A file that fills its last buffer is found to end by an empty one.
        hash = mix_bytes(hash, buffers.remainder());
        self.files += 1;
        self.bytes += content.len() as u64;
        self.digest = self.digest.wrapping_add(hash);
    }
}

fn mix(hash: u64, word: u64) -> u64 {
    let hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ hash >> 32
}

fn mix_bytes(hash: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words
        .iter()
        .fold(hash, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(hash, u64::from_le_bytes(last))
}
