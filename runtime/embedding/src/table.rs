//! A table that the anchor names.

use core::mem::{offset_of, size_of};
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The place of consecutive records in the runtime's memory.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Table {
    /// Address of the first record; 0 if there is none.
    pub address: U32,
    /// Number of records.
    pub count: U32,
}

const _: () = {
    assert!(size_of::<Table>() == 8);
    assert!(offset_of!(Table, count) == 4);
};

impl Table {
    /// `count` records from `address` on.
    pub fn new(address: u32, count: u32) -> Self {
        Self {
            address: U32::new(address),
            count: U32::new(count),
        }
    }

    /// No records.
    pub const EMPTY: Self = Self {
        address: U32::ZERO,
        count: U32::ZERO,
    };

    /// Whether all bytes are zero.
    pub(crate) fn is_empty(&self) -> bool {
        self.address.get() | self.count.get() == 0
    }
}
