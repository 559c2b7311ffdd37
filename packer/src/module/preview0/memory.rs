//! Instructions on the program's memory.

use crate::module::parse::shape::PAGE_SHIFT;
use wasm_encoder::{Instruction, MemArg};

use Instruction as I;

/// The 64-bit end of a range, from the local with its start and the length.
pub(crate) fn end_of<'i>(start: u32, len: &[I<'i>]) -> Vec<I<'i>> {
    let start = [I::LocalGet(start), I::I64ExtendI32U];
    [&start, len, &[I::I64Add]].concat()
}

/// The 64-bit product of a local and a number.
pub(crate) fn product(local: u32, number: i64) -> [I<'static>; 4] {
    [
        I::LocalGet(local),
        I::I64ExtendI32U,
        I::I64Const(number),
        I::I64Mul,
    ]
}

/// The length of memory 0 in bytes, which may not fit into 32 bits.
pub(crate) fn memory_len() -> [I<'static>; 4] {
    [
        I::MemorySize(0),
        I::I64ExtendI32U,
        I::I64Const(i64::from(PAGE_SHIFT)),
        I::I64Shl,
    ]
}

/// Unaligned, as the program's buffers may be.
fn at(offset: u64) -> MemArg {
    MemArg {
        offset,
        align: 0,
        memory_index: 0,
    }
}

pub(crate) fn load8(offset: u64) -> I<'static> {
    I::I32Load8U(at(offset))
}

pub(crate) fn load64(offset: u64) -> I<'static> {
    I::I64Load(at(offset))
}

pub(crate) fn store32(offset: u64) -> I<'static> {
    I::I32Store(at(offset))
}

pub(crate) fn store64(offset: u64) -> I<'static> {
    I::I64Store(at(offset))
}

pub(crate) fn copy() -> I<'static> {
    I::MemoryCopy {
        src_mem: 0,
        dst_mem: 0,
    }
}
