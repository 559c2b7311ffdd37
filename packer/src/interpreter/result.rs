//! The result of a call, and the code that the program gets.

use wasi_vfs_runtime::Errno;

/// The result of a call.
pub type Result<T = (), E = Errno> = std::result::Result<T, E>;

/// The code to return for a result.
pub(super) fn code(result: Result) -> i32 {
    match result {
        Ok(()) => 0,
        Err(Errno(code)) => code.into(),
    }
}
