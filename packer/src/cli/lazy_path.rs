//! Something in an image by its path, which is put together when it is shown:
//! all paths of a small image together can be long.

use serde::{Serialize, Serializer};
use wasi_vfs::ImageReader;
use wasi_vfs_format::{Corrupt, InodeNumber};

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

/// As the path.
impl Serialize for LazyPath<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let path = self.path().map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&path)
    }
}
