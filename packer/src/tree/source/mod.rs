//! Reads inputs into trees: host directories, host files and tar archives.
//!
//! A tree has all entries of its input except the excluded ones. An entry that cannot be
//! packed is an error that names its path.

mod archive;
mod directory;
mod error;
mod file;
mod findings;
mod gitignore;
mod metadata;
mod mtime;
#[cfg(any(test, target_os = "linux", target_os = "android"))]
mod sparse;
mod tar;

pub(crate) use directory::{DirectoryOptions, read_directory, read_file};
pub use error::{EntryProblem, Read, SourceError, SpecialKind};
pub(crate) use findings::Findings;
pub use mtime::Mtime;
pub(crate) use tar::read_archive;
