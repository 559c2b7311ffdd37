//! A layer above the image: reserved.
//!
//! A program that may change its files needs a layer for the changes. `pack` decides
//! which directories are writable and how much memory changes may take. The runtime
//! keeps the changes in its memory, and a tool that reads a snapshot of the running
//! program must find them.

use crate::Table;
use core::mem::{offset_of, size_of};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// One layer. Later layers lie above earlier ones. No version of wasi-vfs writes this
/// record yet: [`Anchor::layers`](crate::Anchor::layers) is empty.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Layer {
    /// What the layer is, such as changes in memory. A reader rejects an unknown kind.
    pub kind: U32,
    /// Bits that a reader must know.
    pub flags: U32,
    /// The most bytes that the layer may take.
    pub limit_len: U64,
    /// The guest paths below which the layer accepts changes.
    pub roots: Table,
    /// Address of the runtime's record of the changes; 0 before the first change.
    pub state_address: U32,
    /// Length of that record.
    pub state_len: U32,
}

/// Length of [`Layer`] in bytes.
pub const LAYER_LEN: usize = 32;

const _: () = {
    assert!(size_of::<Layer>() == LAYER_LEN);
    assert!(offset_of!(Layer, flags) == 4);
    assert!(offset_of!(Layer, limit_len) == 8);
    assert!(offset_of!(Layer, roots) == 16);
    assert!(offset_of!(Layer, state_address) == 24);
    assert!(offset_of!(Layer, state_len) == 28);
};
