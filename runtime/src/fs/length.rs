//! The limit of file lengths.

use super::{FsError, Result};

/// The largest position: offsets are signed 64-bit numbers.
pub const MAX_OFFSET: u64 = i64::MAX as u64;

/// Checks the length of a file after a change.
///
/// # Errors
///
/// [`FsError::FileTooLarge`] past [`MAX_OFFSET`].
pub fn check_len(len: u64) -> Result {
    match len > MAX_OFFSET {
        true => Err(FsError::FileTooLarge),
        false => Ok(()),
    }
}
