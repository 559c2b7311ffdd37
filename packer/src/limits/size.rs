//! How many bytes the files of an image may have before somebody must say that
//! so many are meant: of a few bytes an image can make terabytes.

use thiserror::Error;
use wasi_vfs_format::reader::ImageReader;

/// Bytes of files for each byte of an image, and bytes that any image may have.
/// Text becomes a hundredth at most, and copies of a file cost nothing: a disk
/// image that is mostly holes has more, and little else that somebody packs. A
/// gibibyte harms no disk, and is read in a second.
const MAX_RATIO: u64 = 1000;
const MAX_LEN_OF_ANY: u64 = 1 << 30;

/// The files of an image have more bytes than one of that length may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the files have {len} bytes, more than 1000 times the {image_len} of the image; \
     if you trust the image, add --no-size-limit"
)]
#[non_exhaustive]
pub struct SizeLimitError {
    /// Bytes of all files that would be read.
    pub len: u64,
    /// Bytes of the image.
    pub image_len: u64,
}

/// Refuses to make `len` bytes of `image` if it is too small for that.
pub(crate) fn check(image: &ImageReader<'_>, len: u64) -> Result<(), SizeLimitError> {
    let superblock = image.index().superblock();
    let image_len = u64::from(superblock.index_len.get()) + u64::from(superblock.payload_len.get());
    match len <= max_len(image_len) {
        true => Ok(()),
        false => Err(SizeLimitError { len, image_len }),
    }
}

fn max_len(image_len: u64) -> u64 {
    image_len.saturating_mul(MAX_RATIO).max(MAX_LEN_OF_ANY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_images_may_have_a_gibibyte_and_others_a_thousand_times_their_length() {
        assert_eq!(max_len(0), 1 << 30);
        assert_eq!(max_len(1 << 20), 1 << 30);
        assert_eq!(max_len(2 << 20), 2000 << 20);
        assert_eq!(max_len(u64::MAX), u64::MAX);
    }
}
