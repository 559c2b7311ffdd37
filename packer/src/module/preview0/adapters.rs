//! Functions with the interface of a `wasi_unstable` call that call preview 1.
//!
//! Both versions have the same calls with the same types. They differ in three places:
//!
//! | | `wasi_unstable` | preview 1 |
//! |---|---|---|
//! | origin of a seek | current 0, end 1, start 2 | start 0, current 1, end 2 |
//! | file attributes | 56 bytes, 32-bit link count | 64 bytes, 64-bit link count |
//! | subscription of a poll | 56 bytes, a clock has an identifier | 48 bytes, without it |
//!
//! An adapter has no memory of its own. It borrows bytes of the program and restores them
//! before it returns. For example, a program passes a buffer at 4096 for 56 bytes of
//! attributes. The adapter saves the 8 bytes at 4088, lets preview 1 write 64 bytes there,
//! moves the fields to their places above 4096, and restores the 8 bytes.
//!
//! If a host throws an exception through a poll, the subscriptions stay converted.

use crate::module::edit::code::Code;
use crate::module::preview0::{filestat, poll};
use wasm_encoder::{Function, Instruction};

use Instruction as I;

/// The adapter of the call `name`, which calls function `call`. `None` if the call is the
/// same in both versions.
pub(crate) fn adapter(name: &str, call: u32) -> Option<Function> {
    match name {
        "fd_seek" => Some(seek(call)),
        "fd_filestat_get" => Some(filestat::adapter(call, 1)),
        "path_filestat_get" => Some(filestat::adapter(call, 4)),
        "poll_oneoff" => Some(poll::adapter(call)),
        _ => None,
    }
}

/// Turns the origin round by one. An invalid origin stays invalid.
fn seek(call: u32) -> Function {
    let (fd, offset, whence, result) = (0, 1, 2, 3);
    let mut code = Code::new(&[]);
    code.all([I::LocalGet(fd), I::LocalGet(offset)]);
    code.all([I::LocalGet(whence), I::I32Const(1), I::I32Add]);
    code.all([I::I32Const(3), I::I32RemU, I::LocalGet(whence)]);
    code.all([I::LocalGet(whence), I::I32Const(3), I::I32LtU, I::Select]);
    code.all([I::LocalGet(result), I::Call(call)]);
    code.finish()
}
