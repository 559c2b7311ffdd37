//! What a file system says about its nodes.

pub use wasi_vfs_format::Kind;

/// The metadata of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The number that programs see, unique in the file system. Not 0, which many
    /// programs take for "none".
    pub serial: u64,
    /// File, directory or symbolic link.
    pub kind: Kind,
    /// Names of the node.
    pub link_count: u64,
    /// Length of a file or of a link's target in bytes; 0 for a directory.
    pub len: u64,
    /// Last access, change of content and change of metadata, in nanoseconds since 1970.
    pub accessed_ns: i64,
    /// See [`accessed_ns`](Self::accessed_ns).
    pub modified_ns: i64,
    /// See [`accessed_ns`](Self::accessed_ns).
    pub changed_ns: i64,
}

/// An entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'f> {
    /// The cookie of the entry that follows.
    pub next: u64,
    /// [`Stat::serial`] of the node.
    pub serial: u64,
    /// [`Stat::kind`] of the node.
    pub kind: Kind,
    /// The name, without a slash.
    pub name: &'f [u8],
}

/// A directory that programs find open when they start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'f, I> {
    /// The path by which programs know it.
    pub path: &'f [u8],
    /// The directory.
    pub id: I,
}

/// Times to set. `None` leaves a time as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// The time of the last access.
    pub accessed: Option<Time>,
    /// The time of the last change.
    pub modified: Option<Time>,
}

/// A time to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The current time.
    Now,
    /// Nanoseconds since 1970.
    At(i64),
}

/// What a handle to a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Reading.
    pub read: bool,
    /// Writing.
    pub write: bool,
}

/// The result of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Number of written bytes.
    pub len: usize,
    /// The position behind the last of them.
    pub end: u64,
}

/// What must reach the storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// The content.
    Content,
    /// Content and metadata.
    Everything,
}
