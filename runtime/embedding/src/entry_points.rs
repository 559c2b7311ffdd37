//! The record that names the functions behind the exports of a linked runtime.

use core::mem::{offset_of, size_of};
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// First bytes of [`EntryPoints`].
pub const ENTRY_POINTS_MAGIC: [u8; 16] = *b"\x89wasi-vfs points";

/// The functions behind the three exports of a linked runtime.
///
/// In some commands wasm-ld replaces each exported function by a wrapper. The wrapper
/// runs the program's constructors before the function and its destructors after it.
/// `pack` must not run them, so it calls the functions that this record names. The linker
/// writes the record, because only the linker knows the numbers.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct EntryPoints {
    /// [`ENTRY_POINTS_MAGIC`].
    pub magic: [u8; 16],
    /// Address of this record in memory 0. A copy of the record lies elsewhere.
    pub address: U32,
    /// Entry of table 0 with the function behind [`ANCHOR_FN`](crate::ANCHOR_FN).
    pub anchor_entry: U32,
    /// Entry of table 0 with the function behind [`ALLOC_FN`](crate::ALLOC_FN).
    pub alloc_entry: U32,
    /// Entry of table 0 with the function behind [`MOUNT_FN`](crate::MOUNT_FN).
    pub mount_entry: U32,
}

/// Length of [`EntryPoints`] in bytes.
pub const ENTRY_POINTS_LEN: usize = 32;

const _: () = {
    assert!(size_of::<EntryPoints>() == ENTRY_POINTS_LEN);
    assert!(offset_of!(EntryPoints, address) == 16);
    assert!(offset_of!(EntryPoints, anchor_entry) == 20);
    assert!(offset_of!(EntryPoints, alloc_entry) == 24);
    assert!(offset_of!(EntryPoints, mount_entry) == 28);
};
