//! Why an extraction ended.

use crate::limits::size::SizeLimitError;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use wasi_vfs_format::Corrupt;
use wasi_vfs_format::reader::ResolveError;

/// Why files could not be extracted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// A path that was asked for leads nowhere.
    #[error("cannot extract `{path}`")]
    Resolve {
        /// The path.
        path: String,
        /// Why.
        source: ResolveError,
    },
    /// The image is damaged.
    #[error("corrupt image: {0}; run `wasi-vfs verify` for a full report")]
    Corrupt(Corrupt),
    /// A name or target that no tree has, which would lead elsewhere.
    #[error("refusing to extract `{path}`: {reason}; the image was not made by wasi-vfs")]
    Unsafe {
        /// Path in the image, with control characters as they are.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// More bytes than an image of that length may have.
    #[error(transparent)]
    SizeLimit(#[from] SizeLimitError),
    /// The target directory cannot be used.
    #[error("cannot extract into `{}`", path.display())]
    Target {
        /// The target.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something is there already.
    #[error("`{path}` exists already; replace files and links with --force")]
    Exists {
        /// Path in the target.
        path: String,
    },
    /// Something is there that is not replaced even by force.
    #[error("`{path}` is {what} in the target and is not replaced; remove it first")]
    InTheWay {
        /// Path in the target.
        path: String,
        /// What is there.
        what: &'static str,
    },
    /// Two names of the image are one in the target.
    #[error(
        "`{path}` has the name of another file of the image: the target ignores upper and \
         lower case, or the image has the name twice; extract into another file system"
    )]
    Collision {
        /// The second of the two paths.
        path: String,
    },
    /// A file cannot be read from the image.
    #[error("cannot read `{path}` from the image")]
    Read {
        /// Path in the image.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Something cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Path in the target.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl ExtractError {
    pub(super) fn target(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Target { path, source }
    }
}

// Not as a source: the message above contains its own.
impl From<Corrupt> for ExtractError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt)
    }
}
