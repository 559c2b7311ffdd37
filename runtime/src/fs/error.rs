//! What can go wrong in a file system, by names of its own.
//!
//! Front ends translate: `preview1/errno.rs` to an errno, `component/errors.rs` to an
//! `error-code`.

/// A failed operation. Each name is that of the POSIX error in its documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FsError {
    /// `EACCES`: the permissions of the file or of a directory on the way forbid it.
    AccessDenied,
    /// `EBUSY`: the node is in use, as a mounted directory that would be removed.
    Busy,
    /// `EXDEV`: the two paths are on different devices.
    CrossesDevices,
    /// `EEXIST`: the name is taken.
    Exists,
    /// `EFBIG`: the file would exceed a limit.
    FileTooLarge,
    /// `EILSEQ`: a name or a link is not UTF-8.
    IllegalName,
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
    /// `EBADF`: the handle was not opened for reading.
    NotReadable,
    /// `EPERM`: the path leads out of its preopened directory, or the node does not allow
    /// the operation, as a directory does not allow a second name.
    NotPermitted,
    /// `EROFS`.
    ReadOnly,
    /// `EMLINK`: the file has as many names as the file system allows.
    TooManyLinks,
    /// `EMFILE`: the host has no descriptor left.
    TooManyOpenFiles,
}

/// The result of an operation.
pub type Result<T = (), E = FsError> = core::result::Result<T, E>;
