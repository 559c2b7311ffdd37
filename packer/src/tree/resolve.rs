//! Follows a path through a tree as the runtime follows it, links included.

use wasi_vfs_format::limits::MAX_SYMLINK_HOPS;
use wasi_vfs_format::tree::{DirectoryNode, Node};

/// The nodes from the root to a place, each with its name. Empty for the root.
pub(crate) type Way<'t> = Vec<(&'t str, &'t Node)>;

/// What `..` means where nothing is above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// It stays at the root.
    Root,
    /// The path leads nowhere, as at run time. It is the path of a link in a mapped
    /// directory at this depth, and its relative targets stay in that directory.
    Mapping(usize),
}

/// The place where `path` leads, if anywhere. Calls `meet` with each place where the
/// path turns or ends: the links, the directories before `..`, and the last one.
pub(crate) fn follow<'t: 'p, 'p>(
    root: &'t DirectoryNode,
    path: &'p str,
    bound: Bound,
    meet: &mut dyn FnMut(&Way<'t>),
) -> Option<Way<'t>> {
    let mut walk = Walk {
        root,
        at: Vec::new(),
        rest: components_of(path).rev().collect(),
        bound,
        hops: 0,
    };
    let found = walk.run(meet);
    meet(&walk.at);
    found.map(|()| walk.at)
}

/// The state of a walk.
struct Walk<'t, 'p> {
    root: &'t DirectoryNode,
    at: Way<'t>,
    /// The names to come, the next one last.
    rest: Vec<&'p str>,
    bound: Bound,
    hops: u32,
}

impl<'t: 'p, 'p> Walk<'t, 'p> {
    fn run(&mut self, meet: &mut dyn FnMut(&Way<'t>)) -> Option<()> {
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
        if let Bound::Mapping(depth) = self.bound
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
            if let Bound::Mapping(depth) = &mut self.bound {
                *depth = 0;
            }
        } else {
            self.at.pop();
        }
        self.rest.extend(components_of(target).rev());
        Some(())
    }
}

/// The names in a path.
fn components_of(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    let names = path.split('/');
    names.filter(|name| !name.is_empty() && *name != ".")
}
