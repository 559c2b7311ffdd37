//! The input of the writer: a directory tree.

use core::mem::take;
use std::boxed::Box;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

/// A tree and its preopened directories.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The root directory.
    pub root: DirectoryNode,
    /// The mounts, in the order in which they were mapped.
    pub mounts: Vec<MountPoint>,
}

/// A guest path and the directory that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountPoint {
    /// The guest path as the user wrote it, such as `/usr/lib` or `.`.
    pub guest_path: String,
    /// The names that lead from the root to the directory.
    pub components: Vec<String>,
}

/// One file-system object.
#[derive(Clone, Debug)]
pub enum Node {
    /// A directory.
    Directory(DirectoryNode),
    /// A regular file.
    File(FileNode),
    /// A symbolic link.
    Symlink(SymlinkNode),
}

/// A directory.
#[derive(Clone, Debug, Default)]
pub struct DirectoryNode {
    /// Time of the last modification, nanoseconds since 1970-01-01 UTC.
    pub mtime_ns: i64,
    /// The entries by name. The order of `str` is the order of bytes, and so the order
    /// of the format.
    pub children: BTreeMap<String, Node>,
}

impl Drop for DirectoryNode {
    /// Drops the tree without recursion. The deepest possible tree would overflow the
    /// stack of a thread.
    fn drop(&mut self) {
        let mut pending: Vec<_> = take(&mut self.children).into_values().collect();
        while let Some(mut node) = pending.pop() {
            if let Node::Directory(directory) = &mut node {
                pending.extend(take(&mut directory.children).into_values());
            }
        }
    }
}

/// A regular file.
#[derive(Clone, Debug)]
pub struct FileNode {
    /// Time of the last modification, nanoseconds since 1970-01-01 UTC.
    pub mtime_ns: i64,
    /// May be executed.
    pub executable: bool,
    /// Length in bytes. The writer fails if `content` has more or fewer.
    pub len: u64,
    /// Source of the bytes.
    pub content: Arc<dyn FileContent>,
}

/// A symbolic link.
#[derive(Clone, Debug)]
pub struct SymlinkNode {
    /// Time of the last modification, nanoseconds since 1970-01-01 UTC.
    pub mtime_ns: i64,
    /// The target as stored, not resolved.
    pub target: String,
}

/// The bytes of a file. The writer reads them to find the chunks, and a second time to
/// compress them. It fails if they differ. The second time it may read the parts of a
/// large file in another order.
pub trait FileContent: Send + Sync + core::fmt::Debug {
    /// Opens the bytes from `offset` on. `offset` is within the file.
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>>;

    /// Names the source in error messages, such as `./lib/a.rb`.
    fn describe(&self) -> String;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn dropping_a_deep_tree_needs_little_stack() {
        let mut node = DirectoryNode::default();
        for _ in 0..100_000 {
            let children = [("d".to_string(), Node::Directory(node))];
            node = DirectoryNode {
                mtime_ns: 0,
                children: children.into(),
            };
        }
        drop(node);
    }
}
