//! An image with the changes of another one.

use wasi_vfs_format::writer::{Options, WriteError, write};
use wasi_vfs_format::{Error, Image, ImageReader};

/// An error of [`with_changes`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangesError {
    /// An image is damaged, or the changes do not fit.
    #[error(transparent)]
    Image(#[from] Error),
    /// The changed files exceed a bound of the format, or cannot be read.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The image `base` after the changes in the image `changes`, uncompressed.
///
/// # Errors
///
/// An image is damaged, `changes` is no image of changes, or it removes a mounted directory.
pub fn with_changes(
    base: &ImageReader<'_>,
    changes: &ImageReader<'_>,
) -> Result<Image, ChangesError> {
    let mut tree = base.to_tree()?;
    changes.apply_to(&mut tree)?;
    let options = Options {
        compression: None,
        ..Options::default()
    };
    Ok(write(&tree, &options, &())?)
}
