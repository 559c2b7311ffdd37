//! Digests of files, which name their content for other tools, such as a software bill
//! of materials.
//!
//! An image keeps digests of its blocks, not of its files, so the files are read.

use crate::limits::size::{self, SizeLimitError};
use std::io;
use thiserror::Error;
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::{Content, Inode};

/// Reads files of an image and makes their digests, within the bound against
/// decompression bombs.
#[derive(Debug)]
pub struct Digests<'i, 'a> {
    image: &'i ImageReader<'a>,
    no_size_limit: bool,
    /// Bytes of the files so far.
    len: u64,
}

/// Why a file has no digest.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DigestError {
    /// More bytes than an image of that length may have.
    #[error(transparent)]
    SizeLimit(#[from] SizeLimitError),
    /// The file is damaged.
    #[error(transparent)]
    Read(#[from] io::Error),
}

impl<'i, 'a> Digests<'i, 'a> {
    /// Digests of files of `image`.
    #[must_use]
    pub fn new(image: &'i ImageReader<'a>) -> Self {
        Self {
            image,
            no_size_limit: false,
            len: 0,
        }
    }

    /// Disables the limit on the bytes that are read.
    #[must_use]
    pub fn no_size_limit(mut self, no_size_limit: bool) -> Self {
        self.no_size_limit = no_size_limit;
        self
    }

    /// The BLAKE3 digest of the bytes of a regular file; `None` for other objects.
    ///
    /// # Errors
    ///
    /// The file is damaged, or the files so far have too many bytes.
    pub fn of(&mut self, inode: &Inode) -> Result<Option<Digest>, DigestError> {
        let Content::File(file) = &inode.content else {
            return Ok(None);
        };
        self.len = self.len.saturating_add(file.len);
        if !self.no_size_limit {
            size::check(self.image, self.len)?;
        }
        Ok(Some(digest(self.image, inode)?))
    }
}

/// The BLAKE3 digest of the bytes of a regular file.
pub(crate) fn digest(image: &ImageReader<'_>, inode: &Inode) -> io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    image.copy_to(inode, &mut hasher)?;
    Ok(Digest(*hasher.finalize().as_bytes()))
}
