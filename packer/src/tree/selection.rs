//! The part of a tree that a list of paths and patterns selects.
//!
//! Paths are followed as the runtime follows them, links included. Every link on the
//! way is selected too: without it the program would not get there. The path of a
//! directory selects everything below it, unless it ends with `/.`, as in traces: then
//! it selects the directory by itself.

use super::combine::path_of;
use super::resolve::{Bound, Way, follow};
use crate::path::{Pattern, PatternError};
use std::collections::{HashMap, HashSet};
use wasi_vfs_format::manifest::LeftOut;
use wasi_vfs_format::tree::{DirectoryNode, Node, Tree};

/// What a list of paths and patterns leads to in a tree.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    /// Where the paths lead, without links, in the order of the list. One with a
    /// slash at its end is a directory and stands for all that is below.
    pub(crate) places: Vec<String>,
    seen: HashSet<String>,
    /// Where paths led and turned, as paths without links.
    met: HashSet<String>,
    /// Directories of which everything is chosen. They are not taken apart: all
    /// paths below one can be a hundred times as long as an image.
    whole: HashSet<String>,
    /// Paths and patterns of the list that lead nowhere.
    pub(crate) missing: Vec<String>,
}

impl Choice {
    /// A path that is in the tree stands for itself, even if it reads as a pattern.
    pub(crate) fn new(tree: &Tree, paths: &[String]) -> Result<Self, PatternError> {
        let mut choice = Self::default();
        for path in paths {
            let is_found = choice.add(tree, path)
                || Pattern::is_pattern(path) && choice.add_matches(tree, path)?;
            if !is_found {
                choice.missing.push(path.clone());
            }
        }
        Ok(choice)
    }

    /// Adds what is at `path`. Returns whether anything is.
    fn add(&mut self, tree: &Tree, path: &str) -> bool {
        let Some(mut place) = self.follow(tree, path) else {
            return false;
        };
        if !path.ends_with("/.") && is_directory(tree, &place) {
            self.whole.insert(place.clone());
            place.push('/');
        }
        if self.seen.insert(place.clone()) {
            self.places.push(place);
        }
        true
    }

    /// Adds everything that `pattern` matches. Returns whether there is anything.
    fn add_matches(&mut self, tree: &Tree, pattern: &str) -> Result<bool, PatternError> {
        let paths = matches_of(tree, &Pattern::new(pattern)?);
        for path in &paths {
            // A dangling link leads nowhere and is kept all the same.
            self.add(tree, path);
        }
        Ok(!paths.is_empty())
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

/// The paths that `pattern` matches, in the order of the tree. Nothing below a matching
/// directory is listed, which stands for all of it.
fn matches_of(tree: &Tree, pattern: &Pattern) -> Vec<String> {
    let mut found = Vec::new();
    // No recursion: a tree may be nested deeper than a stack.
    let mut pending = Vec::new();
    push_children(&mut pending, "", &tree.root);
    while let Some((path, node)) = pending.pop() {
        let is_directory = matches!(node, Node::Directory(_));
        match node {
            _ if pattern.matches(&path, is_directory) => found.push(path),
            Node::Directory(directory) => push_children(&mut pending, &path, directory),
            Node::File(_) | Node::Symlink(_) => {}
        }
    }
    found
}

/// Adds the children of `directory`, the first one last.
fn push_children<'t>(
    pending: &mut Vec<(String, &'t Node)>,
    path: &str,
    directory: &'t DirectoryNode,
) {
    let children = directory.children.iter().rev();
    pending.extend(children.map(|(name, node)| (format!("{path}/{name}"), node)));
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
    use wasi_vfs_format::tree::{MountPoint, SymlinkNode};

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
        Choice::new(&tree(), &paths).unwrap()
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
        assert_eq!(choose(&["bin/./a"]).places, ["/usr/bin/b/"]);
    }

    #[test]
    fn a_directory_is_kept_with_its_content() {
        let expected = ["/etc", "/usr", "/usr/lib", "/usr/lib/c", "/usr/lib/d"];
        for path in ["/usr/lib", "usr/lib/", "/bin/../lib"] {
            let mut pruned = pruned(&[path]);
            pruned.retain(|path| !path.contains("bin"));
            assert_eq!(pruned, expected, "{path}");
        }
        assert_eq!(choose(&["/usr/lib/", "/usr/lib"]).places, ["/usr/lib/"]);
        assert_eq!(choose(&["/usr/bin/a/"]).places, ["/usr/bin/b/"]);
        for root in ["/", "."] {
            assert_eq!(pruned(&[root]).len(), 10, "{root}");
        }
    }

    #[test]
    fn a_dot_at_the_end_keeps_a_directory_by_itself() {
        assert_eq!(pruned(&["/usr/lib/."]), ["/etc", "/usr", "/usr/lib"]);
        assert_eq!(pruned(&["/."]), ["/etc"]);
        assert_eq!(choose(&["/usr/lib/."]).places, ["/usr/lib"]);
    }

    #[test]
    fn patterns_keep_what_they_match() {
        assert_eq!(
            pruned(&["/usr/*/[ac]"]),
            pruned(&["/usr/bin/a", "/usr/lib/c"])
        );
        assert_eq!(pruned(&["/usr/l*"]), pruned(&["/usr/lib"]));
        assert_eq!(choose(&["**/{c,b}"]).places, ["/usr/bin/b/", "/usr/lib/c/"]);
        assert_eq!(choose(&["/usr/*/x", "b*"]).missing, ["/usr/*/x"]);
    }

    #[test]
    fn matching_links_that_lead_nowhere_are_kept() {
        assert_eq!(pruned(&["/lo*"]), ["/etc", "/loop"]);
    }

    #[test]
    fn unusable_patterns_are_errors() {
        let error = Choice::new(&tree(), &["/usr/[".to_owned()]).unwrap_err();
        assert_eq!(error.pattern, "/usr/[");
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
            ["/usr/lib/c/", "/usr/"]
        );
    }
}
