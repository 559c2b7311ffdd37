//! Digests of files, for tools such as a software bill of materials.
//!
//! An image has digests of blocks, not of files, so a digest reads the whole file.

use crate::limits::size::{self, SizeLimitError};
use std::io;
use thiserror::Error;
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::{Content, Inode};

/// Computes digests of files within the size limit.
#[derive(Debug)]
pub struct Digests<'i, 'a> {
    image: &'i ImageReader<'a>,
    no_size_limit: bool,
    /// Bytes of all files so far.
    len: u64,
}

/// An error of computing a digest.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DigestError {
    /// The files exceed the size limit.
    #[error(transparent)]
    SizeLimit(#[from] SizeLimitError),
    /// The file is damaged.
    #[error(transparent)]
    Read(#[from] io::Error),
}

impl<'i, 'a> Digests<'i, 'a> {
    /// Starts for files of `image`.
    #[must_use]
    pub fn new(image: &'i ImageReader<'a>) -> Self {
        Self {
            image,
            no_size_limit: false,
            len: 0,
        }
    }

    /// Disables the size limit.
    #[must_use]
    pub fn no_size_limit(mut self, no_size_limit: bool) -> Self {
        self.no_size_limit = no_size_limit;
        self
    }

    /// The BLAKE3 digest of the content of a regular file. `None` for other inodes.
    ///
    /// # Errors
    ///
    /// The file is damaged, or the files so far exceed the size limit.
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

/// The BLAKE3 digest of the content of a regular file.
pub(crate) fn digest(image: &ImageReader<'_>, inode: &Inode) -> io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    image.copy_to(inode, &mut hasher)?;
    Ok(Digest(*hasher.finalize().as_bytes()))
}
