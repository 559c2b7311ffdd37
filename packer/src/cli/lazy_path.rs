//! Paths of inodes that are built when they are printed. All paths of a small image
//! together can be long.

use serde::{Serialize, Serializer};
use wasi_vfs::ImageReader;
use wasi_vfs_format::{Corrupt, InodeNumber};

/// The path of an inode.
#[derive(Clone, Copy, Debug)]
pub(super) struct LazyPath<'i> {
    pub(super) image: &'i ImageReader<'i>,
    pub(super) number: InodeNumber,
}

impl LazyPath<'_> {
    pub(super) fn path(self) -> Result<String, Corrupt> {
        self.image.path(self.number)
    }
}

/// Serialises as the path.
impl Serialize for LazyPath<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let path = self.path().map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&path)
    }
}
