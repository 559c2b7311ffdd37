//! Finds files and links of mapped directories that the guest cannot use as the host
//! does.
//!
//! Inspects the finished tree, which has no hidden or excluded entries. Skips the parts
//! of images, which were inspected when they were packed. Reads the first bytes of few
//! files, chosen by their names.

mod links;
mod native;
mod python;

use crate::Warning;
use crate::tree::join::{Origin, path_of};
use std::collections::HashMap;
use std::io::Read;
use wasi_vfs_format::tree::{DirectoryNode, FileNode, Node, Tree};

/// The warnings about `tree`, whose mounts have these `origins`.
pub(crate) fn inspect(tree: &Tree, origins: &[Origin]) -> Vec<Warning> {
    let mut links = links::Broken::default();
    let mut native = native::Libraries::default();
    let mut python = python::Stale::default();
    for_each_directory(tree, origins, |directory| {
        for (name, node) in &directory.node.children {
            match node {
                Node::Symlink(link) => links.note(tree, directory, name, &link.target),
                Node::File(file) => {
                    native.note(directory, name, file);
                    python.note(directory, name, file);
                }
                Node::Directory(_) => {}
            }
        }
    });
    let warnings = [links.warning(), python.warning(), native.warning()];
    warnings.into_iter().flatten().collect()
}

/// A directory that a mapped one brought.
struct Brought<'t> {
    node: &'t DirectoryNode,
    /// The directory that holds it, unless that is the root's.
    parent: Option<&'t DirectoryNode>,
    /// Its path, without a slash at the end.
    path: String,
    /// How many names lead to the mapped directory.
    mount_depth: usize,
}

impl Brought<'_> {
    fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }
}

/// Visits directories in the order of their paths, by component.
fn for_each_directory<'t>(tree: &'t Tree, origins: &[Origin], mut visit: impl FnMut(&Brought<'t>)) {
    let paths = tree.mounts.iter();
    let paths = paths.map(|mount| path_of(&mount.components));
    let mounts: HashMap<String, Origin> = paths.zip(origins.iter().copied()).collect();
    let root = Brought {
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
        if origin == Some(Origin::Directory) {
            visit(&directory);
        }
        for (name, node) in directory.node.children.iter().rev() {
            if let Node::Directory(node) = node {
                let child = Brought {
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
fn first_bytes<const N: usize>(file: &FileNode) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if file.len < N as u64 {
        return None;
    }
    file.content.open(0).ok()?.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
