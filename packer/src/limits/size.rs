//! The size limit against decompression bombs.
//!
//! An image of a few bytes can expand to terabytes. By default it may expand to 1 GiB or
//! to 1000 times its length, whichever is larger. For example, an image of 2 MB may expand
//! to 2 GB.

use thiserror::Error;
use wasi_vfs_format::reader::ImageReader;

/// Bytes of files for each byte of an image. Text compresses to a hundredth at best. Only
/// copies of large files and disk images with holes expand more.
const MAX_RATIO: u64 = 1000;

/// Bytes of files that every image may have. 1 GiB is read in a second and fits any disk.
const MIN_LIMIT: u64 = 1 << 30;

/// The files of an image exceed the size limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the files have {len} bytes, more than 1000 times the {image_len} of the image; \
     if you trust the image, add --no-size-limit"
)]
#[non_exhaustive]
pub struct SizeLimitError {
    /// Bytes of all files to read.
    pub len: u64,
    /// Bytes of the image.
    pub image_len: u64,
}

/// Checks that `image` may expand to `len` bytes.
pub(crate) fn check(image: &ImageReader<'_>, len: u64) -> Result<(), SizeLimitError> {
    let superblock = image.index().superblock();
    let image_len = u64::from(superblock.index_len.get()) + u64::from(superblock.payload_len.get());
    match len <= max_len(image_len) {
        true => Ok(()),
        false => Err(SizeLimitError { len, image_len }),
    }
}

fn max_len(image_len: u64) -> u64 {
    image_len.saturating_mul(MAX_RATIO).max(MIN_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_1_gib_or_1000_times_the_length() {
        assert_eq!(max_len(0), 1 << 30);
        assert_eq!(max_len(1 << 20), 1 << 30);
        assert_eq!(max_len(2 << 20), 2000 << 20);
        assert_eq!(max_len(u64::MAX), u64::MAX);
    }
}
