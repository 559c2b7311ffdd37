//! The layer above the image that holds the changes of a program.
//!
//! `pack` decides which directories are writable, and how many bytes the changes may take.
//! The runtime keeps the changes in its memory. For example, a module has one layer with
//! the limit 64 MiB and the roots 3 and 17. Then the program may change everything at and
//! below the directories with these inode numbers.

use crate::{Table, Unsupported};
use core::mem::{offset_of, size_of};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// [`Layer::kind`] of changes in the memory of the runtime.
pub const LAYER_CHANGES: u32 = 1;

/// One layer. [`Anchor::layers`](crate::Anchor::layers) of a writable module has one, and
/// that of any other module is empty.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Layer {
    /// [`LAYER_CHANGES`]. A reader rejects another kind.
    pub kind: U32,
    /// Bits that a reader must know. None is defined.
    pub flags: U32,
    /// The most bytes that the changes may take.
    pub limit_len: U64,
    /// The roots: inode numbers, each a `u32`, of the directories at and below which the
    /// layer accepts changes. They ascend, and no root is below another one.
    pub roots: Table,
    /// Reserved, 0: address of the runtime's record of the changes.
    pub state_address: U32,
    /// Reserved, 0: length of that record.
    pub state_len: U32,
}

/// Length of [`Layer`] in bytes.
pub const LAYER_LEN: usize = 32;

/// Length of a root in bytes.
pub const ROOT_LEN: usize = 4;

const _: () = {
    assert!(size_of::<Layer>() == LAYER_LEN);
    assert!(offset_of!(Layer, flags) == 4);
    assert!(offset_of!(Layer, limit_len) == 8);
    assert!(offset_of!(Layer, roots) == 16);
    assert!(offset_of!(Layer, state_address) == 24);
    assert!(offset_of!(Layer, state_len) == 28);
};

impl Layer {
    /// A layer for changes in memory.
    pub fn changes(roots: Table, limit_len: u64) -> Self {
        Self {
            kind: U32::new(LAYER_CHANGES),
            flags: U32::ZERO,
            limit_len: U64::new(limit_len),
            roots,
            state_address: U32::ZERO,
            state_len: U32::ZERO,
        }
    }

    /// The record with these bytes.
    pub fn from_bytes(bytes: [u8; LAYER_LEN]) -> Self {
        zerocopy::transmute!(bytes)
    }

    /// The first field that this version does not understand. A tool and a runtime reject
    /// such a layer.
    pub fn unsupported(&self) -> Option<Unsupported> {
        if self.kind.get() != LAYER_CHANGES {
            return Some(Unsupported::LayerKind(self.kind.get()));
        }
        if self.flags.get() != 0 {
            return Some(Unsupported::LayerFlags(self.flags.get()));
        }
        let has_state = self.state_address.get() | self.state_len.get() != 0;
        has_state.then_some(Unsupported::LayerState)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_beside_limit_and_roots_is_checked() {
        let checked = |at: usize| !(offset_of!(Layer, limit_len)..24).contains(&at);
        for at in 0..LAYER_LEN {
            let mut layer = Layer::changes(Table::new(8, 2), 1 << 20);
            assert_eq!(layer.unsupported(), None);
            layer.as_mut_bytes()[at] ^= 0x80;
            assert_eq!(layer.unsupported().is_some(), checked(at), "byte {at}");
        }
    }
}
