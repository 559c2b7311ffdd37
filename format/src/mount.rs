//! Directories that the guest gets as preopens.

use crate::inode::InodeNumber;
use core::mem::{offset_of, size_of};
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The stored record of a mount.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct MountRecord {
    /// Offset of the guest path in the names table.
    pub path_offset: U32,
    /// Length of the guest path in bytes.
    pub path_len: U32,
    /// The directory.
    pub inode: U32,
    /// Must be zero.
    pub reserved: U32,
}

/// Length of a mount record in bytes.
pub const MOUNT_LEN: usize = 16;

const _: () = {
    assert!(size_of::<MountRecord>() == MOUNT_LEN);
    assert!(offset_of!(MountRecord, path_len) == 4);
    assert!(offset_of!(MountRecord, inode) == 8);
};

/// A mount whose record has been validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'a> {
    /// The guest path as the user wrote it, such as `/usr/lib` or `.`.
    pub path: &'a [u8],
    /// The directory of the image.
    pub inode: InodeNumber,
}
