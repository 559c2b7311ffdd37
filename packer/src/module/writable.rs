//! The writable directories of a packed module.

/// The directories that a program may change, and the memory for its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writable {
    /// The numbers of directories in the index, ascending. No directory is below another
    /// one of them.
    pub directories: Vec<u32>,
    /// The most bytes that the changes may take.
    pub limit_len: u64,
}
