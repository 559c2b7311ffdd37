//! Compression level and block size: the caller's choice, else those of an earlier image.

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

/// The level and block size of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    /// The zstd level; `None` if nothing is compressed.
    pub(super) level: Option<i32>,
    pub(super) block_shift: u32,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            level: None,
            block_shift: DEFAULT_BLOCK_SHIFT,
        }
    }
}

impl Storage {
    /// The storage of `image`. Without a manifest, which tools strip, the level is
    /// unknown. Then it is the default level if any block is compressed.
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
            block_shift: image.index().superblock().block_shift.get(),
        })
    }

    /// The options that `asked` chooses, and those of this storage for the rest.
    pub(super) fn options(self, asked: Asked) -> Options {
        Options {
            compression: match asked.compression {
                Some(Compression::Level(level)) => Some(level),
                Some(Compression::None) => None,
                None => self.level,
            },
            block_shift: asked.block_shift.unwrap_or(self.block_shift),
            ..Options::default()
        }
    }
}

/// The choices of a caller. `None` keeps the earlier value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) compression: Option<Compression>,
    pub(super) block_shift: Option<u32>,
}

impl Asked {
    pub(super) fn new(
        compression: Option<Compression>,
        block_len: Option<u32>,
    ) -> Result<Self, PackError> {
        Ok(Self {
            compression,
            block_shift: block_len.map(block_shift).transpose()?,
        })
    }
}

fn block_shift(len: u32) -> Result<u32, PackError> {
    let shift = len.checked_ilog2().unwrap_or_default();
    let possible = MIN_BLOCK_SHIFT..=MAX_BLOCK_SHIFT;
    match len.is_power_of_two() && possible.contains(&shift) {
        true => Ok(shift),
        false => Err(PackError::BlockLen { len }),
    }
}

/// A manifest may come from a writer whose zstd has other levels.
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
    fn blocks_are_powers_of_two_within_the_bounds() {
        for len in [0, 1, 2048, 5000, 1 << 21, u32::MAX] {
            let error = block_shift(len).unwrap_err();
            assert!(matches!(error, PackError::BlockLen { len: l } if l == len));
        }
        for shift in MIN_BLOCK_SHIFT..=MAX_BLOCK_SHIFT {
            assert_eq!(block_shift(1 << shift).unwrap(), shift);
        }
    }

    #[test]
    fn levels_of_other_writers_are_made_possible() {
        assert_eq!(possible_level(19), 19);
        assert_eq!(possible_level(i32::MAX), 22);
    }
}
