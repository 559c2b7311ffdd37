//! What of a tree a list of paths stands for.
//!
//! Paths are followed as the runtime follows them, links included, and every
//! link on the way belongs to what a path stands for: without it the program
//! would not get there. A path with a slash at its end stands for all that is
//! below a directory, any other for the directory alone.

use crate::follow::{Bound, Way, follow};
use crate::join::path_of;
use std::collections::{HashMap, HashSet};
use wasi_vfs_format::manifest::LeftOut;
use wasi_vfs_format::tree::{Node, Tree};

/// What a list of paths leads to in a tree.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    /// Where the paths lead, without links, in the order of the list. One with a
    /// slash at its end is a directory and stands for all that is below.
    pub(crate) places: Vec<String>,
    /// Where paths led and turned, as paths without links.
    met: HashSet<String>,
    /// Directories of which everything is chosen. They are not taken apart: all
    /// paths below one can be a hundred times as long as an image.
    whole: HashSet<String>,
    /// Paths of the list that lead nowhere.
    pub(crate) missing: Vec<String>,
}

impl Choice {
    pub(crate) fn new(tree: &Tree, paths: &[String]) -> Self {
        let mut choice = Self::default();
        let mut seen = HashSet::new();
        for path in paths {
            match choice.follow(tree, path) {
                Some(mut place) => {
                    if path.ends_with('/') && is_directory(tree, &place) {
                        choice.whole.insert(place.clone());
                        place.push('/');
                    }
                    if seen.insert(place.clone()) {
                        choice.places.push(place);
                    }
                }
                None => choice.missing.push(path.clone()),
            }
        }
        choice
    }

    /// Where `path` leads, if anywhere; notes all that is on the way.
    fn follow(&mut self, tree: &Tree, path: &str) -> Option<String> {
        let met = &mut self.met;
        // The directories that hold a place are kept with it.
        let way = follow(&tree.root, path, Bound::Root, &mut |way| {
            if !way.is_empty() {
                met.insert(join(way));
            }
        });
        way.map(|way| join(&way))
    }

    /// Takes everything out of `tree` that is not chosen, not on the way to
    /// what is, and no mount, and counts it.
    pub(crate) fn prune(&self, tree: &mut Tree) -> LeftOut {
        let mut keep = HashSet::new();
        for place in &self.met {
            keep_with_parents(&mut keep, place);
        }
        for mount in &tree.mounts {
            keep_with_parents(&mut keep, &path_of(&mount.components));
        }
        for place in &self.whole {
            keep_with_parents(&mut keep, place);
        }
        let mut left_out = LeftOut::default();
        // No recursion: a tree may be nested deeper than a stack.
        let mut pending = vec![(String::new(), &mut tree.root)];
        while let Some((path, directory)) = pending.pop() {
            if self.whole.contains(&path) {
                continue;
            }
            directory.children.retain(|name, node| {
                let is_kept = keep.contains(&format!("{path}/{name}"));
                if !is_kept {
                    count(node, &mut left_out);
                }
                is_kept
            });
            for (name, node) in &mut directory.children {
                if let Node::Directory(child) = node {
                    pending.push((format!("{path}/{name}"), child));
                }
            }
        }
        left_out
    }
}

/// Notes `place` and the directories that hold it.
fn keep_with_parents(keep: &mut HashSet<String>, place: &str) {
    let mut place = place;
    while !place.is_empty() && keep.insert(place.to_owned()) {
        place = place.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
}

fn count(node: &Node, left_out: &mut LeftOut) {
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        match node {
            Node::Directory(directory) => pending.extend(directory.children.values()),
            Node::File(file) => {
                left_out.file_count = left_out.file_count.saturating_add(1);
                left_out.file_len = left_out.file_len.saturating_add(file.len);
            }
            Node::Symlink(_) => {}
        }
    }
}

fn join(way: &Way<'_>) -> String {
    way.iter().map(|(name, _)| format!("/{name}")).collect()
}

fn is_directory(tree: &Tree, place: &str) -> bool {
    let way = follow(&tree.root, place, Bound::Root, &mut |_| {});
    let is_directory = |(_, node): &(_, &Node)| matches!(node, Node::Directory(_));
    way.is_some_and(|way| way.last().is_none_or(is_directory))
}

/// The position of each place in its list.
pub(crate) fn ranks(places: Vec<String>) -> HashMap<String, usize> {
    let places = places.into_iter().enumerate();
    places.map(|(rank, path)| (path, rank)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_vfs_format::tree::{DirectoryNode, MountPoint, SymlinkNode};

    fn directory<const N: usize>(children: [(&str, Node); N]) -> Node {
        let children = children.map(|(name, node)| (name.to_owned(), node));
        Node::Directory(DirectoryNode {
            mtime_ns: 0,
            children: children.into(),
        })
    }

    fn link(target: &str) -> Node {
        let target = target.to_owned();
        Node::Symlink(SymlinkNode {
            mtime_ns: 0,
            target,
        })
    }

    /// Leaves are dangling links, the nodes that are easiest to make.
    fn tree() -> Tree {
        let Node::Directory(root) = directory([
            ("bin", link("usr/bin")),
            ("etc", directory([])),
            (
                "usr",
                directory([
                    ("bin", directory([("a", link("b")), ("b", directory([]))])),
                    (
                        "lib",
                        directory([("c", directory([])), ("d", directory([]))]),
                    ),
                ]),
            ),
            ("loop", link("loop")),
        ]) else {
            unreachable!()
        };
        let mount = MountPoint {
            guest_path: "/etc".to_owned(),
            components: vec!["etc".to_owned()],
        };
        Tree {
            root,
            mounts: vec![mount],
        }
    }

    fn choose(paths: &[&str]) -> Choice {
        let paths: Vec<_> = paths.iter().map(|&path| path.to_owned()).collect();
        Choice::new(&tree(), &paths)
    }

    fn pruned(paths: &[&str]) -> Vec<String> {
        let mut tree = tree();
        choose(paths).prune(&mut tree);
        let mut pending = vec![(String::new(), &tree.root)];
        let mut lines = Vec::new();
        while let Some((path, directory)) = pending.pop() {
            for (name, node) in &directory.children {
                lines.push(format!("{path}/{name}"));
                if let Node::Directory(child) = node {
                    pending.push((format!("{path}/{name}"), child));
                }
            }
        }
        lines.sort();
        lines
    }

    #[test]
    fn every_link_on_the_way_is_kept() {
        let expected = [
            "/bin",
            "/etc",
            "/usr",
            "/usr/bin",
            "/usr/bin/a",
            "/usr/bin/b",
        ];
        assert_eq!(pruned(&["/bin/a"]), expected);
        assert_eq!(choose(&["bin/./a"]).places, ["/usr/bin/b"]);
    }

    #[test]
    fn a_directory_is_kept_without_what_it_holds() {
        assert_eq!(pruned(&["/usr/lib"]), ["/etc", "/usr", "/usr/lib"]);
    }

    #[test]
    fn a_slash_at_the_end_stands_for_all_below() {
        let expected = ["/etc", "/usr", "/usr/lib", "/usr/lib/c", "/usr/lib/d"];
        assert_eq!(pruned(&["/usr/lib/"]), expected);
        assert_eq!(
            choose(&["/usr/lib/", "/usr/lib"]).places,
            ["/usr/lib/", "/usr/lib"]
        );
        assert_eq!(choose(&["/usr/bin/a/"]).places, ["/usr/bin/b/"]);
        assert_eq!(pruned(&["/"]).len(), 10);
    }

    #[test]
    fn mounts_stay() {
        assert_eq!(pruned(&[]), ["/etc"]);
    }

    #[test]
    fn paths_that_lead_nowhere_are_listed() {
        let missing = ["/none", "/usr/lib/c/../../none/x", "/loop"];
        assert_eq!(choose(&missing).missing, missing);
    }

    #[test]
    fn dot_dot_goes_up_from_where_a_link_led() {
        assert_eq!(
            choose(&["/bin/../lib/c", "/../usr"]).places,
            ["/usr/lib/c", "/usr"]
        );
    }
}
