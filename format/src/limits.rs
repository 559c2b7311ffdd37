//! The bounds of the format, each with its reason.
//!
//! A writer rejects trees beyond these bounds. A reader rejects images beyond a bound
//! that protects it, and `check` compares all of them.

/// Longest name of a directory entry, in bytes: `NAME_MAX` of every file
/// system a tree can come from.
pub const MAX_NAME_LEN: usize = 255;

/// Longest path within an image, in bytes: `PATH_MAX` of Linux without the NUL. A guest
/// can pass every such path in one call.
pub const MAX_PATH_LEN: usize = 4095;

/// Longest target of a symbolic link, in bytes: a target is a path.
pub const MAX_SYMLINK_LEN: usize = MAX_PATH_LEN;

/// Symbolic links followed in one resolution. Beyond that the path is a loop. This is
/// the limit of Linux.
pub const MAX_SYMLINK_HOPS: u32 = 40;

/// Largest file, in bytes: 40 bits, the width of its length in an inode record.
pub const MAX_FILE_LEN: u64 = (1 << 40) - 1;

/// Most mounts. A program asks the runtime for each preopen when it starts, and a tool
/// keeps each path.
pub const MAX_MOUNT_COUNT: u32 = 1024;

/// Largest index. It shares a 32-bit memory with everything else.
pub const MAX_INDEX_LEN: u64 = 1 << 30;

/// Largest ratio of an index to its zstd frame in a module. Real ratios are below 30.
/// The bound limits the allocation that a damaged or hostile anchor can cause.
pub const MAX_INDEX_RATIO: u64 = 256;

/// Largest content: 40 bits, the width of an offset in the content.
pub const MAX_RAW_LEN: u64 = 1 << 40;

/// Most extents of a file: 24 bits, the width of the following count. They fill a
/// quarter of the largest index.
pub const MAX_EXTENT_COUNT: u64 = 1 << 24;

/// Largest payload: half the range of the 32-bit length of a section. Browsers and Node
/// accept modules of up to 1 GiB.
pub const MAX_PAYLOAD_LEN: u64 = (1 << 31) - 1;

/// Largest metadata section. It lies in a section of the module, too.
pub const MAX_METADATA_LEN: u64 = MAX_PAYLOAD_LEN;

/// Most bases. Each is longer than the compressed blocks that it serves, so few pay, and
/// codecs remain for later versions.
pub const MAX_BASE_COUNT: u32 = 64;

/// Smallest block, as a power of two. The compression ratio collapses below it, and the
/// block records cost more than they save.
pub const MIN_BLOCK_SHIFT: u32 = 12;

/// Largest block, as a power of two. A reader must decode and hold a whole block to
/// return one byte.
pub const MAX_BLOCK_SHIFT: u32 = 20;

/// Default block size, as a power of two: 128 KiB, the best balance of ratio and cost
/// of a first read.
pub const DEFAULT_BLOCK_SHIFT: u32 = 17;
