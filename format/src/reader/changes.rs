//! Applies an image of changes to a tree.

use super::image_reader::ImageReader;
use super::tree::{Builder, name};
use crate::changes::Mark;
use crate::error::{Corrupt, Error, Incompatible};
use crate::inode::{Content, Inode, InodeNumber};
use crate::tree::{DirectoryNode, MountPoint, Node, Tree};
use std::collections::HashMap;
use std::string::String;
use std::vec;
use std::vec::Vec;

impl ImageReader<'_> {
    /// Changes `tree` as this image of changes says: removes and replaces names, and adds new
    /// ones. Returns the paths of removed names that the tree does not have. They show that
    /// the program had another tree.
    ///
    /// Two names of one file become two files with the same content.
    ///
    /// # Errors
    ///
    /// The image is damaged, is no image of changes, or removes a mounted directory. The tree
    /// is then in no useful state.
    pub fn apply_to(&self, tree: &mut Tree) -> Result<Vec<String>, Error> {
        if !self.index().superblock().is_changes() {
            return Err(Incompatible::NoChanges.into());
        }
        let builder = self.builder();
        builder.validate_path_lens()?;
        let mut missing = Vec::new();
        let root = self.index().inode(InodeNumber::ROOT)?;
        // No recursion, because the depth of a tree could exhaust the stack.
        let mut pending = vec![(&mut tree.root, root)];
        while let Some((directory, inode)) = pending.pop() {
            let below = self.apply_entries(&builder, directory, &inode, &mut missing)?;
            pending.extend(directories(directory, below));
        }
        match tree.mounts.iter().all(|mount| exists(&tree.root, mount)) {
            true => Ok(missing),
            false => Err(Incompatible::RemovedMount.into()),
        }
    }

    /// Changes the entries of a directory. Returns the directories whose own entries change.
    fn apply_entries(
        &self,
        builder: &Builder<'_, '_>,
        directory: &mut DirectoryNode,
        inode: &Inode,
        missing: &mut Vec<String>,
    ) -> Result<HashMap<String, Inode>, Error> {
        directory.mtime_ns = inode.mtime_ns;
        let (mut below, mut previous) = (HashMap::new(), String::new());
        for child in self.index().children(inode) {
            let child = child?;
            let name = name(self.index(), child.number)?;
            if name <= previous {
                let inode = child.number.0;
                return Err(Corrupt::NameOrder { inode }.into());
            }
            previous.clone_from(&name);
            if self.index().mark(child.number)? == Some(Mark::Removed) {
                if directory.children.remove(&name).is_none() {
                    missing.push(self.path(child.number)?);
                }
            } else if let Content::Directory(_) = child.content {
                let earlier = directory.children.get(&name);
                if !matches!(earlier, Some(Node::Directory(_))) {
                    let new = Node::Directory(DirectoryNode::default());
                    directory.children.insert(name.clone(), new);
                }
                below.insert(name, child);
            } else {
                let node = builder.node(&child, &mut [])?;
                directory.children.insert(name, node);
            }
        }
        Ok(below)
    }
}

/// The directories with these names.
fn directories(
    directory: &mut DirectoryNode,
    mut wanted: HashMap<String, Inode>,
) -> impl Iterator<Item = (&mut DirectoryNode, Inode)> {
    let children = directory.children.iter_mut();
    children.filter_map(move |(name, node)| match node {
        Node::Directory(child) => Some((child, wanted.remove(name)?)),
        _ => None,
    })
}

fn exists(root: &DirectoryNode, mount: &MountPoint) -> bool {
    let mut directory = root;
    for name in &mount.components {
        match directory.children.get(name) {
            Some(Node::Directory(child)) => directory = child,
            _ => return false,
        }
    }
    true
}
