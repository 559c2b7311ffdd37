//! The error codes of preview 1 (`errno` in the specification).

use crate::fs::FsError;
use crate::guest::{Fault, PathError};

/// A non-zero error code. The host's codes pass through unchanged, so this is
/// a number and not an enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub u16);

macro_rules! errnos {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        impl Errno {
            $(#[doc = $meaning] pub const $name: Self = Self($code);)*

            /// By its name in the specification.
            #[cfg(test)]
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

errnos! {
    ACCES = 2, "Permission denied.";
    BADF = 8, "Bad descriptor.";
    BUSY = 10, "Device or resource busy.";
    EXIST = 20, "File exists.";
    FAULT = 21, "Bad address.";
    FBIG = 22, "File too large.";
    ILSEQ = 25, "Illegal byte sequence.";
    INVAL = 28, "Invalid argument.";
    IO = 29, "Input or output error: the image is damaged, or the host breaks the specification.";
    ISDIR = 31, "Is a directory.";
    LOOP = 32, "Too many levels of symbolic links.";
    MFILE = 33, "Too many open files.";
    MLINK = 34, "Too many links.";
    NAMETOOLONG = 37, "Name too long.";
    NOENT = 44, "No such file or directory.";
    NOMEM = 48, "Not enough memory.";
    NOSPC = 51, "No space: the layer that holds changes is full.";
    NOSYS = 52, "The application does not import this call, so there is no host to ask.";
    NOTDIR = 54, "Not a directory.";
    NOTEMPTY = 55, "Directory not empty.";
    NOTSOCK = 57, "Not a socket.";
    NOTSUP = 58, "Not supported.";
    OVERFLOW = 61, "The result does not fit its type.";
    PERM = 63, "Operation not permitted: the path leads out of the preopen.";
    ROFS = 69, "The image cannot be changed.";
    XDEV = 75, "The two paths are on different devices, as the image and the host are.";
    NOTCAPABLE = 76, "More rights than the descriptor has.";
}

impl From<FsError> for Errno {
    fn from(error: FsError) -> Self {
        match error {
            FsError::AccessDenied => Self::ACCES,
            FsError::Busy => Self::BUSY,
            FsError::CrossesDevices => Self::XDEV,
            FsError::Exists => Self::EXIST,
            FsError::FileTooLarge => Self::FBIG,
            FsError::IllegalName => Self::ILSEQ,
            FsError::Invalid => Self::INVAL,
            FsError::Io => Self::IO,
            FsError::IsADirectory => Self::ISDIR,
            FsError::Loop => Self::LOOP,
            FsError::NameTooLong => Self::NAMETOOLONG,
            FsError::NotFound => Self::NOENT,
            FsError::NoMemory => Self::NOMEM,
            FsError::NoSpace => Self::NOSPC,
            FsError::NotADirectory => Self::NOTDIR,
            FsError::NotEmpty => Self::NOTEMPTY,
            FsError::Unsupported => Self::NOTSUP,
            FsError::NotReadable => Self::BADF,
            FsError::NotPermitted => Self::PERM,
            FsError::ReadOnly => Self::ROFS,
            FsError::TooManyLinks => Self::MLINK,
            FsError::TooManyOpenFiles => Self::MFILE,
        }
    }
}

impl From<Fault> for Errno {
    fn from(_: Fault) -> Self {
        Self::FAULT
    }
}

impl From<PathError> for Errno {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Fault => Self::FAULT,
            PathError::TooLong => Self::NAMETOOLONG,
            PathError::NotText => Self::ILSEQ,
            PathError::NoMemory => Self::NOMEM,
        }
    }
}

/// The result of a call.
pub type Result<T = (), E = Errno> = core::result::Result<T, E>;

/// The result of a host call from the code it returned.
pub(crate) fn from_host(code: i32) -> Result {
    match u16::try_from(code) {
        Ok(0) => Ok(()),
        Ok(code) => Err(Errno(code)),
        // Codes have 16 bits. Truncated, this one could become a success.
        Err(_) => Err(Errno::IO),
    }
}

/// The code to return for a result.
pub(crate) fn to_guest(result: Result) -> i32 {
    match result {
        Ok(()) => 0,
        Err(Errno(code)) => i32::from(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_more_than_16_bits_is_no_success() {
        for code in [0x10000, 0x20_0000, -1, i32::MIN, i32::MAX] {
            assert_eq!(from_host(code), Err(Errno::IO), "{code:#x}");
        }
        assert_eq!(from_host(0), Ok(()));
        assert_eq!(from_host(0xffff), Err(Errno(0xffff)));
    }
}
