//! Puts mapped directories into one tree, and takes a tree apart again.
//!
//! A mapping owns its directory, as a mount does: whatever the order of the
//! mappings, the deeper of two nested ones hides what the shallower one brings
//! at the same place, and mapping a place again replaces what was mapped there
//! before. Taking a tree apart by its mounts and joining it gives it back,
//! which is what lets a packed module be packed again.

use crate::path::GuestPath;
use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use wasi_vfs_format::tree::{DirectoryNode, FileNode, MountPoint, Node, Tree};

/// A directory and the place that it owns.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    mount: MountPoint,
    directory: DirectoryNode,
    /// The times of the directories that lead to it, the root first. Empty if nothing
    /// is known of them.
    way_mtimes: Vec<i64>,
    origin: Origin,
}

/// Who brings a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An earlier pack put it into the module. Replacing it is what packing again is
    /// for, so nobody is told.
    Module,
    /// An image that is to be packed.
    Image,
    /// A mapped directory.
    Directory,
}

/// A file and the place where it is put, into a part or beside them.
pub(crate) struct Placed {
    /// Its path on the host.
    pub(crate) host: PathBuf,
    pub(crate) guest: GuestPath,
    pub(crate) file: FileNode,
}

/// What happens where two parts have the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// One of them owns it and hides the other.
    Hide,
    /// Both contents are there. Of two files at one path the later one counts.
    Merge,
}

/// What parts are joined to.
pub(crate) struct Joined {
    pub(crate) tree: Tree,
    /// The origin of each mount of the tree.
    pub(crate) origins: Vec<Origin>,
    /// The places whose content another part hides: files and links where, or above
    /// which, that part is, directories with content where it is, and whole images.
    /// A directory that an earlier pack brought is not among them.
    pub(crate) hidden: Vec<String>,
    /// How many files and links were hidden by merging.
    pub(crate) merged_over: u64,
}

impl Part {
    /// `directory` at `guest`.
    pub(crate) fn new(guest: &GuestPath, directory: DirectoryNode) -> Self {
        Self {
            mount: MountPoint {
                guest_path: guest.spelling().to_owned(),
                components: guest.components().to_vec(),
            },
            directory,
            way_mtimes: Vec::new(),
            origin: Origin::Directory,
        }
    }

    /// The same part, brought by `origin`.
    pub(crate) fn with_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The names that lead to its place.
    pub(crate) fn components(&self) -> &[String] {
        &self.mount.components
    }

    /// Whether the part brings nothing except its own directory.
    pub(crate) fn is_empty(&self) -> bool {
        self.directory.children.is_empty()
    }
}

/// One tree of all `parts`, and `files` in it. Where two parts are for the same place the
/// later one counts or hides files of the other, in the position of the earlier one.
/// Directories that lead to a place and belong to no part are made, with the time that the
/// last image has for them, or 0.
pub(crate) fn join(parts: Vec<Part>, files: Vec<Placed>, overlap: Overlap) -> Joined {
    let mut joined = Joined {
        tree: Tree::default(),
        origins: Vec::new(),
        hidden: Vec::new(),
        merged_over: 0,
    };
    let parts = match overlap {
        Overlap::Hide => replace_repeated(parts, &mut joined.hidden),
        Overlap::Merge => merge_repeated(parts, &mut joined.merged_over),
    };
    joined.tree.mounts = parts.iter().map(|part| part.mount.clone()).collect();
    joined.origins = parts.iter().map(|part| part.origin).collect();
    let places = parts.iter().map(|part| part.mount.components.clone());
    let owners: HashMap<_, _> = places.zip(joined.origins.iter().copied()).collect();
    let ways: Vec<_> = parts
        .iter()
        .map(|part| (part.mount.components.clone(), part.way_mtimes.clone()))
        .collect();
    for part in shallowest_first(parts) {
        joined.put(part, &owners, overlap);
    }
    for file in files {
        joined.put_file(file, &owners, overlap);
    }
    for (components, mtimes) in &ways {
        set_way_times(&mut joined.tree.root, &owners, components, mtimes);
    }
    let mut seen = HashSet::new();
    joined.hidden.retain(|path| seen.insert(path.clone()));
    joined
}

type Owners = HashMap<Vec<String>, Origin>;

impl Joined {
    fn put(&mut self, part: Part, owners: &Owners, overlap: Overlap) {
        let components = &part.mount.components;
        let place = place(&mut self.tree.root, components, &mut self.hidden);
        if overlap == Overlap::Merge {
            merge(place, part.directory, &mut self.merged_over);
            return;
        }
        if !place.children.is_empty() && owner_above(owners, components) != Some(Origin::Module) {
            self.hidden.push(path_of(components));
        }
        *place = part.directory;
    }

    /// Puts a file into the directory of a part, or makes its directory a mount.
    fn put_file(&mut self, placed: Placed, owners: &Owners, overlap: Overlap) {
        let components = placed.guest.components();
        // Callers reject a file at the root.
        let Some((name, way)) = components.split_last() else {
            return;
        };
        if !self
            .tree
            .mounts
            .iter()
            .any(|mount| way.starts_with(&mount.components))
        {
            self.tree.mounts.push(MountPoint {
                guest_path: placed.guest.parent_spelling(),
                components: way.to_vec(),
            });
            self.origins.push(Origin::Directory);
        }
        let directory = place(&mut self.tree.root, way, &mut self.hidden);
        let earlier = directory
            .children
            .insert(name.clone(), Node::File(placed.file));
        match (earlier, overlap) {
            (Some(earlier), Overlap::Merge) => self.merged_over += leaf_count(&earlier),
            (Some(_), Overlap::Hide) if owner_above(owners, components) != Some(Origin::Module) => {
                self.hidden.push(path_of(components));
            }
            _ => {}
        }
    }
}

/// The origin of the part that brings the content of a place: the next one above.
fn owner_above(owners: &Owners, components: &[String]) -> Option<Origin> {
    let above = (0..components.len()).rev();
    let mut above = above.map(|depth| components.get(..depth).unwrap_or_default());
    above.find_map(|place| owners.get(place).copied())
}

/// The path of a place.
pub(crate) fn path_of(components: &[String]) -> String {
    components.iter().map(|name| format!("/{name}")).collect()
}

/// Sets the known times of directories on the way to a mount that belong to no part.
fn set_way_times(
    root: &mut DirectoryNode,
    owners: &HashMap<Vec<String>, Origin>,
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

/// What a tree was taken apart into.
pub(crate) struct Apart {
    pub(crate) parts: Vec<Part>,
    /// Paths of mounts that were left out, since an earlier mount has the same place.
    pub(crate) hidden: Vec<String>,
}

/// The parts of which `tree` was joined, in the order of its mounts. The tree no longer
/// has what a deeper mount had hidden. Of several mounts of one place, which only other
/// writers make, the first counts. Other writers may also make files and directories
/// under no mount. The result is `None` then, since they would be lost.
pub(crate) fn take_apart(mut tree: Tree) -> Option<Apart> {
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
        .map(|mount| Part {
            mount: mount.clone(),
            directory: DirectoryNode::default(),
            way_mtimes: way_mtimes(&tree.root, &mount.components),
            origin: Origin::Module,
        })
        .collect();
    let mut deepest_first: Vec<&mut Part> = parts.iter_mut().collect();
    deepest_first.sort_by_key(|part| Reverse(part.mount.components.len()));
    for part in deepest_first {
        part.directory = take(&mut tree.root, &part.mount.components);
    }
    (!holds_more_than_ways(&tree)).then_some(Apart { parts, hidden })
}

/// The times of the directories on the way to `components`, the root first.
fn way_mtimes(root: &DirectoryNode, components: &[String]) -> Vec<i64> {
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

/// Whether a tree without its mounts still has more than directories that lead to them.
fn holds_more_than_ways(tree: &Tree) -> bool {
    let mut ways: HashSet<&[String]> = HashSet::new();
    for mount in &tree.mounts {
        let depths = 0..mount.components.len();
        ways.extend(depths.filter_map(|depth| mount.components.get(..depth)));
    }
    // No recursion: a tree may be nested deeper than a stack.
    let mut pending = vec![(Vec::new(), &tree.root)];
    while let Some((place, directory)) = pending.pop() {
        for (name, node) in &directory.children {
            let place = [place.as_slice(), std::slice::from_ref(name)].concat();
            match node {
                Node::Directory(child) if ways.contains(&*place) => pending.push((place, child)),
                _ => return true,
            }
        }
    }
    false
}

fn replace_repeated(parts: Vec<Part>, hidden: &mut Vec<String>) -> Vec<Part> {
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    let mut kept: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        let next = kept.len();
        let place = *places.entry(part.mount.components.clone()).or_insert(next);
        match kept.get_mut(place) {
            Some(earlier) => {
                if earlier.origin == Origin::Image {
                    hidden.push(earlier.mount.guest_path.clone());
                }
                *earlier = part;
            }
            None => kept.push(part),
        }
    }
    kept
}

fn merge_repeated(parts: Vec<Part>, merged_over: &mut u64) -> Vec<Part> {
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    let mut kept: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        let next = kept.len();
        let place = *places.entry(part.mount.components.clone()).or_insert(next);
        match kept.get_mut(place) {
            Some(earlier) => {
                merge(&mut earlier.directory, part.directory, merged_over);
                earlier.origin = part.origin;
            }
            None => kept.push(part),
        }
    }
    kept
}

/// Puts the content of `from` into `into`, and counts the files and links of `into` that
/// it replaces.
fn merge(into: &mut DirectoryNode, from: DirectoryNode, merged_over: &mut u64) {
    // No recursion: a tree may be nested deeper than a stack.
    let mut pending = vec![(into, from)];
    while let Some((into, mut from)) = pending.pop() {
        into.mtime_ns = from.mtime_ns;
        let mut both = HashMap::new();
        for (name, node) in std::mem::take(&mut from.children) {
            match (into.children.get(&name), node) {
                (Some(Node::Directory(_)), Node::Directory(later)) => {
                    both.insert(name, later);
                }
                (earlier, node) => {
                    *merged_over += earlier.map_or(0, leaf_count);
                    into.children.insert(name, node);
                }
            }
        }
        for (name, node) in &mut into.children {
            if let Node::Directory(earlier) = node
                && let Some(later) = both.remove(name)
            {
                pending.push((earlier, later));
            }
        }
    }
}

/// How many files and links `node` is or holds.
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

fn shallowest_first(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by_key(|part| part.mount.components.len());
    parts
}

/// The directory at `components`. Makes what is missing on the way, and
/// replaces what is in the way and is not a directory, and so is `hidden`.
fn place<'a>(
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
        Node::File(_) | Node::Symlink(_) => unreachable!("it was made a directory above"),
    }
}

/// Takes the directory at `components` out of the tree; an empty one if there
/// is none.
fn take(root: &mut DirectoryNode, components: &[String]) -> DirectoryNode {
    let Some((last, way)) = components.split_last() else {
        return std::mem::take(root);
    };
    match place(root, way, &mut Vec::new()).children.remove(last) {
        Some(Node::Directory(directory)) => directory,
        _ => DirectoryNode::default(),
    }
}

#[cfg(test)]
mod tests;
