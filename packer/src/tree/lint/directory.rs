//! The mapped directories of a tree, and the first bytes of their files.

use crate::tree::mounted::{Origin, path_of};
use std::collections::HashMap;
use std::io::Read;
use wasi_vfs_format::tree::{DirectoryNode, FileNode, Node, Tree};

/// A mapped directory, or a directory below one.
pub(super) struct MappedDirectory<'t> {
    pub(super) node: &'t DirectoryNode,
    /// Its parent, except for the root.
    pub(super) parent: Option<&'t DirectoryNode>,
    /// Its path, without a slash at the end.
    pub(super) path: String,
    /// The number of names in the path of the mount.
    pub(super) mount_depth: usize,
}

impl MappedDirectory<'_> {
    pub(super) fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }
}

/// Visits all mapped directories in the order of their paths.
pub(super) fn for_each_directory<'t>(
    tree: &'t Tree,
    origins: &[Origin],
    mut visit: impl FnMut(&MappedDirectory<'t>),
) {
    let paths = tree.mounts.iter();
    let paths = paths.map(|mount| path_of(&mount.components));
    let mounts: HashMap<String, Origin> = paths.zip(origins.iter().copied()).collect();
    let root = MappedDirectory {
        node: &tree.root,
        parent: None,
        path: String::new(),
        mount_depth: 0,
    };
    // No recursion, because the depth of a tree could exhaust the stack.
    let mut pending = vec![(root, None)];
    while let Some((mut directory, mut origin)) = pending.pop() {
        if let Some(&own) = mounts.get(&directory.path) {
            origin = Some(own);
            directory.mount_depth = directory.path.matches('/').count();
        }
        if origin == Some(Origin::Mapped) {
            visit(&directory);
        }
        for (name, node) in directory.node.children.iter().rev() {
            if let Node::Directory(node) = node {
                let child = MappedDirectory {
                    node,
                    parent: Some(directory.node),
                    path: directory.path_of(name),
                    mount_depth: directory.mount_depth,
                };
                pending.push((child, origin));
            }
        }
    }
}

/// The first `N` bytes of a file. `None` if the file is shorter or unreadable. The writer
/// reports unreadable files.
pub(super) fn first_bytes<const N: usize>(file: &FileNode) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if file.len < N as u64 {
        return None;
    }
    file.content.open(0).ok()?.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
