//! Calls that return file attributes.
//!
//! Preview 1 writes 64 bytes, and the program's buffer has 56. So the adapter passes a
//! buffer that starts 8 bytes earlier, saves these bytes, and moves the fields up:
//!
//! | field | preview 1 | `wasi_unstable` |
//! |---|---|---|
//! | device, inode | 0, 8 | 0, 8 |
//! | type | 16, 1 byte | 16, 1 byte |
//! | links | 24, 8 bytes | 20, 4 bytes |
//! | length, three times | 32 to 64 | 24 to 56 |
//!
//! With the buffer 8 bytes earlier, length and times are in their places already.

use crate::module::edit::code::Code;
use crate::module::preview0::memory::{copy, end_of, load8, load64, memory_len, store32, store64};
use wasm_encoder::{Function, Instruction, ValType};

use Instruction as I;

/// Buffers below this address are extended upwards, so that none starts at 0, which hosts
/// may take for a null pointer. Every memory that a buffer is in has these bytes.
const LOW: i32 = 4096;

/// Length of file attributes in `wasi_unstable`, and the bytes that preview 1 adds.
const FILESTAT_LEN: u64 = 56;
const FILESTAT_MORE: i32 = 8;

/// A call whose last parameter, number `buffer`, receives file attributes.
pub(crate) fn adapter(call: u32, buffer: u32) -> Function {
    let [at, spare, errno] = [buffer + 1, buffer + 2, buffer + 3];
    let saved = buffer + 4;
    let mut code = Code::new(&[(3, ValType::I32), (4, ValType::I64)]);
    // Preview 1 rejects a buffer that is not in memory.
    code.all(end_of(buffer, &[I::I64Const(FILESTAT_LEN as i64)]));
    code.all(memory_len());
    code.all([I::I64GtU]);
    code.when_all(|code| {
        code.all((0..=buffer).map(I::LocalGet));
        code.all([I::Call(call), I::Return]);
    });
    place_longer_buffer(&mut code, [buffer, at, spare]);
    code.all([I::LocalGet(spare), load64(0), I::LocalSet(saved)]);
    code.all((0..buffer).map(I::LocalGet));
    code.all([I::LocalGet(at), I::Call(call), I::LocalTee(errno)]);
    code.all([I::I32Eqz]);
    code.when_all(|code| move_filestat(code, [at, buffer], [saved + 1, saved + 2, saved + 3]));
    code.all([I::LocalGet(spare), I::LocalGet(saved), store64(0)]);
    code.all([I::LocalGet(errno)]);
    code.finish()
}

/// Sets `at` to the start of 64 bytes around the 56 of the buffer, and `spare` to the 8
/// of them outside it.
fn place_longer_buffer(code: &mut Code, [buffer, at, spare]: [u32; 3]) {
    code.all([I::LocalGet(buffer), I::LocalTee(at)]);
    code.all([
        I::I32Const(FILESTAT_LEN as i32),
        I::I32Add,
        I::LocalSet(spare),
    ]);
    code.all([I::LocalGet(buffer), I::I32Const(LOW), I::I32GeU]);
    code.when([
        I::LocalGet(buffer),
        I::I32Const(FILESTAT_MORE),
        I::I32Sub,
        I::LocalTee(at),
        I::LocalSet(spare),
    ]);
}

/// Moves file attributes of preview 1 from `at` to `buffer`, which overlap. So the fields
/// that others overwrite wait in locals.
fn move_filestat(code: &mut Code, [at, buffer]: [u32; 2], [device, inode, links]: [u32; 3]) {
    code.all([I::LocalGet(at), load64(0), I::LocalSet(device)]);
    code.all([I::LocalGet(at), load64(8), I::LocalSet(inode)]);
    code.all([I::LocalGet(at), load64(24), I::LocalSet(links)]);
    // The kind, with the padding behind it.
    code.all([I::LocalGet(buffer), I::LocalGet(at), load8(16)]);
    // Length and times.
    code.all([I::LocalGet(buffer), I::I32Const(24), I::I32Add]);
    code.all([I::LocalGet(at), I::I32Const(32), I::I32Add, I::I32Const(32)]);
    code.all([copy(), store32(16)]);
    code.all([I::LocalGet(buffer), I::LocalGet(device), store64(0)]);
    code.all([I::LocalGet(buffer), I::LocalGet(inode), store64(8)]);
    // More links than 32 bits hold are as many as they hold.
    let most = I::I64Const(u32::MAX.into());
    code.all([I::LocalGet(buffer), I::LocalGet(links), most.clone()]);
    code.all([I::LocalGet(links), most, I::I64LtU, I::Select]);
    code.all([I::I32WrapI64, store32(20)]);
}
