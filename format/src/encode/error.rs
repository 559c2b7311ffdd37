//! The errors of the encoder and the writer.

use alloc::string::String;
#[cfg(feature = "std")]
use std::io;
use thiserror::Error;

/// A tree that cannot be written. Paths are paths within the image.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The options ask for a block size outside the format's bounds.
    #[error("blocks of 2^{found} bytes are out of range: expected 2^{min} to 2^{max}")]
    BlockShift {
        /// Logarithm of the smallest block.
        min: u32,
        /// Logarithm of the largest block.
        max: u32,
        /// Value in the options.
        found: u32,
    },
    /// The options ask for a compression level that zstd does not have.
    #[error("there is no compression level {found}: expected {min} to {max}")]
    Level {
        /// Smallest level.
        min: i32,
        /// Largest level.
        max: i32,
        /// Value in the options.
        found: i32,
    },
    /// A name is empty, `.` or `..`, or contains `/` or NUL.
    #[error("`{path}`: an entry cannot be named {name:?}")]
    Name {
        /// The entry.
        path: String,
        /// Its name.
        name: String,
    },
    /// A name is too long.
    #[error("`{path}`: the name has {found} bytes, at most {max} are possible")]
    NameLen {
        /// The entry.
        path: String,
        /// Longest possible name.
        max: usize,
        /// Its length.
        found: usize,
    },
    /// A path is too long.
    #[error("`{path}`: the path has {found} bytes, at most {max} are possible")]
    PathLen {
        /// The entry.
        path: String,
        /// Longest possible path.
        max: usize,
        /// Its length.
        found: usize,
    },
    /// The target of a symbolic link is empty, too long, or contains NUL.
    #[error("`{path}`: the link's target must have 1 to {max} bytes and no NUL, found {target:?}")]
    Target {
        /// The link.
        path: String,
        /// Longest possible target.
        max: usize,
        /// Its target.
        target: String,
    },
    /// A file is longer than a file can be.
    #[error("`{path}`: {found} bytes, at most {max} are possible")]
    FileLen {
        /// The file.
        path: String,
        /// Longest possible file.
        max: u64,
        /// Its length.
        found: u64,
    },
    /// A file cannot be read.
    #[cfg(feature = "std")]
    #[error("`{path}`: cannot read {content}")]
    Read {
        /// The file.
        path: String,
        /// Source of its bytes.
        content: String,
        /// The error of the source.
        source: io::Error,
    },
    /// A file has fewer or more bytes than the tree says.
    #[error(
        "`{path}`: {content} should have {expected} bytes but has {comparison} {found}; \
         it changed while it was packed"
    )]
    Length {
        /// The file.
        path: String,
        /// Source of its bytes.
        content: String,
        /// Length according to the tree.
        expected: u64,
        /// `only` or `at least`.
        comparison: &'static str,
        /// Bytes that were read.
        found: u64,
    },
    /// The second reading of a file returned other bytes.
    #[error("`{path}`: {content} changed while it was packed")]
    Changed {
        /// The file.
        path: String,
        /// Source of its bytes.
        content: String,
    },
    /// A mount has an invalid path, the path of another mount, or names no directory.
    #[error("mount `{guest_path}`: {reason}")]
    Mount {
        /// The mount's path.
        guest_path: String,
        /// The broken rule.
        reason: String,
    },
    /// The index would be too large.
    #[error("the index needs {found} bytes, at most {max} are possible: too many files")]
    IndexLen {
        /// Largest possible index.
        max: u64,
        /// Length needed, at least.
        found: u64,
    },
    /// The content would be too large.
    #[error("the files have more than {max} different bytes, the most that an image can hold")]
    RawLen {
        /// Largest possible content.
        max: u64,
    },
    /// A file shares too many parts of its bytes with others or with itself.
    #[error("`{path}`: its bytes lie in {found} places, at most {max} are possible")]
    ExtentCount {
        /// The file.
        path: String,
        /// Most extents of a file.
        max: u64,
        /// Extents needed.
        found: u64,
    },
    /// The metadata section would be too large.
    #[error("the metadata section needs more than {max} bytes, the most that a module can hold")]
    MetadataLen {
        /// Largest possible metadata section.
        max: u64,
    },
    /// The payload would be too large.
    #[error("the payload needs more than {max} bytes, the most that a module can hold")]
    PayloadLen {
        /// Largest possible payload.
        max: u64,
    },
    /// zstd failed: it is out of memory.
    #[cfg(feature = "std")]
    #[error("cannot compress")]
    Compress(#[source] io::Error),
    /// The version of the tool is too long for a manifest.
    #[error("the version of the tool has more than {max} bytes; shorten it")]
    ToolVersion {
        /// Longest possible version.
        max: usize,
    },
    /// The manifest does not fit its limit.
    #[error("the manifest needs more than {max} bytes")]
    Manifest {
        /// Largest possible manifest.
        max: usize,
    },
}
