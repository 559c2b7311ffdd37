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
    /// Whether all of it was asked for, so that it is worth a word if it is replaced.
    is_asked_for: bool,
}

/// What parts are joined to.
pub(crate) struct Joined {
    pub(crate) tree: Tree,
    /// What is not in it although a part has it: files and links where, or above
    /// which, another part is, directories that have some and where another part is,
    /// and parts that were asked for and are replaced.
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
            is_asked_for: false,
        }
    }

    /// The same, as part of something of which all was asked for.
    pub(crate) fn asked_for(self) -> Self {
        Self {
            is_asked_for: true,
            ..self
        }
    }
}

/// One tree of all `parts`. Where two are for the same place the later one
/// counts, in the position of the earlier one. Directories that lead to a
/// place and belong to no part are made, with the time that the last image has for
/// them, or 0.
pub(crate) fn join(parts: Vec<Part>) -> Joined {
    let mut hidden = Vec::new();
    let parts = replace_repeated(parts, &mut hidden);
    let mounts = parts.iter().map(|part| part.mount.clone()).collect();
    let mut tree = Tree {
        root: DirectoryNode::default(),
        mounts,
    };
    for part in &parts {
        lead_to(part, &mut tree.root);
    }
    for part in shallowest_first(parts) {
        let components = &part.mount.components;
        let place = place(&mut tree.root, components, &mut hidden);
        if holds_leaves(place) {
            hidden.push(path_of(components));
        }
        *place = part.directory;
    }
    let mut seen = HashSet::new();
    hidden.retain(|path| seen.insert(path.clone()));
    Joined { tree, hidden }
}

/// The path of a place.
pub(crate) fn path_of(components: &[String]) -> String {
    components.iter().map(|name| format!("/{name}")).collect()
}

/// Makes the directories on the way to a part of which the times are known.
fn lead_to(part: &Part, root: &mut DirectoryNode) {
    let mut directory = root;
    let mut names = part.mount.components.iter();
    for &mtime_ns in &part.way_mtimes {
        directory.mtime_ns = mtime_ns;
        let Some(name) = names.next().filter(|_| names.len() > 0) else {
            return;
        };
        let child = directory.children.entry(name.clone());
        directory =
            as_directory(child.or_insert_with(|| Node::Directory(DirectoryNode::default())));
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
            is_asked_for: false,
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
                if earlier.is_asked_for {
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
        let Joined { tree, hidden } = join(vec![outer, at, below]);
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
