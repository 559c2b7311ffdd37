//! Errors of the host, and names.

use std::io::{self, ErrorKind};
use wasi_vfs_runtime::fs::{FsError, Result};

/// The error of a file system.
pub(super) fn from_io(error: io::Error) -> FsError {
    match error.kind() {
        ErrorKind::NotFound => FsError::NotFound,
        ErrorKind::PermissionDenied => denied(&error),
        ErrorKind::AlreadyExists => FsError::Exists,
        ErrorKind::NotADirectory => FsError::NotADirectory,
        ErrorKind::IsADirectory => FsError::IsADirectory,
        ErrorKind::DirectoryNotEmpty => FsError::NotEmpty,
        ErrorKind::ReadOnlyFilesystem => FsError::ReadOnly,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FsError::NoSpace,
        ErrorKind::FileTooLarge => FsError::FileTooLarge,
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => FsError::Busy,
        ErrorKind::CrossesDevices => FsError::CrossesDevices,
        ErrorKind::TooManyLinks => FsError::TooManyLinks,
        ErrorKind::InvalidFilename => FsError::NameTooLong,
        ErrorKind::InvalidInput => FsError::Invalid,
        ErrorKind::OutOfMemory => FsError::NoMemory,
        ErrorKind::Unsupported | ErrorKind::NotSeekable => FsError::Unsupported,
        _ => of_code(&error),
    }
}

/// A path that leads out of its directory has no code of the system.
fn denied(error: &io::Error) -> FsError {
    match error.raw_os_error() {
        #[cfg(unix)]
        Some(libc::EACCES) => FsError::AccessDenied,
        #[cfg(not(unix))]
        Some(_) => FsError::AccessDenied,
        _ => FsError::NotPermitted,
    }
}

/// The errors for which the standard library has no stable name.
fn of_code(error: &io::Error) -> FsError {
    match error.raw_os_error() {
        #[cfg(unix)]
        Some(libc::ELOOP) => FsError::Loop,
        #[cfg(unix)]
        Some(libc::EMFILE | libc::ENFILE) => FsError::TooManyOpenFiles,
        // A device without a driver, and a socket.
        #[cfg(unix)]
        Some(libc::ENXIO | libc::ENODEV) => FsError::Unsupported,
        _ => FsError::Io,
    }
}

/// A name or a target as text.
pub(super) fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| FsError::IllegalName)
}

/// A name that an entry can have.
pub(super) fn real_name(name: &[u8]) -> Result<&str> {
    match name {
        b"." | b".." => Err(FsError::Invalid),
        _ => text(name),
    }
}
