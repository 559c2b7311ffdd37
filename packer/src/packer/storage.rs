//! Compression level and block length: the choice of the caller, else those of an image.

use super::error::PackError;
use wasi_vfs_format::Corrupt;
use wasi_vfs_format::block::Codec;
use wasi_vfs_format::limits::{DEFAULT_BLOCK_SHIFT, MAX_BLOCK_SHIFT, MIN_BLOCK_SHIFT};
use wasi_vfs_format::manifest::Manifest;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::writer::Options;

/// The default compression level of zstd. It is the highest level whose decoder needs no
/// more memory than the block.
pub const DEFAULT_LEVEL: i32 = 19;

/// The compression that a caller chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Level(i32),
    None,
}

/// The level and block length of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    /// The zstd level; `None` if nothing is compressed.
    pub(super) level: Option<i32>,
    pub(super) block_len: u32,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            level: None,
            block_len: 1 << DEFAULT_BLOCK_SHIFT,
        }
    }
}

impl Storage {
    /// The storage of `image`. Without a manifest, which tools strip, the level is
    /// unknown. Then it is the default level if a block is compressed.
    pub(super) fn of(image: &ImageReader<'_>) -> Result<Self, Corrupt> {
        let manifest = image
            .metadata()
            .and_then(|metadata| metadata.manifest().ok());
        let level = match manifest {
            Some(Manifest { compression, .. }) => compression.map(possible_level),
            None => has_compressed_block(image)?.then_some(DEFAULT_LEVEL),
        };
        Ok(Self {
            level,
            block_len: image.index().superblock().block_len(),
        })
    }

    /// The chosen options, and those of this storage for the rest.
    pub(super) fn options(self, choice: StorageChoice) -> Options {
        Options {
            compression: match choice.compression {
                Some(Compression::Level(level)) => Some(level),
                Some(Compression::None) => None,
                None => self.level,
            },
            block_shift: block_shift(choice.block_len.unwrap_or(self.block_len)),
            ..Options::default()
        }
    }
}

/// The choices of a caller. `None` keeps the value of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StorageChoice {
    pub(super) compression: Option<Compression>,
    /// A power of two in the supported range.
    pub(super) block_len: Option<u32>,
}

impl StorageChoice {
    pub(super) fn new(
        compression: Option<Compression>,
        block_len: Option<u32>,
    ) -> Result<Self, PackError> {
        Ok(Self {
            compression,
            block_len: block_len.map(require_possible).transpose()?,
        })
    }
}

/// The format stores the length as a power of two.
fn block_shift(len: u32) -> u32 {
    len.checked_ilog2().unwrap_or(DEFAULT_BLOCK_SHIFT)
}

fn require_possible(len: u32) -> Result<u32, PackError> {
    let shift = len.checked_ilog2().unwrap_or_default();
    let possible = MIN_BLOCK_SHIFT..=MAX_BLOCK_SHIFT;
    match len.is_power_of_two() && possible.contains(&shift) {
        true => Ok(len),
        false => Err(PackError::BlockLen { len }),
    }
}

/// The manifest of another writer may have a level that this zstd does not support.
fn possible_level(level: i32) -> i32 {
    let levels = zstd::compression_level_range();
    level.clamp(*levels.start(), *levels.end())
}

fn has_compressed_block(image: &ImageReader<'_>) -> Result<bool, Corrupt> {
    let index = image.index();
    for number in 0..index.block_count() {
        if index.block(number)?.codec != Codec::Stored {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_lengths_are_powers_of_two_in_a_range() {
        for len in [0, 1, 2048, 5000, 1 << 21, u32::MAX] {
            let error = require_possible(len).unwrap_err();
            assert!(matches!(error, PackError::BlockLen { len: l } if l == len));
        }
        for shift in MIN_BLOCK_SHIFT..=MAX_BLOCK_SHIFT {
            assert_eq!(require_possible(1 << shift).unwrap(), 1 << shift);
        }
    }

    #[test]
    fn levels_of_other_writers_are_clamped() {
        assert_eq!(possible_level(19), 19);
        assert_eq!(possible_level(i32::MAX), 22);
    }
}
