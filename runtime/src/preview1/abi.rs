//! The types of preview 1 as they lie in the guest's memory. Names, values and
//! layouts are those of `wasi_snapshot_preview1.witx`.

use crate::fs::Kind;
use crate::guest::SCRATCH_LEN;

const _: () = assert!(SCRATCH_LEN == Fdstat::LEN);

/// `filetype`.
pub(crate) mod filetype {
    pub(crate) const DIRECTORY: u8 = 3;
    pub(crate) const REGULAR_FILE: u8 = 4;
    pub(crate) const SYMBOLIC_LINK: u8 = 7;

    /// The largest value of the specification.
    pub(crate) const MAX: u8 = SYMBOLIC_LINK;
}

/// The `filetype` of a node of this kind.
pub(crate) fn filetype_of(kind: Kind) -> u8 {
    match kind {
        Kind::Directory => filetype::DIRECTORY,
        Kind::File => filetype::REGULAR_FILE,
        Kind::Symlink => filetype::SYMBOLIC_LINK,
    }
}

/// `lookupflags`.
pub(crate) mod lookupflags {
    pub(crate) const SYMLINK_FOLLOW: u32 = 1 << 0;
    pub(crate) const ALL: u32 = 0b1;
}

/// `oflags`.
pub(crate) mod oflags {
    pub(crate) const CREAT: u32 = 1 << 0;
    pub(crate) const DIRECTORY: u32 = 1 << 1;
    pub(crate) const EXCL: u32 = 1 << 2;
    pub(crate) const TRUNC: u32 = 1 << 3;
    pub(crate) const ALL: u32 = 0b1111;
}

/// `fdflags`.
pub(crate) mod fdflags {
    pub(crate) const APPEND: u32 = 1 << 0;
    pub(crate) const DSYNC: u32 = 1 << 1;
    pub(crate) const NONBLOCK: u32 = 1 << 2;
    pub(crate) const SYNC: u32 = 1 << 4;

    /// With RSYNC.
    pub(crate) const ALL: u32 = 0b1_1111;

    /// The flags that Linux's `fcntl` can change later.
    pub(crate) const CHANGEABLE: u32 = APPEND | NONBLOCK;
}

/// `fstflags`.
pub(crate) mod fstflags {
    pub(crate) const ATIM: u32 = 1 << 0;
    pub(crate) const ATIM_NOW: u32 = 1 << 1;
    pub(crate) const MTIM: u32 = 1 << 2;
    pub(crate) const MTIM_NOW: u32 = 1 << 3;
    pub(crate) const ALL: u32 = 0b1111;
}

/// `whence`.
pub(crate) mod whence {
    pub(crate) const SET: u32 = 0;
    pub(crate) const CUR: u32 = 1;
    pub(crate) const END: u32 = 2;
}

/// `advice`: the largest value, NOREUSE.
pub(crate) const ADVICE_MAX: u32 = 5;

/// `rights`.
pub(crate) mod rights {
    pub(crate) const FD_DATASYNC: u64 = 1 << 0;
    pub(crate) const FD_READ: u64 = 1 << 1;
    pub(crate) const FD_SEEK: u64 = 1 << 2;
    pub(crate) const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub(crate) const FD_SYNC: u64 = 1 << 4;
    pub(crate) const FD_TELL: u64 = 1 << 5;
    pub(crate) const FD_WRITE: u64 = 1 << 6;
    pub(crate) const FD_ADVISE: u64 = 1 << 7;
    pub(crate) const FD_ALLOCATE: u64 = 1 << 8;
    pub(crate) const FD_FILESTAT_GET: u64 = 1 << 21;
    pub(crate) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub(crate) const POLL_FD_READWRITE: u64 = 1 << 27;

    /// Every right of the specification up to `sock_accept`.
    pub(crate) const ALL: u64 = (1 << 30) - 1;

    /// The rights of a file that is open for reading.
    pub(crate) const FILE: u64 = FD_DATASYNC
        | FD_READ
        | FD_SEEK
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | FD_TELL
        | FD_ADVISE
        | FD_FILESTAT_GET
        | POLL_FD_READWRITE;

    /// The further rights of a file that is open for writing.
    pub(crate) const WRITE: u64 = FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE;

    /// The rights that a directory advertises: all that concern paths and directories.
    /// wasi-libc masks the rights of an open by those of the directory, so with fewer
    /// rights a refusal would become a different open.
    pub(crate) const DIRECTORY: u64 = ALL
        & !(FD_READ
            | FD_SEEK
            | FD_TELL
            | FD_WRITE
            | FD_ADVISE
            | FD_ALLOCATE
            | FD_FILESTAT_SET_SIZE)
        & !((1 << 28) | (1 << 29));
}

/// `iovec` and `ciovec`: a buffer of the guest.
#[derive(Clone, Copy)]
pub(crate) struct Iovec {
    pub(crate) address: u32,
    pub(crate) len: u32,
}

impl Iovec {
    pub(crate) const LEN: usize = 8;

    pub(crate) fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self {
            address: u32::from_le_bytes([a, b, c, d]),
            len: u32::from_le_bytes([e, f, g, h]),
        }
    }
}

/// `prestat` of a directory.
pub(crate) struct Prestat {
    pub(crate) name_len: u32,
}

impl Prestat {
    pub(crate) const LEN: usize = 8;

    /// The tag, which is the first byte. There is no other kind.
    pub(crate) const DIRECTORY: u8 = 0;

    pub(crate) fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[4..].copy_from_slice(&self.name_len.to_le_bytes());
        bytes
    }
}

/// `fdstat`.
pub(crate) struct Fdstat {
    pub(crate) filetype: u8,
    pub(crate) flags: u16,
    pub(crate) rights_base: u64,
    pub(crate) rights_inheriting: u64,
}

impl Fdstat {
    pub(crate) const LEN: usize = 24;

    pub(crate) fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0] = self.filetype;
        bytes[2..4].copy_from_slice(&self.flags.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.rights_base.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.rights_inheriting.to_le_bytes());
        bytes
    }
}

/// `filestat`.
pub(crate) struct Filestat {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) filetype: u8,
    pub(crate) link_count: u64,
    pub(crate) size: u64,
    /// Of the last access, change of content and change of metadata.
    pub(crate) times_ns: [u64; 3],
}

impl Filestat {
    pub(crate) const LEN: usize = 64;

    pub(crate) fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0..8].copy_from_slice(&self.device.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.inode.to_le_bytes());
        bytes[16] = self.filetype;
        bytes[24..32].copy_from_slice(&self.link_count.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.size.to_le_bytes());
        let [accessed, modified, changed] = self.times_ns;
        bytes[40..48].copy_from_slice(&accessed.to_le_bytes());
        bytes[48..56].copy_from_slice(&modified.to_le_bytes());
        bytes[56..64].copy_from_slice(&changed.to_le_bytes());
        bytes
    }
}

/// `dirent`, without the name that follows it.
pub(crate) struct Dirent {
    pub(crate) next: u64,
    pub(crate) inode: u64,
    pub(crate) name_len: u32,
    pub(crate) filetype: u8,
}

impl Dirent {
    pub(crate) const LEN: usize = 24;

    pub(crate) fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0..8].copy_from_slice(&self.next.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.inode.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.name_len.to_le_bytes());
        bytes[20] = self.filetype;
        bytes
    }
}

/// `subscription`.
pub(crate) mod subscription {
    pub(crate) const LEN: usize = 48;
    /// Offset of the user data, 8 bytes.
    pub(crate) const USERDATA: usize = 0;
    /// Offset of the tag, an `eventtype`, 1 byte.
    pub(crate) const TAG: usize = 8;
    /// Offset of the descriptor, 4 bytes, where the tag is not CLOCK.
    pub(crate) const DESCRIPTOR: usize = 16;
}

/// `eventtype`.
pub(crate) mod eventtype {
    pub(crate) const CLOCK: u8 = 0;
    pub(crate) const FD_READ: u8 = 1;
    pub(crate) const FD_WRITE: u8 = 2;
}

/// `event`.
pub(crate) struct Event {
    pub(crate) userdata: u64,
    pub(crate) error: u16,
    pub(crate) eventtype: u8,
    pub(crate) byte_count: u64,
}

impl Event {
    pub(crate) const LEN: usize = 32;

    pub(crate) fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0..8].copy_from_slice(&self.userdata.to_le_bytes());
        bytes[8..10].copy_from_slice(&self.error.to_le_bytes());
        bytes[10] = self.eventtype;
        bytes[16..24].copy_from_slice(&self.byte_count.to_le_bytes());
        bytes
    }
}
