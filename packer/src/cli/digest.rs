//! Digests of packed files, with errors that name the path.

use anyhow::{Context, Result};
use wasi_vfs::{Digests, ImageReader};
use wasi_vfs_format::Inode;
use wasi_vfs_format::digest::Digest;

/// The digest of a regular file. `None` for other inodes.
pub(super) fn digest(
    image: &ImageReader<'_>,
    digests: &mut Digests<'_, '_>,
    inode: &Inode,
) -> Result<Option<Digest>> {
    let digest = digests.of(inode);
    digest.with_context(|| {
        format!(
            "cannot read `{}`",
            image.path(inode.number).unwrap_or_default()
        )
    })
}
