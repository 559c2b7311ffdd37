//! The mapped directories of a tree, one by one, and the first bytes of their files.

use crate::tree::mounted::{Origin, path_of};
use std::collections::HashMap;
use std::io::Read;
use wasi_vfs_format::tree::{DirectoryNode, FileNode, Node, Tree};

/// A directory that a mapped one brought.
pub(super) struct MappedDirectory<'t> {
    pub(super) node: &'t DirectoryNode,
    /// The directory that holds it, unless that is the root's.
    pub(super) parent: Option<&'t DirectoryNode>,
    /// Its path, without a slash at the end.
    pub(super) path: String,
    /// How many names lead to the mapped directory.
    pub(super) mount_depth: usize,
}

impl MappedDirectory<'_> {
    pub(super) fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }
}

/// Visits directories in the order of their paths, by component.
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
    // No recursion: a tree may be nested deeper than a stack.
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

/// The first `N` bytes of a file; `None` of a shorter one. A file that cannot be read
/// is the writer's to report, which reads all of it.
pub(super) fn first_bytes<const N: usize>(file: &FileNode) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if file.len < N as u64 {
        return None;
    }
    file.content.open(0).ok()?.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
