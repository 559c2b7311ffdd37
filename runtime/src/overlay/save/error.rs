//! Why changes cannot be saved.

use crate::fs::FsError;
use wasi_vfs_format::changes::WriteError;

/// Changes that cannot be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveError {
    /// Memory ran out.
    NoMemory,
    /// The image would be longer than 2 GiB, or a name, a path or a file exceeds a bound of the
    /// format.
    Limit,
    /// The packed files are damaged or cannot be read.
    Io,
    /// The files changed after the save began.
    Changed,
}

impl From<FsError> for SaveError {
    fn from(error: FsError) -> Self {
        match error {
            FsError::NoMemory | FsError::NoSpace => Self::NoMemory,
            _ => Self::Io,
        }
    }
}

impl From<WriteError> for SaveError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::NoMemory => Self::NoMemory,
            WriteError::Limit => Self::Limit,
        }
    }
}
