//! Puts mapped directories into one tree, and takes a tree apart again.
//!
//! A mapping owns its directory, as a mount does: whatever the order of the
//! mappings, the deeper of two nested ones hides what the shallower one brings
//! at the same place, and mapping a place again replaces what was mapped there
//! before. Taking a tree apart by its mounts and joining it gives it back,
//! which is what lets a packed module be packed again.

use crate::GuestPath;
use std::collections::btree_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use wasi_vfs_format::tree::{DirectoryNode, FileNode, MountPoint, Node, Tree};

/// A directory and the place that it owns.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    mount: MountPoint,
    directory: DirectoryNode,
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
/// Directories that lead to a place and belong to no part are made, with an mtime of 0.
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
    for part in shallowest_first(parts) {
        joined.put(part, &owners, overlap);
    }
    for file in files {
        joined.put_file(file, &owners, overlap);
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

/// The parts of which `tree` was joined, in the order of its mounts. What a
/// deeper mount had hidden is not part of a tree and does not come back. Of
/// several mounts of one place, which only other writers make, the first counts.
/// Those may also make files that are under no mount: `None`, for they would be lost.
pub(crate) fn take_apart(mut tree: Tree) -> Option<Vec<Part>> {
    let mut seen = HashSet::new();
    tree.mounts
        .retain(|mount| seen.insert(mount.components.clone()));
    let mut order: Vec<usize> = (0..tree.mounts.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(tree.mounts[i].components.len()));
    let mut directories = vec![DirectoryNode::default(); tree.mounts.len()];
    for i in order {
        directories[i] = take(&mut tree.root, &tree.mounts[i].components);
    }
    if holds_leaves(&tree.root) {
        return None;
    }
    let mounts = tree.mounts.into_iter().zip(directories);
    let parts = mounts.map(|(mount, directory)| Part {
        mount,
        directory,
        origin: Origin::Module,
    });
    Some(parts.collect())
}

/// Whether there is more than directories.
fn holds_leaves(directory: &DirectoryNode) -> bool {
    // No recursion: a tree may be nested deeper than a stack.
    let mut pending = vec![directory];
    while let Some(directory) = pending.pop() {
        for node in directory.children.values() {
            match node {
                Node::Directory(child) => pending.push(child),
                Node::File(_) | Node::Symlink(_) => return true,
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
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use wasi_vfs_format::tree::SymlinkNode;

    /// A directory from `("path/to/leaf", "content")`; leaves are symbolic
    /// links, which are the nodes that are easiest to compare.
    fn directory(mtime_ns: i64, leaves: &[(&str, &str)]) -> DirectoryNode {
        let mut root = DirectoryNode {
            mtime_ns,
            children: BTreeMap::new(),
        };
        for (path, content) in leaves {
            let mut names: Vec<String> = path.split('/').map(str::to_owned).collect();
            let last = names.pop().unwrap();
            let leaf = Node::Symlink(SymlinkNode {
                mtime_ns: 0,
                target: (*content).to_owned(),
            });
            place(&mut root, &names, &mut Vec::new())
                .children
                .insert(last, leaf);
        }
        root
    }

    fn joined(parts: Vec<Part>) -> Tree {
        join(parts).tree
    }

    fn join(parts: Vec<Part>) -> Joined {
        super::join(parts, Vec::new(), Overlap::Hide)
    }

    fn part(guest: &str, mtime_ns: i64, leaves: &[(&str, &str)]) -> Part {
        Part::new(
            &GuestPath::parse(guest).unwrap(),
            directory(mtime_ns, leaves),
        )
    }

    fn list(directory: &DirectoryNode, prefix: &str, lines: &mut Vec<String>) {
        for (name, node) in &directory.children {
            match node {
                Node::Directory(child) => {
                    lines.push(format!("{prefix}{name}/ {}", child.mtime_ns));
                    list(child, &format!("{prefix}{name}/"), lines);
                }
                Node::Symlink(link) => lines.push(format!("{prefix}{name} {}", link.target)),
                Node::File(_) => lines.push(format!("{prefix}{name} file")),
            }
        }
    }

    fn lines(tree: &Tree) -> Vec<String> {
        let mut lines = vec![format!("/ {}", tree.root.mtime_ns)];
        list(&tree.root, "", &mut lines);
        lines
    }

    fn mounts(tree: &Tree) -> Vec<&str> {
        let mounts = tree.mounts.iter();
        mounts.map(|mount| mount.guest_path.as_str()).collect()
    }

    fn file(guest: &str, mtime_ns: i64) -> Placed {
        Placed {
            host: PathBuf::new(),
            guest: GuestPath::parse(guest).unwrap(),
            file: FileNode {
                mtime_ns,
                executable: false,
                len: 0,
                content: std::sync::Arc::new(HostlessFile),
            },
        }
    }

    #[derive(Debug)]
    struct HostlessFile;

    impl wasi_vfs_format::tree::FileContent for HostlessFile {
        fn open(&self, _: u64) -> std::io::Result<Box<dyn std::io::Read + Send + '_>> {
            Ok(Box::new(std::io::empty()))
        }

        fn describe(&self) -> String {
            "nothing".to_owned()
        }
    }

    #[test]
    fn files_go_into_the_part_that_holds_their_place() {
        let parts = vec![part("/usr", 1, &[("etc/a", "a")])];
        let files = vec![file("/usr/etc/b", 2), file("/usr/new/c", 3)];
        let Joined { tree, hidden, .. } = super::join(parts, files, Overlap::Hide);
        let expected = [
            "/ 0",
            "usr/ 1",
            "usr/etc/ 0",
            "usr/etc/a a",
            "usr/etc/b file",
            "usr/new/ 0",
            "usr/new/c file",
        ];
        assert_eq!(lines(&tree), expected);
        assert_eq!(mounts(&tree), ["/usr"]);
        assert!(hidden.is_empty());
    }

    #[test]
    fn files_outside_of_parts_make_one_mount_a_directory() {
        let files = vec![file("/etc/a", 1), file("./etc/b", 2), file("c", 3)];
        let parts = vec![part("/etc/sub", 9, &[])];
        let tree = super::join(parts, files, Overlap::Hide).tree;
        assert_eq!(mounts(&tree), ["/etc/sub", "/etc", "."]);
        let expected = [
            "/ 0",
            "c file",
            "etc/ 0",
            "etc/a file",
            "etc/b file",
            "etc/sub/ 9",
        ];
        assert_eq!(lines(&tree), expected);
    }

    #[test]
    fn files_hide_what_a_directory_brings() {
        let parts = vec![part("/", 1, &[("a", "1"), ("d/x", "2"), ("d/y", "3")])];
        let files = || vec![file("/a", 1), file("/d", 2)];
        let joined = super::join(parts.clone(), files(), Overlap::Hide);
        assert_eq!(joined.hidden, ["/a", "/d"]);
        assert_eq!(lines(&joined.tree), ["/ 1", "a file", "d file"]);
        let joined = super::join(parts.clone(), files(), Overlap::Merge);
        assert_eq!((joined.hidden.len(), joined.merged_over), (0, 3));
        let module = parts
            .into_iter()
            .map(|part| part.with_origin(Origin::Module));
        let joined = super::join(module.collect(), files(), Overlap::Hide);
        assert!(joined.hidden.is_empty());
    }

    #[test]
    fn merged_parts_keep_the_later_files() {
        let parts = vec![
            part(
                "/",
                1,
                &[
                    ("a", "old"),
                    ("lib/x", "old"),
                    ("lib/y", "old"),
                    ("d/z", "old"),
                ],
            ),
            part("/lib", 2, &[("x", "inner")]),
            part(".", 3, &[("a", "new"), ("d", "new"), ("lib/w", "new")]),
        ];
        let joined = super::join(parts, Vec::new(), Overlap::Merge);
        let expected = [
            "/ 3",
            "a new",
            "d new",
            "lib/ 2",
            "lib/w new",
            "lib/x inner",
            "lib/y old",
        ];
        assert_eq!(lines(&joined.tree), expected);
        assert_eq!(mounts(&joined.tree), ["/", "/lib"]);
        assert_eq!((joined.hidden.len(), joined.merged_over), (0, 3));
    }

    #[test]
    fn directories_on_the_way_are_made_with_mtime_zero() {
        let tree = joined(vec![part("/usr/lib", 7, &[("a", "1")])]);
        assert_eq!(lines(&tree), ["/ 0", "usr/ 0", "usr/lib/ 7", "usr/lib/a 1"]);
    }

    #[test]
    fn nested_mappings_list_as_one_tree_in_either_order() {
        let outer = part("/usr", 1, &[("bin", "b")]);
        let inner = part("/usr/local", 2, &[("etc", "e")]);
        let expected = [
            "/ 0",
            "usr/ 1",
            "usr/bin b",
            "usr/local/ 2",
            "usr/local/etc e",
        ];
        let tree = joined(vec![outer.clone(), inner.clone()]);
        assert_eq!(lines(&tree), expected);
        assert_eq!(mounts(&tree), ["/usr", "/usr/local"]);
        let tree = joined(vec![inner, outer]);
        assert_eq!(lines(&tree), expected);
        assert_eq!(mounts(&tree), ["/usr/local", "/usr"]);
    }

    #[test]
    fn the_deeper_mapping_hides_the_shallower_ones_directory() {
        let outer = part("/", 1, &[("lib/hidden", "h"), ("keep", "k")]);
        let inner = part("/lib", 2, &[("a", "1")]);
        let tree = joined(vec![inner, outer]);
        assert_eq!(lines(&tree), ["/ 1", "keep k", "lib/ 2", "lib/a 1"]);
    }

    #[test]
    fn the_deeper_mapping_hides_a_link_at_its_place_and_on_its_way() {
        let outer = part("/", 1, &[("lib", "elsewhere"), ("usr", "elsewhere")]);
        let at = part("/lib", 2, &[]);
        let below = part("/usr/share", 3, &[]);
        let Joined { tree, hidden, .. } = join(vec![outer, at, below]);
        assert_eq!(lines(&tree), ["/ 1", "lib/ 2", "usr/ 0", "usr/share/ 3"]);
        assert_eq!(hidden, ["/lib", "/usr"]);
    }

    #[test]
    fn a_place_mapped_again_is_replaced_and_keeps_its_position() {
        let tree = joined(vec![
            part("/a", 1, &[("old", "o")]),
            part("/b", 2, &[]),
            part("./a", 3, &[("new", "n")]),
        ]);
        assert_eq!(mounts(&tree), ["./a", "/b"]);
        assert_eq!(lines(&tree), ["/ 0", "a/ 3", "a/new n", "b/ 2"]);
    }

    #[test]
    fn replaced_directories_of_an_earlier_pack_are_not_told() {
        let of_module = |part: Part| part.with_origin(Origin::Module);
        let tree = part("/", 1, &[("usr/lib/old", "o"), ("file", "f")]);
        let parts = vec![
            of_module(tree),
            part("/usr/lib", 2, &[]),
            part("/file/x", 3, &[]),
        ];
        assert_eq!(join(parts).hidden, ["/file"]);
        let parts = vec![
            of_module(part("/usr/lib", 1, &[])),
            part("/usr", 2, &[("lib/new", "n")]),
        ];
        assert_eq!(join(parts).hidden, ["/usr/lib"]);
    }

    #[test]
    fn hidden_empty_directories_are_told() {
        let mut outer = part("/", 1, &[]);
        place(
            &mut outer.directory,
            &["a", "b"].map(String::from),
            &mut Vec::new(),
        );
        let hidden = join(vec![outer, part("/a", 2, &[])]).hidden;
        assert_eq!(hidden, ["/a"]);
    }

    #[test]
    fn a_shallower_mapping_replaced_leaves_the_deeper_one_alone() {
        let packed = joined(vec![
            part("/", 1, &[("old", "o"), ("usr/old", "o")]),
            part("/usr/lib", 2, &[("a", "1")]),
        ]);
        let mut parts = take_apart(packed).unwrap();
        parts.push(part("/", 3, &[("new", "n")]));
        let expected = ["/ 3", "new n", "usr/ 0", "usr/lib/ 2", "usr/lib/a 1"];
        assert_eq!(lines(&joined(parts)), expected);
    }

    #[test]
    fn joining_what_was_taken_apart_gives_the_tree_back() {
        let tree = joined(vec![
            part("/usr/lib/x", 1, &[("a", "1")]),
            part("/usr", 2, &[("lib/b", "2"), ("c", "3")]),
            part("data", 3, &[]),
        ]);
        let again = joined(take_apart(tree.clone()).unwrap());
        assert_eq!(lines(&again), lines(&tree));
        assert_eq!(again.mounts, tree.mounts);
    }

    #[test]
    fn what_is_under_no_mount_is_not_lost() {
        let mut tree = joined(vec![part("/a", 1, &[("b", "2")])]);
        let other = directory(3, &[("d/e", "4")]);
        tree.root.children.extend(other.children.clone());
        assert!(take_apart(tree).is_none());
    }

    #[test]
    fn of_two_mounts_of_one_place_the_first_counts() {
        let mut tree = joined(vec![part("/a", 1, &[("b", "2")])]);
        tree.mounts.push(tree.mounts[0].clone());
        let again = joined(take_apart(tree).unwrap());
        assert_eq!(lines(&again), ["/ 0", "a/ 1", "a/b 2"]);
        assert_eq!(mounts(&again), ["/a"]);
    }

    #[test]
    fn mounts_that_name_nothing_are_taken_as_empty_directories() {
        let mut tree = joined(vec![part("/a", 1, &[])]);
        tree.root.children.clear();
        assert_eq!(lines(&joined(take_apart(tree).unwrap())), ["/ 0", "a/ 0"]);
    }
}
