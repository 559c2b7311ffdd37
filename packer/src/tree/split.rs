//! Splits the tree of an image into its mounted directories.
//!
//! This is the inverse of [`combine`](super::combine): combining the parts returns the
//! same tree. It allows a packed module to be packed again with other directories.

use super::mounted::{MountedTree, Origin};
use std::cmp::Reverse;
use std::collections::HashSet;
use wasi_vfs_format::tree::{DirectoryNode, Node, Tree};

/// The parts of a tree.
pub(crate) struct Split {
    pub(crate) parts: Vec<MountedTree>,
    /// Paths of mounts that an earlier mount with the same components hides.
    pub(crate) hidden: Vec<String>,
}

/// Splits `tree` into the directories of its mounts, in their order. The content that a
/// nested mount once hid is not in the tree.
///
/// Returns `None` if the tree has files or directories outside all mounts, which the
/// parts would lose. Only other writers create such trees, or two mounts with the same
/// components. Of these, the first is a part.
pub(crate) fn split(mut tree: Tree) -> Option<Split> {
    let (mut seen, mut hidden) = (HashSet::new(), Vec::new());
    tree.mounts.retain(|mount| {
        let is_first = seen.insert(mount.components.clone());
        if !is_first {
            hidden.push(mount.guest_path.clone());
        }
        is_first
    });
    let mut parts: Vec<_> = tree
        .mounts
        .iter()
        .map(|mount| MountedTree {
            mount: mount.clone(),
            directory: DirectoryNode::default(),
            parent_mtimes: parent_mtimes(&tree.root, &mount.components),
            origin: Origin::Module,
        })
        .collect();
    let mut deepest_first: Vec<&mut MountedTree> = parts.iter_mut().collect();
    deepest_first.sort_by_key(|part| Reverse(part.mount.components.len()));
    for part in deepest_first {
        part.directory = take(&mut tree.root, &part.mount.components);
    }
    (!has_more_than_parents(&tree)).then_some(Split { parts, hidden })
}

/// The times of the directories above `components`, the root first.
fn parent_mtimes(root: &DirectoryNode, components: &[String]) -> Vec<i64> {
    let mut mtimes = Vec::with_capacity(components.len());
    let mut directory = root;
    for name in components {
        mtimes.push(directory.mtime_ns);
        match directory.children.get(name) {
            Some(Node::Directory(child)) => directory = child,
            _ => break,
        }
    }
    mtimes
}

/// Whether a tree without its mounted directories has anything except their parents.
fn has_more_than_parents(tree: &Tree) -> bool {
    let mut parents: HashSet<&[String]> = HashSet::new();
    for mount in &tree.mounts {
        let depths = 0..mount.components.len();
        parents.extend(depths.filter_map(|depth| mount.components.get(..depth)));
    }
    // No recursion, because the depth of a tree could exhaust the stack.
    let mut pending = vec![(Vec::new(), &tree.root)];
    while let Some((components, directory)) = pending.pop() {
        for (name, node) in &directory.children {
            let child_path = [components.as_slice(), std::slice::from_ref(name)].concat();
            match node {
                Node::Directory(child) if parents.contains(&*child_path) => {
                    pending.push((child_path, child));
                }
                _ => return true,
            }
        }
    }
    false
}

/// Removes the directory at `components` from the tree. Returns an empty directory if the
/// tree has no directory there.
fn take(root: &mut DirectoryNode, components: &[String]) -> DirectoryNode {
    let Some((last, parents)) = components.split_last() else {
        return std::mem::take(root);
    };
    let mut directory = root;
    for name in parents {
        match directory.children.get_mut(name) {
            Some(Node::Directory(child)) => directory = child,
            _ => return DirectoryNode::default(),
        }
    }
    match directory.children.remove(last) {
        Some(Node::Directory(directory)) => directory,
        _ => DirectoryNode::default(),
    }
}
