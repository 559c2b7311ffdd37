//! Combines mounted directories and files into one tree.
//!
//! Trees are placed from the outermost mount to the innermost, whatever the order of the
//! inputs. Under [`Overlap::Hide`], a mount owns its directory: it replaces the content
//! that an outer tree has there. Under [`Overlap::Union`], both contents stay.
//!
//! ```text
//! /     a  usr/b  usr/lib/c       Hide    a  usr/b  usr/lib/d
//! /usr/lib        d               Union   a  usr/b  usr/lib/c  usr/lib/d
//! ```
//!
//! [`split`](super::split) is the inverse.

use super::mounted::{MountedFile, MountedTree, Origin, path_of};
use std::collections::btree_map::Entry;
use std::collections::{HashMap, HashSet};
use wasi_vfs_format::tree::{DirectoryNode, MountPoint, Node, Tree};

/// The result of two inputs with the same or nested guest paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// The inner or later input hides the other one.
    Hide,
    /// Both contents stay. Of two files at one path, the later one stays.
    Union,
}

/// The combined tree.
pub(crate) struct Combined {
    pub(crate) tree: Tree,
    /// The origin of each mount of the tree.
    pub(crate) origins: Vec<Origin>,
    /// The paths of hidden content, each once: files and links at or above a mount,
    /// directories with content at a mount, and whole images. Content of the image in the
    /// module is not among them.
    pub(crate) hidden: Vec<String>,
    /// How many files and links a union hides.
    pub(crate) hidden_count: u64,
}

/// The origins of the mounts by their components.
type Owners = HashMap<Vec<String>, Origin>;

/// Combines `parts` and then `files`. Of two parts with the same components, the later
/// one replaces the earlier one and takes its position.
///
/// Missing parent directories get the time that the last image has for them, or 0.
pub(crate) fn combine(
    parts: Vec<MountedTree>,
    files: Vec<MountedFile>,
    overlap: Overlap,
) -> Combined {
    let mut combined = Combined {
        tree: Tree::default(),
        origins: Vec::new(),
        hidden: Vec::new(),
        hidden_count: 0,
    };
    let mut parts = combined.with_distinct_mounts(parts, overlap);
    combined.tree.mounts = parts.iter().map(|part| part.mount.clone()).collect();
    combined.origins = parts.iter().map(|part| part.origin).collect();
    let mounts = parts.iter().map(|part| part.mount.components.clone());
    let owners: Owners = mounts.zip(combined.origins.iter().copied()).collect();
    let parents: Vec<_> = parts
        .iter()
        .map(|part| (part.mount.components.clone(), part.parent_mtimes.clone()))
        .collect();
    parts.sort_by_key(|part| part.mount.components.len());
    for part in parts {
        combined.put(part, &owners, overlap);
    }
    for file in files {
        combined.put_file(file, &owners, overlap);
    }
    for (components, mtimes) in &parents {
        set_parent_mtimes(&mut combined.tree.root, &owners, components, mtimes);
    }
    let mut seen = HashSet::new();
    combined.hidden.retain(|path| seen.insert(path.clone()));
    combined
}

impl Combined {
    /// Replaces or unites parts with the same components.
    fn with_distinct_mounts(
        &mut self,
        parts: Vec<MountedTree>,
        overlap: Overlap,
    ) -> Vec<MountedTree> {
        let mut positions: HashMap<Vec<String>, usize> = HashMap::new();
        let mut distinct: Vec<MountedTree> = Vec::with_capacity(parts.len());
        for part in parts {
            let next = distinct.len();
            let components = part.mount.components.clone();
            let position = *positions.entry(components).or_insert(next);
            match (distinct.get_mut(position), overlap) {
                (None, _) => distinct.push(part),
                (Some(earlier), Overlap::Hide) => {
                    if earlier.origin == Origin::Image {
                        self.hidden.push(earlier.mount.guest_path.clone());
                    }
                    *earlier = part;
                }
                (Some(earlier), Overlap::Union) => {
                    unite(
                        &mut earlier.directory,
                        part.directory,
                        &mut self.hidden_count,
                    );
                    earlier.origin = part.origin;
                }
            }
        }
        distinct
    }

    fn put(&mut self, part: MountedTree, owners: &Owners, overlap: Overlap) {
        let components = &part.mount.components;
        let directory = directory_at(&mut self.tree.root, components, &mut self.hidden);
        if overlap == Overlap::Union {
            unite(directory, part.directory, &mut self.hidden_count);
            return;
        }
        let is_of_module = owner_above(owners, components) == Some(Origin::Module);
        if !directory.children.is_empty() && !is_of_module {
            self.hidden.push(path_of(components));
        }
        *directory = part.directory;
    }

    /// Puts a file into the tree. Mounts its directory if no mount holds the file.
    fn put_file(&mut self, mapped: MountedFile, owners: &Owners, overlap: Overlap) {
        let components = mapped.guest.components();
        // Callers reject a file at the root.
        let Some((name, parents)) = components.split_last() else {
            return;
        };
        let holds = |mount: &MountPoint| parents.starts_with(&mount.components);
        if !self.tree.mounts.iter().any(holds) {
            self.tree.mounts.push(MountPoint {
                guest_path: mapped.guest.parent_spelling(),
                components: parents.to_vec(),
            });
            self.origins.push(Origin::Mapped);
        }
        let directory = directory_at(&mut self.tree.root, parents, &mut self.hidden);
        let file = Node::File(mapped.file);
        let earlier = directory.children.insert(name.clone(), file);
        let is_of_module = owner_above(owners, components) == Some(Origin::Module);
        match (earlier, overlap) {
            (Some(earlier), Overlap::Union) => self.hidden_count += leaf_count(&earlier),
            (Some(_), Overlap::Hide) if !is_of_module => self.hidden.push(path_of(components)),
            _ => {}
        }
    }
}

/// The origin of the nearest mount above `components`.
fn owner_above(owners: &Owners, components: &[String]) -> Option<Origin> {
    let depths = (0..components.len()).rev();
    let mut parents = depths.map(|depth| components.get(..depth).unwrap_or_default());
    parents.find_map(|parent| owners.get(parent).copied())
}

/// Sets the known times of the directories above a mount that belong to no part.
fn set_parent_mtimes(
    root: &mut DirectoryNode,
    owners: &Owners,
    components: &[String],
    mtimes: &[i64],
) {
    let mut directory = root;
    for (depth, &mtime_ns) in mtimes.iter().enumerate() {
        if owners.contains_key(components.get(..depth).unwrap_or_default()) {
            return;
        }
        directory.mtime_ns = mtime_ns;
        let name = components.get(depth);
        match name.and_then(|name| directory.children.get_mut(name)) {
            Some(Node::Directory(child)) => directory = child,
            _ => return,
        }
    }
}

/// Moves the content of `from` into `into`. Adds the number of replaced files and links
/// to `hidden_count`.
fn unite(into: &mut DirectoryNode, from: DirectoryNode, hidden_count: &mut u64) {
    // No recursion, because the depth of a tree could exhaust the stack.
    let mut pending = vec![(into, from)];
    while let Some((into, mut from)) = pending.pop() {
        into.mtime_ns = from.mtime_ns;
        let mut in_both = HashMap::new();
        for (name, node) in std::mem::take(&mut from.children) {
            match (into.children.get(&name), node) {
                (Some(Node::Directory(_)), Node::Directory(later)) => {
                    in_both.insert(name, later);
                }
                (earlier, node) => {
                    *hidden_count += earlier.map_or(0, leaf_count);
                    into.children.insert(name, node);
                }
            }
        }
        for (name, node) in &mut into.children {
            if let Node::Directory(earlier) = node
                && let Some(later) = in_both.remove(name)
            {
                pending.push((earlier, later));
            }
        }
    }
}

/// The number of files and links at and below `node`.
fn leaf_count(node: &Node) -> u64 {
    let mut count = 0;
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        match node {
            Node::Directory(directory) => pending.extend(directory.children.values()),
            Node::File(_) | Node::Symlink(_) => count += 1,
        }
    }
    count
}

/// The directory at `components`. Creates missing directories. Replaces files and links,
/// and adds their paths to `hidden`.
fn directory_at<'a>(
    root: &'a mut DirectoryNode,
    components: &[String],
    hidden: &mut Vec<String>,
) -> &'a mut DirectoryNode {
    let mut directory = root;
    for (depth, name) in components.iter().enumerate() {
        let child = match directory.children.entry(name.clone()) {
            Entry::Vacant(vacant) => vacant.insert(Node::Directory(DirectoryNode::default())),
            Entry::Occupied(occupied) => occupied.into_mut(),
        };
        if !matches!(child, Node::Directory(_)) {
            hidden.push(path_of(components.get(..=depth).unwrap_or_default()));
        }
        directory = as_directory(child);
    }
    directory
}

fn as_directory(node: &mut Node) -> &mut DirectoryNode {
    if !matches!(node, Node::Directory(_)) {
        *node = Node::Directory(DirectoryNode::default());
    }
    match node {
        Node::Directory(directory) => directory,
        Node::File(_) | Node::Symlink(_) => unreachable!("the node was replaced above"),
    }
}

#[cfg(test)]
mod tests;
