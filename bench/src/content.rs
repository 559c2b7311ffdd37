//! The content of a tree, read natively: the oracle of every benchmark that reads.
//!
//! `guests/read.c` computes the same digest inside a module.

use anyhow::{Context, Result};
use std::fmt;
use std::fs;
use std::path::Path;

/// Length of the guest's buffer. Each full buffer starts a new run of words.
const BUFFER_LEN: usize = 65536;

/// Trees up to this size are measured three times, larger ones once.
const SMALL_BYTES: u64 = 32 << 20;

/// Count, length and digest of all files.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Content {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    digest: u64,
}

impl Content {
    /// Reads every file below `root`.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let mut content = Self::default();
        content.add_directory(root, "")?;
        Ok(content)
    }

    /// How often slow commands run on this tree.
    pub(crate) fn rounds(&self) -> usize {
        if self.bytes <= SMALL_BYTES { 3 } else { 1 }
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
        // The guest sees the end of a file only by a buffer that is not full.
        hash = mix_bytes(hash, buffers.remainder());
        self.files += 1;
        self.bytes += content.len() as u64;
        self.digest = self.digest.wrapping_add(hash);
    }
}

/// The text by which the programs in `engines/` report content.
impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.files, self.bytes, self.digest)
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
