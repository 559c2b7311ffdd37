//! Puts mapped directories into one tree, and takes a tree apart again.
//!
//! A mapping owns its directory, as a mount does: whatever the order of the
//! mappings, the deeper of two nested ones hides what the shallower one brings
//! at the same place, and mapping a place again replaces what was mapped there
//! before. Taking a tree apart by its mounts and joining it gives it back,
//! which is what lets a packed module be packed again.

use crate::GuestPath;
use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{HashMap, HashSet};
use wasi_vfs_format::tree::{DirectoryNode, MountPoint, Node, Tree};

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

/// What parts are joined to.
pub(crate) struct Joined {
    pub(crate) tree: Tree,
    /// The origin of each mount of the tree.
    pub(crate) origins: Vec<Origin>,
    /// The places whose content another part hides: files and links where, or above
    /// which, that part is, directories with content where it is, and whole images.
    /// A directory that an earlier pack brought is not among them.
    pub(crate) hidden: Vec<String>,
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

    /// Whether the part brings nothing except its own directory.
    pub(crate) fn is_empty(&self) -> bool {
        self.directory.children.is_empty()
    }
}

/// One tree of all `parts`. Where two are for the same place the later one
/// counts, in the position of the earlier one. Directories that lead to a
/// place and belong to no part are made, with the time that the last image has for
/// them, or 0.
pub(crate) fn join(parts: Vec<Part>) -> Joined {
    let mut hidden = Vec::new();
    let parts = replace_repeated(parts, &mut hidden);
    let mounts: Vec<_> = parts.iter().map(|part| part.mount.clone()).collect();
    let origins: Vec<_> = parts.iter().map(|part| part.origin).collect();
    let places = mounts.iter().map(|mount| mount.components.clone());
    let owners: HashMap<_, _> = places.zip(origins.iter().copied()).collect();
    let ways: Vec<_> = parts.iter().map(|part| part.way_mtimes.clone()).collect();
    let mut root = DirectoryNode::default();
    for part in shallowest_first(parts) {
        let components = &part.mount.components;
        let place = place(&mut root, components, &mut hidden);
        if !place.children.is_empty() && owner_above(&owners, components) != Some(Origin::Module) {
            hidden.push(path_of(components));
        }
        *place = part.directory;
    }
    for (mount, mtimes) in mounts.iter().zip(&ways) {
        set_way_times(&mut root, &owners, &mount.components, mtimes);
    }
    let mut seen = HashSet::new();
    hidden.retain(|path| seen.insert(path.clone()));
    Joined {
        tree: Tree { root, mounts },
        origins,
        hidden,
    }
}

/// The origin of the part that brings the content of a place: the next one above.
fn owner_above(owners: &HashMap<Vec<String>, Origin>, components: &[String]) -> Option<Origin> {
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
        super::join(parts).tree
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
                Node::File(_) => unreachable!(),
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
        assert_eq!(super::join(parts).hidden, ["/file"]);
        let parts = vec![
            of_module(part("/usr/lib", 1, &[])),
            part("/usr", 2, &[("lib/new", "n")]),
        ];
        assert_eq!(super::join(parts).hidden, ["/usr/lib"]);
    }

    #[test]
    fn hidden_empty_directories_are_told() {
        let mut outer = part("/", 1, &[]);
        place(
            &mut outer.directory,
            &["a", "b"].map(String::from),
            &mut Vec::new(),
        );
        let hidden = super::join(vec![outer, part("/a", 2, &[])]).hidden;
        assert_eq!(hidden, ["/a"]);
    }

    #[test]
    fn a_shallower_mapping_replaced_leaves_the_deeper_one_alone() {
        let packed = joined(vec![
            part("/", 1, &[("old", "o"), ("usr/old", "o")]),
            part("/usr/lib", 2, &[("a", "1")]),
        ]);
        let mut parts = take_apart(packed).unwrap().parts;
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
        let again = joined(take_apart(tree.clone()).unwrap().parts);
        assert_eq!(lines(&again), lines(&tree));
        assert_eq!(again.mounts, tree.mounts);
    }

    #[test]
    fn empty_directories_under_no_mount_are_not_lost() {
        for place in ["empty", "usr/empty", "a/empty"] {
            let mut tree = joined(vec![part("/usr/lib", 1, &[("b", "2")]), part("/a", 3, &[])]);
            let names: Vec<_> = place.split('/').map(str::to_owned).collect();
            super::place(&mut tree.root, &names, &mut Vec::new());
            let is_under_a_mount = place.starts_with("a/");
            assert_eq!(take_apart(tree).is_some(), is_under_a_mount, "{place}");
        }
    }

    #[test]
    fn directories_on_the_way_keep_their_times() {
        let mut tree = joined(vec![part("/usr/lib/x", 1, &[]), part("/a", 2, &[])]);
        tree.root.mtime_ns = 7;
        for (depth, mtime_ns) in [(1, 8), (2, 9)] {
            let names = ["usr", "lib"].map(str::to_owned);
            let way = super::place(&mut tree.root, &names[..depth], &mut Vec::new());
            way.mtime_ns = mtime_ns;
        }
        let expected = ["/ 7", "a/ 2", "usr/ 8", "usr/lib/ 9", "usr/lib/x/ 1"];
        assert_eq!(lines(&tree), expected);
        let Apart { mut parts, .. } = take_apart(tree).unwrap();
        assert_eq!(lines(&joined(parts.clone())), expected);
        // A mapped directory has its own time, whatever an image says of its place.
        parts.push(part("/usr", 3, &[]));
        let expected = ["/ 7", "a/ 2", "usr/ 3", "usr/lib/ 0", "usr/lib/x/ 1"];
        assert_eq!(lines(&joined(parts)), expected);
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
        tree.mounts.push(MountPoint {
            guest_path: "a".to_owned(),
            ..tree.mounts[0].clone()
        });
        let Apart { parts, hidden } = take_apart(tree).unwrap();
        assert_eq!(hidden, ["a"]);
        let again = joined(parts);
        assert_eq!(lines(&again), ["/ 0", "a/ 1", "a/b 2"]);
        assert_eq!(mounts(&again), ["/a"]);
    }

    #[test]
    fn mounts_that_name_nothing_are_taken_as_empty_directories() {
        let mut tree = joined(vec![part("/a", 1, &[])]);
        tree.root.children.clear();
        assert_eq!(
            lines(&joined(take_apart(tree).unwrap().parts)),
            ["/ 0", "a/ 0"]
        );
    }
}
