//! What can go wrong in a file system, by names of its own.
//!
//! Front ends translate: `preview1/errno.rs` to an errno, `preview2/errors.rs` to an
//! `error-code`.

/// A failed operation. Each name is that of the POSIX error in its documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FsError {
    /// `EBUSY`: the node is in use, as a mounted directory that would be removed.
    Busy,
    /// `EEXIST`: the name is taken.
    Exists,
    /// `EFBIG`: the file would exceed a limit.
    FileTooLarge,
    /// `EINVAL`: an argument makes no sense for the node.
    Invalid,
    /// `EIO`: the image is damaged, or its content cannot be read.
    Io,
    /// `EISDIR`: the operation needs a file.
    IsADirectory,
    /// `ELOOP`: too many symbolic links, or one where none may be followed.
    Loop,
    /// `ENAMETOOLONG`.
    NameTooLong,
    /// `ENOENT`.
    NotFound,
    /// `ENOMEM`.
    NoMemory,
    /// `ENOSPC`: the layer that holds changes is full.
    NoSpace,
    /// `ENOTDIR`: the operation needs a directory.
    NotADirectory,
    /// `ENOTEMPTY`.
    NotEmpty,
    /// `ENOTSUP`: the file system never supports the operation.
    Unsupported,
    /// `EPERM`: the path leads out of its preopened directory, or the node does not allow
    /// the operation, as a directory does not allow a second name.
    NotPermitted,
    /// `EROFS`.
    ReadOnly,
}

/// The result of an operation.
pub type Result<T = (), E = FsError> = core::result::Result<T, E>;
