//! The errors of all releases of WASI.
//!
//! Some handles contain a code and need no state: an `error` of 0.2, and a future of 0.3
//! that failed at once. So reporting damage never fails, and a program never takes damage
//! for the end of a file.

use crate::fs::FsError;
use crate::guest::{Fault, PathError};
use wasi_vfs_embedding::preview2::LAST_HANDLE;

/// The handle that contains `error-code` 0. The last handle is the pollable's.
pub(crate) const FIRST_ERROR: u32 = LAST_HANDLE - 0xff;

/// `error-code` of `wasi:filesystem/types`, by its number in 0.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode(pub u8);

macro_rules! error_codes {
    ($($name:ident = $code:literal, $text:literal;)*) => {
        impl ErrorCode {
            $(#[doc = concat!("`", $text, "`.")] pub const $name: Self = Self($code);)*

            /// By its name in the specification.
            #[cfg(test)]
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

error_codes! {
    ACCESS = 0, "access";
    BAD_DESCRIPTOR = 3, "bad-descriptor";
    BUSY = 4, "busy";
    EXIST = 7, "exist";
    FILE_TOO_LARGE = 8, "file-too-large";
    ILLEGAL_BYTE_SEQUENCE = 9, "illegal-byte-sequence";
    INVALID = 12, "invalid";
    IO = 13, "io";
    IS_DIRECTORY = 14, "is-directory";
    LOOP = 15, "loop";
    TOO_MANY_LINKS = 16, "too-many-links";
    NAME_TOO_LONG = 18, "name-too-long";
    NO_ENTRY = 20, "no-entry";
    INSUFFICIENT_MEMORY = 22, "insufficient-memory";
    INSUFFICIENT_SPACE = 23, "insufficient-space";
    NOT_DIRECTORY = 24, "not-directory";
    NOT_EMPTY = 25, "not-empty";
    UNSUPPORTED = 27, "unsupported";
    OVERFLOW = 30, "overflow";
    NOT_PERMITTED = 31, "not-permitted";
    READ_ONLY = 33, "read-only";
    CROSS_DEVICE = 36, "cross-device";
}

/// The largest code of the specification.
const LAST_CODE: u8 = ErrorCode::CROSS_DEVICE.0;

/// The result of a function that fails with an `error-code`.
pub(crate) type Result<T = (), E = ErrorCode> = core::result::Result<T, E>;

impl From<FsError> for ErrorCode {
    fn from(error: FsError) -> Self {
        match error {
            FsError::AccessDenied => Self::ACCESS,
            FsError::Busy => Self::BUSY,
            FsError::CrossesDevices => Self::CROSS_DEVICE,
            FsError::Exists => Self::EXIST,
            FsError::FileTooLarge => Self::FILE_TOO_LARGE,
            FsError::IllegalName => Self::ILLEGAL_BYTE_SEQUENCE,
            FsError::Invalid => Self::INVALID,
            FsError::Io => Self::IO,
            FsError::IsADirectory => Self::IS_DIRECTORY,
            FsError::Loop => Self::LOOP,
            FsError::NameTooLong => Self::NAME_TOO_LONG,
            FsError::NotFound => Self::NO_ENTRY,
            FsError::NoMemory => Self::INSUFFICIENT_MEMORY,
            FsError::NoSpace => Self::INSUFFICIENT_SPACE,
            FsError::NotADirectory => Self::NOT_DIRECTORY,
            FsError::NotEmpty => Self::NOT_EMPTY,
            FsError::Unsupported => Self::UNSUPPORTED,
            FsError::NotReadable => Self::BAD_DESCRIPTOR,
            FsError::NotPermitted => Self::NOT_PERMITTED,
            FsError::ReadOnly => Self::READ_ONLY,
            FsError::TooManyLinks => Self::TOO_MANY_LINKS,
            // No code is for descriptors of the host.
            FsError::TooManyOpenFiles => Self::INSUFFICIENT_MEMORY,
        }
    }
}

/// No code of 0.2 is for bad addresses, which trap in a host.
impl From<Fault> for ErrorCode {
    fn from(_: Fault) -> Self {
        Self::INVALID
    }
}

impl From<PathError> for ErrorCode {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Fault => Self::INVALID,
            PathError::TooLong => Self::NAME_TOO_LONG,
            PathError::NotText => Self::ILLEGAL_BYTE_SEQUENCE,
            PathError::NoMemory => Self::INSUFFICIENT_MEMORY,
        }
    }
}

impl ErrorCode {
    /// The handle that contains this code.
    pub(crate) fn handle(self) -> u32 {
        FIRST_ERROR + u32::from(self.0)
    }

    /// The code that a handle contains.
    pub(crate) fn of_handle(handle: u32) -> Option<Self> {
        let code = handle.checked_sub(FIRST_ERROR)?;
        let code = u8::try_from(code).ok().filter(|&code| code <= LAST_CODE);
        code.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_handle_contains_its_code() {
        for code in 0..=LAST_CODE {
            let handle = ErrorCode(code).handle();
            assert_eq!(ErrorCode::of_handle(handle), Some(ErrorCode(code)));
        }
        for stale in [0, FIRST_ERROR - 1, FIRST_ERROR + 37, u32::MAX] {
            assert_eq!(ErrorCode::of_handle(stale), None);
        }
    }
}
