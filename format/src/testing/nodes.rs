//! Nodes of trees. The image digests that `tests/writing.rs` pins cover the times here.

use super::bytes::Bytes;
use crate::tree::{DirectoryNode, FileNode, MountPoint, Node, SymlinkNode, Tree};
use std::string::ToString;
use std::sync::Arc;
use std::vec;
use std::vec::Vec;

/// The modification time of files, with a part of a second.
pub const FILE_MTIME_NS: i64 = 1_700_000_000_123_456_789;

/// The modification time of directories.
pub const DIRECTORY_MTIME_NS: i64 = 1_600_000_000_000_000_000;

/// The modification time of links, before 1970.
pub const LINK_MTIME_NS: i64 = -1;

/// A file that is not executable.
pub fn file(bytes: impl Into<Vec<u8>>) -> Node {
    Node::File(file_node(bytes.into(), false))
}

/// An executable file.
pub fn program(bytes: impl Into<Vec<u8>>) -> Node {
    Node::File(file_node(bytes.into(), true))
}

fn file_node(bytes: Vec<u8>, executable: bool) -> FileNode {
    FileNode {
        mtime_ns: FILE_MTIME_NS,
        executable,
        len: bytes.len() as u64,
        content: Arc::new(Bytes(bytes)),
    }
}

/// A symbolic link.
pub fn link(target: &str) -> Node {
    Node::Symlink(SymlinkNode {
        mtime_ns: LINK_MTIME_NS,
        target: target.to_string(),
    })
}

/// A directory with these children.
pub fn directory<const N: usize>(children: [(&str, Node); N]) -> Node {
    Node::Directory(directory_node(children))
}

/// The same as [`directory`], for the root of a [`Tree`].
pub fn directory_node<const N: usize>(children: [(&str, Node); N]) -> DirectoryNode {
    DirectoryNode {
        mtime_ns: DIRECTORY_MTIME_NS,
        children: children.map(|(name, node)| (name.to_string(), node)).into(),
    }
}

/// A mount of the directory at `components` below the root.
pub fn mount(guest_path: &str, components: &[&str]) -> MountPoint {
    MountPoint {
        guest_path: guest_path.to_string(),
        components: components.iter().map(ToString::to_string).collect(),
    }
}

/// A tree whose root has these children, and is mounted at `/`.
pub fn tree<const N: usize>(children: [(&str, Node); N]) -> Tree {
    Tree {
        root: directory_node(children),
        mounts: vec![mount("/", &[])],
    }
}
