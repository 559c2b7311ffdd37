//! The bounds of the format, each with its reason.
//!
//! A writer refuses what exceeds them; a reader treats an image that exceeds
//! them as corrupt where it would otherwise have to trust it.

/// Longest name of a directory entry, in bytes: `NAME_MAX` of every file
/// system a tree can come from.
pub const MAX_NAME_LEN: usize = 255;

/// Longest path within an image, in bytes: what Linux' `PATH_MAX` leaves beside
/// the NUL, so that a guest can pass every path of an image in one call.
pub const MAX_PATH_LEN: usize = 4095;

/// Longest target of a symbolic link, in bytes: a target is a path.
pub const MAX_SYMLINK_LEN: usize = MAX_PATH_LEN;

/// Symbolic links followed in one resolution before it is given up as a loop:
/// the limit of Linux.
pub const MAX_SYMLINK_HOPS: u32 = 40;

/// Largest file, in bytes: what the 40 bits of its record reach. Extents reach
/// no further, since each has the bytes of one run.
pub const MAX_FILE_LEN: u64 = (1 << 40) - 1;

/// Most mounts: each is a preopen, for which a program asks the runtime at its
/// start, and a path that a tool keeps.
pub const MAX_MOUNT_COUNT: u32 = 1024;

/// Largest index: it lives in a 32-bit linear memory beside everything else.
pub const MAX_INDEX_LEN: u64 = 1 << 30;

/// Most bytes of an index for each byte of the frame that a module stores it
/// as. Records count upwards and times differ, so real ones stay below 30; the
/// bound is what a reader may have to allocate for a damaged or hostile anchor.
pub const MAX_INDEX_RATIO: u64 = 256;

/// Largest content: what the 40 bits of a content offset reach. Every file
/// needs one, and 40 bits are what its record has room for.
pub const MAX_RAW_LEN: u64 = 1 << 40;

/// Most extents of a file: what the 24 bits beside a content offset count.
/// They fill a quarter of the largest index.
pub const MAX_EXTENT_COUNT: u64 = 1 << 24;

/// Largest payload: half of what the 32-bit length of a section of a WebAssembly
/// module reaches. Browsers and Node take less, 1 GiB for a module.
pub const MAX_PAYLOAD_LEN: u64 = (1 << 31) - 1;

/// Largest metadata section: it lies in a section too.
pub const MAX_METADATA_LEN: u64 = MAX_PAYLOAD_LEN;

/// Smallest block, as a power of two: below this the ratio collapses and the
/// block records cost more than the seek they save.
pub const MIN_BLOCK_SHIFT: u32 = 12;

/// Largest block, as a power of two: what a reader must be ready to hold to
/// give one byte.
pub const MAX_BLOCK_SHIFT: u32 = 20;

/// Block size unless asked otherwise, as a power of two: 128 KiB, the knee of
/// ratio against the cost of one cold read.
pub const DEFAULT_BLOCK_SHIFT: u32 = 17;
