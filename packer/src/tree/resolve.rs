//! Resolves a path in a tree as the runtime does, including links.

use wasi_vfs_format::limits::MAX_SYMLINK_HOPS;
use wasi_vfs_format::tree::{DirectoryNode, Node};

/// The nodes from the root to a node, with their names. Empty for the root.
pub(crate) type NodePath<'t> = Vec<(&'t str, &'t Node)>;

/// The meaning of `..` at the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Top {
    /// `..` stays at the root.
    Root,
    /// `..` fails at the mount at this depth, as at run time. The resolved path is that of
    /// a link below the mount.
    Mount(usize),
}

/// Resolves `path`. Calls `meet` with the links on the way, the directories before each
/// `..`, and the last reached node. Returns `None` if the path does not exist.
pub(crate) fn resolve<'t: 'p, 'p>(
    root: &'t DirectoryNode,
    path: &'p str,
    top: Top,
    meet: &mut dyn FnMut(&NodePath<'t>),
) -> Option<NodePath<'t>> {
    let mut resolver = Resolver {
        root,
        at: Vec::new(),
        rest: components_of(path).rev().collect(),
        top,
        hops: 0,
    };
    let resolved = resolver.run(meet);
    meet(&resolver.at);
    resolved.map(|()| resolver.at)
}

/// The state of a resolution.
struct Resolver<'t, 'p> {
    root: &'t DirectoryNode,
    at: NodePath<'t>,
    /// The remaining names, the next one last.
    rest: Vec<&'p str>,
    top: Top,
    hops: u32,
}

impl<'t: 'p, 'p> Resolver<'t, 'p> {
    fn run(&mut self, meet: &mut dyn FnMut(&NodePath<'t>)) -> Option<()> {
        while let Some(name) = self.rest.pop() {
            if name == ".." {
                meet(&self.at);
                self.climb()?;
                continue;
            }
            let (name, node) = self.directory()?.children.get_key_value(name)?;
            self.at.push((name.as_str(), node));
            if let Node::Symlink(link) = node {
                meet(&self.at);
                self.follow(&link.target)?;
            }
        }
        Some(())
    }

    fn directory(&self) -> Option<&'t DirectoryNode> {
        match self.at.last() {
            None => Some(self.root),
            Some((_, Node::Directory(directory))) => Some(directory),
            Some(_) => None,
        }
    }

    fn climb(&mut self) -> Option<()> {
        if let Top::Mount(depth) = self.top
            && self.at.len() <= depth
        {
            return None;
        }
        self.at.pop();
        Some(())
    }

    fn follow(&mut self, target: &'t str) -> Option<()> {
        self.hops += 1;
        if self.hops > MAX_SYMLINK_HOPS {
            return None;
        }
        if target.starts_with('/') {
            self.at.clear();
            if let Top::Mount(depth) = &mut self.top {
                *depth = 0;
            }
        } else {
            self.at.pop();
        }
        self.rest.extend(components_of(target).rev());
        Some(())
    }
}

fn components_of(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    let names = path.split('/');
    names.filter(|name| !name.is_empty() && *name != ".")
}
