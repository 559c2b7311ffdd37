//! File-system objects. Every inode has exactly one name, so its record is also its
//! directory entry.
//!
//! The children of a directory are consecutive inodes, sorted by name. So a lookup is a
//! binary search, and the position is a stable cookie. Children follow their directory,
//! so every walk ends.

use crate::limits::{MAX_FILE_LEN, MAX_NAME_LEN, MAX_RAW_LEN};
use core::mem::{offset_of, size_of};
use zerocopy::little_endian::{I64, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Number of an inode in the inode table. The root directory is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InodeNumber(pub u32);

impl InodeNumber {
    /// The root directory of the image.
    pub const ROOT: Self = Self(0);
}

impl From<u32> for InodeNumber {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

impl From<InodeNumber> for u32 {
    fn from(number: InodeNumber) -> Self {
        number.0
    }
}

/// The kind of an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A directory.
    Directory = 1,
    /// A regular file.
    File = 2,
    /// A symbolic link.
    Symlink = 3,
}

/// The number in place of a [`Kind`] of a removed name in an image of
/// [changes](crate::changes).
pub const REMOVED: u8 = 4;
/// The number in place of a [`Kind`] of a further name of another inode, whose number
/// `content` has. Only in an image of [changes](crate::changes).
pub const LINK: u8 = 5;

/// The bits of `kind_and_flags` with the [`Kind`].
pub const KIND_MASK: u8 = 0x0f;
/// The file may be executed.
pub const FLAG_EXECUTABLE: u8 = 1 << 4;
/// The whole file is one run: `content` is its offset in the content.
pub const FLAG_ONE_RUN: u8 = 1 << 5;

/// The stored record of an inode.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct InodeRecord {
    /// Bits 0 to 31 of a number of 40 bits. File: bytes. Symlink: bytes of the
    /// target. Directory: number of children.
    pub size: U32,
    /// Time of the last modification, nanoseconds since 1970-01-01 UTC.
    pub mtime_ns: I64,
    /// Offset of the name in the names table.
    pub name_offset: U32,
    /// Bits 0 to 31 of a number of 40 bits. Directory: first child. Symlink: offset of
    /// the target in the names table. File: offset in the content with
    /// [`FLAG_ONE_RUN`], otherwise the first extent; 0 if empty.
    pub content: U32,
    /// The directory that holds this inode; 0 for the root itself.
    pub parent: U32,
    /// Length of the name in bytes; 0 only for the root.
    pub name_len: u8,
    /// Bits 32 to 39 of `size`; 0 except for files.
    pub size_high: u8,
    /// Bits 32 to 39 of `content`; 0 unless it is an offset in the content.
    pub content_high: u8,
    /// Bits 0 to 3: a [`Kind`]. Bits 4 to 7: flags, only for files.
    pub kind_and_flags: u8,
}

/// Length of an inode record in bytes.
pub const INODE_LEN: usize = 28;

const _: () = {
    assert!(size_of::<InodeRecord>() == INODE_LEN);
    assert!(offset_of!(InodeRecord, mtime_ns) == 4);
    assert!(offset_of!(InodeRecord, name_offset) == 12);
    assert!(offset_of!(InodeRecord, content) == 16);
    assert!(offset_of!(InodeRecord, parent) == 20);
    assert!(offset_of!(InodeRecord, name_len) == 24);
    assert!(offset_of!(InodeRecord, size_high) == 25);
    assert!(offset_of!(InodeRecord, content_high) == 26);
    assert!(offset_of!(InodeRecord, kind_and_flags) == 27);
    assert!(MAX_NAME_LEN <= u8::MAX as usize);
    assert!((MAX_RAW_LEN - 1) >> 32 <= u8::MAX as u64);
    assert!(MAX_FILE_LEN >> 32 <= u8::MAX as u64);
};

impl InodeRecord {
    /// All bits of `size`.
    pub fn size(&self) -> u64 {
        u64::from(self.size_high) << 32 | u64::from(self.size.get())
    }

    /// Sets all bits of `size`, which are at most 40.
    pub fn set_size(&mut self, size: u64) {
        debug_assert!(size <= MAX_FILE_LEN);
        self.size = (size as u32).into();
        self.size_high = (size >> 32) as u8;
    }

    /// The bits of the kind. A damaged record may have an unknown kind.
    pub fn kind(&self) -> u8 {
        self.kind_and_flags & KIND_MASK
    }

    /// The flags at their place in `kind_and_flags`.
    pub fn flags(&self) -> u8 {
        self.kind_and_flags & !KIND_MASK
    }

    /// All bits of `content`.
    pub fn content(&self) -> u64 {
        u64::from(self.content_high) << 32 | u64::from(self.content.get())
    }

    /// Sets all bits of `content`, which are at most 40.
    pub fn set_content(&mut self, content: u64) {
        debug_assert!(content < MAX_RAW_LEN);
        self.content = (content as u32).into();
        self.content_high = (content >> 32) as u8;
    }
}

/// An inode whose record has been validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inode {
    /// Its number in the inode table.
    pub number: InodeNumber,
    /// The directory that lists it. The root is its own parent.
    pub parent: InodeNumber,
    /// Time of the last modification, nanoseconds since 1970-01-01 UTC.
    pub mtime_ns: i64,
    /// The kind of the inode and its content.
    pub content: Content,
}

impl Inode {
    /// The kind of the inode.
    pub fn kind(&self) -> Kind {
        match self.content {
            Content::Directory(_) => Kind::Directory,
            Content::File(_) => Kind::File,
            Content::Symlink(_) => Kind::Symlink,
        }
    }
}

/// The content of an inode, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A directory.
    Directory(Directory),
    /// A regular file.
    File(File),
    /// A symbolic link.
    Symlink(Symlink),
}

/// The children of a directory: consecutive inodes, sorted by name bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directory {
    pub(crate) first: u32,
    pub(crate) count: u32,
}

impl Directory {
    /// Number of children.
    pub fn child_count(&self) -> u32 {
        self.count
    }

    /// The child at `position` in the order of the names; `None` behind the last.
    pub fn child(&self, position: u32) -> Option<InodeNumber> {
        (position < self.count).then(|| InodeNumber(self.first + position))
    }

    /// All children in name order.
    pub fn children(&self) -> impl DoubleEndedIterator<Item = InodeNumber> + use<> {
        (self.first..self.first + self.count).map(InodeNumber)
    }
}

/// A regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Length in bytes.
    pub len: u64,
    /// May be executed.
    pub executable: bool,
    pub(crate) data: Data,
}

impl File {
    /// Whether the place of the bytes is a list of extents. Otherwise they are one run.
    pub fn has_extents(&self) -> bool {
        matches!(self.data, Data::Extents(_))
    }
}

/// The place of the bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// Offset of the only run in the content.
    OneRun(u64),
    /// The first extent.
    Extents(u32),
}

/// A symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symlink {
    /// Length of the target in bytes.
    pub target_len: u32,
    pub(crate) target_offset: u32,
}
