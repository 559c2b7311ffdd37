//! Errors of extraction.

use crate::inspect::resolve::ResolveError;
use crate::limits::size::SizeLimitError;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use wasi_vfs_format::Corrupt;

/// An error of an extraction.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// A selected path cannot be resolved.
    #[error("cannot extract `{path}`")]
    Resolve {
        /// The path.
        path: String,
        /// The reason.
        source: ResolveError,
    },
    /// The image is damaged.
    #[error("corrupt image: {0}; run `wasi-vfs verify` for a full report")]
    Corrupt(Corrupt),
    /// A name or target is invalid and could lead elsewhere.
    #[error("refusing to extract `{path}`: {reason}; the image was not made by wasi-vfs")]
    Unsafe {
        /// The path in the image, with unescaped control characters.
        path: String,
        /// The reason.
        reason: &'static str,
    },
    /// The files exceed the size limit.
    #[error(transparent)]
    SizeLimit(#[from] SizeLimitError),
    /// The target directory cannot be used.
    #[error("cannot extract into `{}`", path.display())]
    Target {
        /// The target.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file or link exists.
    #[error("`{path}` exists already; replace files and links with --force")]
    Exists {
        /// The path in the target.
        path: String,
    },
    /// An object exists that `force` does not replace.
    #[error("`{path}` is {what} in the target and is not replaced; remove it first")]
    InTheWay {
        /// The path in the target.
        path: String,
        /// Its kind.
        what: &'static str,
    },
    /// Two names of the image are one name in the target.
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
        /// The path in the image.
        path: String,
        /// The reason.
        source: io::Error,
    },
    /// An object cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The path in the target.
        path: String,
        /// The reason.
        source: io::Error,
    },
}

impl ExtractError {
    pub(super) fn target(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Target { path, source }
    }
}

// Not a source, because the message contains it.
impl From<Corrupt> for ExtractError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt)
    }
}
