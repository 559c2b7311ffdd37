//! The files that a list of paths and patterns selects in a tree.
//!
//! Paths are resolved as at run time. A selected path keeps the links on its way, because
//! the program needs them to reach the file. The path of a directory selects everything
//! below it, unless the path ends with `/.`, as in traces. For example, the list
//!
//! ```text
//! /bin/sh          a link to ../usr/bin/dash
//! /usr/lib/
//! ```
//!
//! keeps `/bin/sh`, `/usr/bin/dash` and everything below `/usr/lib`.

use super::mounted::path_of;
use super::resolve::{NodePath, Top, resolve};
use crate::path::{Pattern, PatternError};
use std::collections::{HashMap, HashSet};
use wasi_vfs_format::manifest::LeftOut;
use wasi_vfs_format::tree::{DirectoryNode, Node, Tree};

/// A selection in a tree.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// The selected paths without links, in the order of the list. A path that ends with
    /// a slash is a directory and selects everything below it.
    pub(crate) paths: Vec<String>,
    seen: HashSet<String>,
    /// Paths of reached nodes, without links.
    reached: HashSet<String>,
    /// Directories with all their content. The paths below them are not listed, because
    /// all paths of an image can be a hundred times as long as the image.
    whole: HashSet<String>,
    /// Listed paths and patterns that select nothing.
    pub(crate) missing: Vec<String>,
}

impl Selection {
    /// Selects `list`. An existing path is a path, even if it looks like a pattern.
    pub(crate) fn new(tree: &Tree, list: &[String]) -> Result<Self, PatternError> {
        let mut selection = Self::default();
        for path in list {
            let is_found = selection.add(tree, path)
                || Pattern::is_pattern(path) && selection.add_matches(tree, path)?;
            if !is_found {
                selection.missing.push(path.clone());
            }
        }
        Ok(selection)
    }

    /// Selects `path`. Returns whether it exists. A broken link exists and is kept, because
    /// programs can read it.
    fn add(&mut self, tree: &Tree, path: &str) -> bool {
        let Some(mut resolved) = self.resolve(tree, path) else {
            return is_link(tree, path);
        };
        if !path.ends_with("/.") && is_directory(tree, &resolved) {
            self.whole.insert(resolved.clone());
            resolved.push('/');
        }
        if self.seen.insert(resolved.clone()) {
            self.paths.push(resolved);
        }
        true
    }

    /// Selects the matches of `pattern`. Returns whether there are any.
    fn add_matches(&mut self, tree: &Tree, pattern: &str) -> Result<bool, PatternError> {
        let paths = matches_of(tree, &Pattern::new(pattern)?);
        for path in &paths {
            self.add(tree, path);
        }
        Ok(!paths.is_empty())
    }

    /// Resolves `path` and keeps the nodes on its way.
    fn resolve(&mut self, tree: &Tree, path: &str) -> Option<String> {
        let reached = &mut self.reached;
        let resolved = resolve(&tree.root, path, Top::Root, &mut |nodes| {
            if !nodes.is_empty() {
                reached.insert(text_of(nodes));
            }
        });
        resolved.map(|nodes| text_of(&nodes))
    }

    /// Drops everything from `tree` that is neither selected, nor above a selected node,
    /// nor a mount. Counts the dropped files.
    pub(crate) fn apply(&self, tree: &mut Tree) -> LeftOut {
        let mut kept = HashSet::new();
        for path in self.reached.iter().chain(&self.whole) {
            keep_with_parents(&mut kept, path);
        }
        for mount in &tree.mounts {
            keep_with_parents(&mut kept, &path_of(&mount.components));
        }
        let mut left_out = LeftOut::default();
        // No recursion, because the depth of a tree could exhaust the stack.
        let mut pending = vec![(String::new(), &mut tree.root)];
        while let Some((path, directory)) = pending.pop() {
            if self.whole.contains(&path) {
                continue;
            }
            directory.children.retain(|name, node| {
                let is_kept = kept.contains(&format!("{path}/{name}"));
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

/// The paths that `pattern` matches, in the order of the tree. Omits paths below a
/// matching directory, which selects them.
fn matches_of(tree: &Tree, pattern: &Pattern) -> Vec<String> {
    let mut matches = Vec::new();
    // No recursion, because the depth of a tree could exhaust the stack.
    let mut pending = Vec::new();
    push_children(&mut pending, "", &tree.root);
    while let Some((path, node)) = pending.pop() {
        let is_directory = matches!(node, Node::Directory(_));
        match node {
            _ if pattern.matches(&path, is_directory) => matches.push(path),
            Node::Directory(directory) => push_children(&mut pending, &path, directory),
            Node::File(_) | Node::Symlink(_) => {}
        }
    }
    matches
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

/// Adds `path` and the directories above it to `kept`.
fn keep_with_parents(kept: &mut HashSet<String>, path: &str) {
    let mut path = path;
    while !path.is_empty() && kept.insert(path.to_owned()) {
        path = path.rsplit_once('/').map_or("", |(parent, _)| parent);
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

fn text_of(nodes: &NodePath<'_>) -> String {
    nodes.iter().map(|(name, _)| format!("/{name}")).collect()
}

fn is_directory(tree: &Tree, path: &str) -> bool {
    let nodes = resolve(&tree.root, path, Top::Root, &mut |_| {});
    let is_directory = |(_, node): &(_, &Node)| matches!(node, Node::Directory(_));
    nodes.is_some_and(|nodes| nodes.last().is_none_or(is_directory))
}

/// Whether the last name of `path` is that of a link.
fn is_link(tree: &Tree, path: &str) -> bool {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some(nodes) = resolve(&tree.root, parent, Top::Root, &mut |_| {}) else {
        return false;
    };
    let directory = match nodes.last() {
        None => &tree.root,
        Some((_, Node::Directory(directory))) => directory,
        Some(_) => return false,
    };
    matches!(directory.children.get(name), Some(Node::Symlink(_)))
}

/// The position of each path in its list.
pub(crate) fn ranks(paths: Vec<String>) -> HashMap<String, usize> {
    let paths = paths.into_iter().enumerate();
    paths.map(|(rank, path)| (path, rank)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_vfs_format::testing::{directory, directory_node, link, mount};

    /// The leaves are broken links.
    fn tree() -> Tree {
        let root = directory_node([
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
        ]);
        Tree {
            root,
            mounts: vec![mount("/etc", &["etc"])],
        }
    }

    fn choose(paths: &[&str]) -> Selection {
        let paths: Vec<_> = paths.iter().map(|&path| path.to_owned()).collect();
        Selection::new(&tree(), &paths).unwrap()
    }

    fn pruned(paths: &[&str]) -> Vec<String> {
        let mut tree = tree();
        choose(paths).apply(&mut tree);
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
        assert_eq!(choose(&["bin/./a"]).paths, ["/usr/bin/b/"]);
    }

    #[test]
    fn a_directory_is_kept_with_its_content() {
        let expected = ["/etc", "/usr", "/usr/lib", "/usr/lib/c", "/usr/lib/d"];
        for path in ["/usr/lib", "usr/lib/", "/bin/../lib"] {
            let mut pruned = pruned(&[path]);
            pruned.retain(|path| !path.contains("bin"));
            assert_eq!(pruned, expected, "{path}");
        }
        assert_eq!(choose(&["/usr/lib/", "/usr/lib"]).paths, ["/usr/lib/"]);
        assert_eq!(choose(&["/usr/bin/a/"]).paths, ["/usr/bin/b/"]);
        for root in ["/", "."] {
            assert_eq!(pruned(&[root]).len(), 10, "{root}");
        }
    }

    #[test]
    fn dots_at_the_end_keep_a_directory_without_content() {
        assert_eq!(pruned(&["/usr/lib/."]), ["/etc", "/usr", "/usr/lib"]);
        assert_eq!(pruned(&["/."]), ["/etc"]);
        assert_eq!(choose(&["/usr/lib/."]).paths, ["/usr/lib"]);
    }

    #[test]
    fn patterns_keep_their_matches() {
        assert_eq!(
            pruned(&["/usr/*/[ac]"]),
            pruned(&["/usr/bin/a", "/usr/lib/c"])
        );
        assert_eq!(pruned(&["/usr/l*"]), pruned(&["/usr/lib"]));
        assert_eq!(choose(&["**/{c,b}"]).paths, ["/usr/bin/b/", "/usr/lib/c/"]);
        assert_eq!(choose(&["/usr/*/x", "b*"]).missing, ["/usr/*/x"]);
    }

    #[test]
    fn broken_links_are_kept() {
        for path in ["/lo*", "/loop", "loop", "/bin/../../loop"] {
            assert!(pruned(&[path]).contains(&"/loop".to_owned()), "{path}");
            assert!(choose(&[path]).missing.is_empty(), "{path}");
        }
    }

    #[test]
    fn unusable_patterns_are_errors() {
        let error = Selection::new(&tree(), &["/usr/[".to_owned()]).unwrap_err();
        assert_eq!(error.pattern, "/usr/[");
    }

    #[test]
    fn mounts_stay() {
        assert_eq!(pruned(&[]), ["/etc"]);
    }

    #[test]
    fn missing_paths_are_listed() {
        let missing = ["/none", "/usr/lib/c/../../none/x", "/loop/", "/loop/x"];
        assert_eq!(choose(&missing).missing, missing);
    }

    #[test]
    fn dot_dot_starts_at_the_target_of_a_link() {
        assert_eq!(
            choose(&["/bin/../lib/c", "/../usr"]).paths,
            ["/usr/lib/c/", "/usr/"]
        );
    }
}
