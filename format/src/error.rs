//! The errors of an image: it is corrupt, or it is newer than the reader.
//!
//! Mistakes of the caller, such as a missing name, are no errors of this crate. They
//! are `None` or another [`Kind`](crate::Kind).

use thiserror::Error;

/// An image that cannot be read.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// The bytes break a rule of the format.
    #[error("corrupt image: {0}")]
    Corrupt(Corrupt),
    /// The bytes may be a valid image, but not one this reader understands.
    #[error("incompatible image: {0}")]
    Incompatible(Incompatible),
}

// Not as sources: the messages above contain theirs already.
impl From<Corrupt> for Error {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt)
    }
}

impl From<Incompatible> for Error {
    fn from(incompatible: Incompatible) -> Self {
        Self::Incompatible(incompatible)
    }
}

/// A broken rule of the format, and its place.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Corrupt {
    /// Fewer bytes than a superblock.
    #[error("{len} bytes are too few for a superblock")]
    Truncated {
        /// Bytes present.
        len: usize,
    },
    /// The first eight bytes are not the magic number.
    #[error("no image here: the magic number is missing")]
    Magic,
    /// The index says that it is longer than the bytes at hand.
    #[error("the index is {expected} bytes long, but only {found} are present")]
    IndexLen {
        /// Length in the superblock.
        expected: u32,
        /// Bytes present.
        found: usize,
    },
    /// A table of the index does not lie within the index.
    #[error("table `{table}` does not lie within the index")]
    TableBounds {
        /// Name of the table in `docs/FORMAT.md`.
        table: &'static str,
    },
    /// The index has no root directory.
    #[error("inode 0 is not a directory")]
    Root,
    /// The block size is out of range.
    #[error("block size of 2^{shift} bytes is out of range")]
    BlockShift {
        /// Logarithm of the block size.
        shift: u32,
    },
    /// The content is longer than the format allows.
    #[error("the content has {raw_len} bytes, more than a content can have")]
    RawLen {
        /// Length in the superblock.
        raw_len: u64,
    },
    /// The number of blocks does not follow from the length of the content.
    #[error("{expected} blocks are needed for the content, but there are {found}")]
    BlockCount {
        /// Blocks needed.
        expected: u64,
        /// Blocks present.
        found: u32,
    },
    /// The checksum of the index does not match.
    #[error("the checksum of the index is {expected:#018x}, but its bytes give {found:#018x}")]
    IndexChecksum {
        /// Checksum in the superblock.
        expected: u64,
        /// Checksum of the bytes.
        found: u64,
    },
    /// An inode number is out of range.
    #[error("inode {inode} does not exist")]
    NoInode {
        /// The number.
        inode: u32,
    },
    /// An inode is of no known kind, or has flags its kind cannot have.
    #[error("inode {inode} has kind {kind} and flags {flags:#04x}")]
    InodeKind {
        /// Number of the inode.
        inode: u32,
        /// Kind byte.
        kind: u8,
        /// Flags byte.
        flags: u8,
    },
    /// The children of a directory do not exist, or do not come after it.
    #[error("the children of directory {inode} are out of range")]
    Children {
        /// Number of the directory.
        inode: u32,
    },
    /// An inode does not come after its parent.
    #[error("inode {inode} has parent {parent}, which does not precede it")]
    Parent {
        /// Number of the inode.
        inode: u32,
        /// Parent in the record.
        parent: u32,
    },
    /// A name or link target does not lie within the names table.
    #[error("the name at {offset} does not lie within the names table")]
    Name {
        /// Offset in the names table.
        offset: u32,
    },
    /// The extents of a file do not cover the offset that was asked for.
    #[error("no extent of inode {inode} covers offset {offset}")]
    Extent {
        /// Number of the file.
        inode: u32,
        /// Offset within the file.
        offset: u64,
    },
    /// A run of a file has no bytes or does not lie within the content.
    #[error("the run of inode {inode} at {offset} is empty or lies outside the content")]
    Run {
        /// Number of the file.
        inode: u32,
        /// Where the run starts in the file.
        offset: u64,
    },
    /// A block does not exist, is outside the payload, or has an invalid record.
    #[error("block {block} does not exist or has an impossible record")]
    Block {
        /// Number of the block.
        block: u32,
    },
    /// An image has fewer or more bases than its features allow.
    #[error("the image must have {min} to {max} bases, found {found}")]
    BaseCount {
        /// Fewest.
        min: u32,
        /// Most.
        max: u32,
        /// Number of bases in the superblock.
        found: u32,
    },
    /// A base does not exist, needs a base itself, or is out of order.
    #[error("base {position} does not exist, needs a base itself, or is out of order")]
    Base {
        /// Position in the table of bases.
        position: u8,
    },
    /// The checksum of a block does not match its stored bytes.
    #[error("block {block} is damaged: its checksum does not match")]
    BlockChecksum {
        /// Number of the block.
        block: u32,
    },
    /// A block does not decompress to its length.
    #[error("block {block} does not decompress to {raw_len} bytes")]
    BlockData {
        /// Number of the block.
        block: u32,
        /// Length that the block must have.
        raw_len: u32,
    },
    /// A table does not start where the one before it ends.
    #[error("table `{table}` starts at {found}, expected {expected}")]
    TableOrder {
        /// Name of the table in `docs/FORMAT.md`.
        table: &'static str,
        /// Where it must start.
        expected: u64,
        /// Where it starts.
        found: u64,
    },
    /// A reserved field is not zero.
    #[error("a reserved field of a {record} is not zero")]
    Reserved {
        /// The record that has the field.
        record: &'static str,
    },
    /// A name is empty, too long, not UTF-8, `.` or `..`, or contains `/` or
    /// NUL; or the root has a name.
    #[error("inode {inode} has an impossible name")]
    NameRule {
        /// Number of the inode.
        inode: u32,
    },
    /// The children of a directory are not in the order of their names, or two
    /// have the same name.
    #[error("the name of inode {inode} does not come after the one before it")]
    NameOrder {
        /// Number of the second of the two.
        inode: u32,
    },
    /// A path is too long.
    #[error("the path of inode {inode} is too long")]
    PathLen {
        /// Number of the inode.
        inode: u32,
    },
    /// An inode is in no directory, or in another than its parent.
    #[error("inode {inode} has parent {found}, but lies in directory {expected}")]
    ChildParent {
        /// Number of the inode.
        inode: u32,
        /// The directory that lists it.
        expected: u32,
        /// Parent in the record.
        found: u32,
    },
    /// Inodes that no directory lists, or that two list.
    #[error("the directories list {expected} inodes, but there are {found}")]
    InodeCount {
        /// Inodes that the directories list, and the root.
        expected: u64,
        /// Inodes present.
        found: u32,
    },
    /// The target of a symbolic link is empty, too long, not UTF-8, or
    /// contains NUL.
    #[error("symbolic link {inode} has an impossible target")]
    Target {
        /// Number of the link.
        inode: u32,
    },
    /// A link of an image of changes does not name an earlier file or symbolic link.
    #[error("link {inode} does not name an earlier file or symbolic link")]
    Link {
        /// Number of the link.
        inode: u32,
    },
    /// A removed name or a link has other fields than its kind needs.
    #[error("inode {inode} is a removed name or a link, and has fields of other kinds")]
    MarkFields {
        /// Number of the inode.
        inode: u32,
    },
    /// An image of changes has a part that it must not have.
    #[error("an image of changes must not have {part}")]
    ChangesPart {
        /// The part.
        part: &'static str,
    },
    /// An empty file has content, or another has none.
    #[error("inode {inode} of {len} bytes is empty and has content, or the reverse")]
    FileContent {
        /// Number of the file.
        inode: u32,
        /// Length of the file.
        len: u64,
    },
    /// A run of a file does not start and end where chunks do.
    #[error("the run of inode {inode} at {offset} does not start and end at chunk boundaries")]
    RunChunks {
        /// Number of the file.
        inode: u32,
        /// Where the run starts in the file.
        offset: u64,
    },
    /// The files up to this one refer to chunks more often than is followed.
    #[error(
        "the files up to inode {inode} have more chunks, each time they occur, than can be \
         checked of an image of that length"
    )]
    References {
        /// Number of the file.
        inode: u32,
    },
    /// The extents of a file are not where they must be, or are miscounted.
    #[error("the extents of inode {inode} are not in order")]
    ExtentOrder {
        /// Number of the file.
        inode: u32,
    },
    /// Extents that belong to no file.
    #[error("the files have {expected} extents, but there are {found}")]
    ExtentCount {
        /// Extents of all files.
        expected: u64,
        /// Extents present.
        found: u32,
    },
    /// Content that no file uses.
    #[error("no file uses the content from {start} to {end}")]
    UnusedContent {
        /// Where it starts in the content.
        start: u64,
        /// Where it ends.
        end: u64,
    },
    /// The stored bytes of a block cannot be read from where they are.
    #[cfg(feature = "std")]
    #[error("cannot read block {block} of the payload: {}", reason(*code))]
    BlockRead {
        /// Number of the block.
        block: u32,
        /// Number of the system's error; `None` if the file ended.
        code: Option<i32>,
    },
    /// A block does not start where the one before it ends.
    #[error("block {block} starts at {found} of the payload, expected {expected}")]
    BlockOrder {
        /// Number of the block.
        block: u32,
        /// Where it must start.
        expected: u64,
        /// Where it starts.
        found: u32,
    },
    /// The payload is not as long as the superblock, or its blocks, say.
    #[error("the payload must have {expected} bytes, found {found}")]
    PayloadLen {
        /// Length that it must have.
        expected: u32,
        /// Length that was found.
        found: usize,
    },
    /// A part of the image is longer than the format allows.
    #[error("the {part} has {len} bytes, at most {max} are possible")]
    PartLen {
        /// Which part.
        part: &'static str,
        /// Length in the superblock.
        len: u32,
        /// Longest.
        max: u64,
    },
    /// There are more mounts than an image can have.
    #[error("there are {found} mounts, at most {max} are possible")]
    MountCount {
        /// Most mounts.
        max: u32,
        /// Their number in the superblock.
        found: u32,
    },
    /// Two mounts have the same path, or one has an impossible path.
    #[error("mount {mount} has an impossible path, or that of another mount")]
    MountPath {
        /// Number of the mount.
        mount: u32,
    },
    /// The metadata section does not start with its magic number.
    #[error("no metadata section here: the magic number is missing")]
    MetadataMagic,
    /// The metadata section is not as long as it says, or as the superblock says.
    #[error("a metadata section cannot have {len} bytes here")]
    MetadataLen {
        /// Bytes present.
        len: usize,
    },
    /// The checksum of the metadata section does not match.
    #[error(
        "the checksum of the metadata section is {expected:#018x}, but its bytes give {found:#018x}"
    )]
    MetadataChecksum {
        /// Checksum in the header.
        expected: u64,
        /// Checksum of the bytes.
        found: u64,
    },
    /// The length of a chunk cannot be read, or more follow than there are
    /// chunks.
    #[error("the length of chunk {chunk} is not a number of at most 32 bits, or one too many")]
    ChunkLen {
        /// Number of the chunk.
        chunk: u32,
    },
    /// A chunk has no bytes.
    #[error("chunk {chunk} is empty")]
    EmptyChunk {
        /// Number of the chunk.
        chunk: u32,
    },
    /// The chunks of the metadata section are not the content of the index.
    #[error("the chunks of the metadata section have {found} bytes, the content has {expected}")]
    ChunkLens {
        /// Length of the content in the superblock.
        expected: u64,
        /// Lengths of the chunks together.
        found: u64,
    },
    /// The manifest cannot be decoded.
    #[error("the manifest cannot be decoded")]
    Manifest,
    /// The tree and its chunks do not have the root digest.
    #[error("the tree is not the one that the root digest names")]
    RootDigest,
    /// A mount does not exist or does not name a directory.
    #[error("mount {mount} does not exist or is not a directory")]
    Mount {
        /// Number of the mount.
        mount: u32,
    },
}

/// A requirement of the image that this reader does not support.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incompatible {
    /// A version of the format that this reader does not know.
    #[error("its format version is {found}, this reader knows {known}; use a newer wasi-vfs")]
    Version {
        /// Version in the superblock.
        found: u32,
        /// Version of this reader.
        known: u32,
    },
    /// A version of the metadata section that this reader does not know.
    #[error(
        "its metadata section has version {found}, this reader knows {known}; use a newer wasi-vfs"
    )]
    MetadataVersion {
        /// Version in the metadata section.
        found: u32,
        /// Version of this reader.
        known: u32,
    },
    /// The image describes changes, where an image with all files is needed.
    #[error("it has only the changes of a program; add it to the packed module of that program")]
    Changes,
    /// Changes remove a mounted directory, or replace it by a file.
    #[error("the changes remove a mounted directory; they were made in another tree")]
    RemovedMount,
    /// The image has all files, where an image of changes is needed.
    #[error("it has all files of a tree, not the changes of a program")]
    NoChanges,
    /// Features without which the image cannot be read.
    #[error("it needs unknown features {bits:#x}; use a newer wasi-vfs")]
    Features {
        /// The unknown bits.
        bits: u64,
    },
}

#[cfg(feature = "std")]
fn reason(code: Option<i32>) -> std::io::Error {
    match code {
        Some(code) => std::io::Error::from_raw_os_error(code),
        None => std::io::ErrorKind::UnexpectedEof.into(),
    }
}
