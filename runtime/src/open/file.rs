//! An open file.

use crate::fs::{FsError, MAX_OFFSET, Result};

/// An open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFile<I> {
    /// The file.
    pub id: I,
    /// Where the next read or write begins.
    pub position: u64,
    /// What the handle may do.
    pub access: Access,
    /// Flags that the front end keeps with the handle.
    pub flags: u16,
}

/// Whether a handle may read and write. A file system with files that a program may not
/// read checks reads itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The handle can only read.
    Read,
    /// The handle can only write.
    Write,
    /// The handle can read and write.
    ReadWrite,
}

/// Where an offset counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// The start of the file.
    Start,
    /// The position of the handle.
    Current,
    /// The end of the file, at this length.
    End(u64),
}

impl<I> OpenFile<I> {
    /// The position that is `offset` bytes away.
    ///
    /// # Errors
    ///
    /// [`FsError::Invalid`] before the start, and past [`MAX_OFFSET`].
    pub fn seek(&self, whence: Whence, offset: i64) -> Result<u64> {
        let base = match whence {
            Whence::Start => 0,
            Whence::Current => self.position,
            Whence::End(len) => len,
        };
        let moved = base.checked_add_signed(offset);
        let within = moved.filter(|&moved| moved <= MAX_OFFSET);
        within.ok_or(FsError::Invalid)
    }

    /// Whether the handle may read.
    pub fn is_readable(&self) -> bool {
        self.access != Access::Write
    }

    /// Whether the handle may write.
    pub fn is_writable(&self) -> bool {
        self.access != Access::Read
    }
}
