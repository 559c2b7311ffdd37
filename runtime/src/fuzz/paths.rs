//! Paths of programs and of tools, against a model that walks a map and shares no code with
//! the runtime.

use crate::fs::{FsError, Guest, Policy, Result, Tool, resolve};
use std::collections::BTreeMap;
use std::string::{String, ToString};
use std::sync::LazyLock;
use std::vec;
use std::vec::Vec;
use wasi_vfs_format::fuzz::Input;
use wasi_vfs_format::limits::MAX_NAME_LEN;
use wasi_vfs_format::testing::{file, link, mount};
use wasi_vfs_format::tree::{DirectoryNode, Node, Tree};
use wasi_vfs_format::writer::{Options, write};
use wasi_vfs_format::{Content, Index, InodeNumber};

/// Links of the tree. Its directories are `/`, `/a`, `/a/b` and `/c`, its files
/// `/f` and `/a/b/f`.
const LINKS: [(&str, &str); 14] = [
    ("/l", "a"),
    ("/a/l", "b/"),
    ("/a/up", ".."),
    ("/a/b/l", "../../c/l"),
    ("/c/l", "/a/b/f"),
    ("/c/r", "/"),
    ("/c/d", "."),
    ("/c/f", "../f/"),
    ("/a/m", "none"),
    ("/a/b/m", "none/"),
    ("/s", "s"),
    ("/a/s", "/c/s"),
    ("/c/s", "../a/s"),
    ("/c/a", "../l/up/a/l//f"),
];

const DIRECTORIES: [&str; 4] = ["/", "/a", "/a/b", "/c"];
const FILES: [&str; 2] = ["/f", "/a/b/f"];

/// What paths are made of.
const PIECES: [&str; 16] = [
    "a", "b", "c", "d", "f", "l", "m", "r", "s", "up", ".", "..", "/", "/", "none", "A",
];

const MAX_HOPS: usize = 40;

/// Resolves the path that `data` describes, in both ways.
///
/// # Panics
///
/// If the model comes to another end.
pub fn paths(data: &[u8]) {
    let mut input = Input(data);
    let start = input.pick(&DIRECTORIES);
    let root = input.pick(&DIRECTORIES);
    // The root of a descriptor is its directory or one above it.
    let root = if is_within(start, root) { root } else { "/" };
    let follow = input.below(2) == 0;
    let mut path = String::new();
    while !input.is_empty() {
        path += input.pick(&PIECES);
        if input.below(4) != 0 {
            path.push('/');
        }
    }
    let expected = Model::new(root, start, false).walk(&path, follow);
    let found_by_guest = found::<Guest>(root, start, &path, follow);
    assert_eq!(
        found_by_guest, expected,
        "{path:?} from {start:?} below {root:?}, {follow}"
    );
    let expected = Model::new("/", "/", true).walk(&path, follow);
    let found_by_tool = found::<Tool>("/", "/", &path, follow);
    assert_eq!(found_by_tool, expected, "{path:?} of a tool, {follow}");
}

fn is_within(path: &str, root: &str) -> bool {
    let rest = path.strip_prefix(root);
    root == "/" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The place and the root that the runtime comes to.
fn found<P: Policy>(
    root: &str,
    start: &str,
    path: &str,
    follow: bool,
) -> Result<(Option<String>, String)> {
    let index = Index::parse(&IMAGE).expect("whole");
    let start = (number(&index, start), number(&index, root));
    let resolution = resolve::<P, _>(&index, start, path.as_bytes(), follow)?;
    let name = |number| name(&index, number);
    Ok((
        resolution.node.map(|inode| name(inode.number)),
        name(resolution.root),
    ))
}

fn number(index: &Index<'_>, path: &str) -> InodeNumber {
    let mut inode = index.inode(InodeNumber::ROOT).expect("whole");
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let Content::Directory(directory) = inode.content else {
            panic!("{path} leads through what is no directory");
        };
        let found = index.lookup(&directory, name.as_bytes());
        inode = found.expect("whole").expect("in the tree");
    }
    inode.number
}

fn name(index: &Index<'_>, number: InodeNumber) -> String {
    if number == InodeNumber::ROOT {
        return "/".to_string();
    }
    let parent = index.inode(number).expect("whole").parent;
    let own = String::from_utf8_lossy(index.name(number).expect("whole"));
    join(&name(index, parent), &own)
}

fn join(directory: &str, name: &str) -> String {
    std::format!("{}/{name}", directory.trim_end_matches('/'))
}

/// The index of the tree.
static IMAGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let tree = Tree {
        root: directory("/"),
        mounts: vec![mount("/", &[])],
    };
    let image = write(&tree, &Options::default(), &()).expect("a tree by the rules");
    image.index
});

fn directory(path: &str) -> DirectoryNode {
    let mut children = BTreeMap::new();
    let mut add = |child: &str, node: Node| {
        let split = child.rsplit_once('/');
        let (parent, name) = split.expect("absolute");
        if !name.is_empty() && parent == path.trim_end_matches('/') {
            children.insert(name.to_string(), node);
        }
    };
    for (place, target) in LINKS {
        add(place, link(target));
    }
    for place in FILES {
        add(place, file(vec![1]));
    }
    for place in DIRECTORIES {
        if place != path && is_within(place, path) {
            add(place, Node::Directory(directory(place)));
        }
    }
    DirectoryNode {
        mtime_ns: 0,
        children,
    }
}

/// A walk by the rules of `docs/RUNTIME.md`, over lists of components.
struct Model {
    root: String,
    at: String,
    /// The components that remain, the next one last, and whether each must be
    /// a directory since a slash follows.
    rest: Vec<(String, bool)>,
    hops: usize,
    /// Whether the path is that of a tool's user.
    is_tool: bool,
}

impl Model {
    fn new(root: &str, start: &str, is_tool: bool) -> Self {
        Self {
            root: root.to_string(),
            at: start.to_string(),
            rest: Vec::new(),
            hops: 0,
            is_tool,
        }
    }

    fn walk(mut self, path: &str, follow: bool) -> Result<(Option<String>, String)> {
        match path.chars().next() {
            None if !self.is_tool => return Err(FsError::NotFound),
            Some('/') if !self.is_tool => return Err(FsError::NotPermitted),
            None => {}
            Some(_) => self.push(path, false),
        }
        while let Some((name, is_directory)) = self.rest.pop() {
            if !DIRECTORIES.contains(&&*self.at) {
                return Err(FsError::NotADirectory);
            }
            match &*name {
                "." => {}
                ".." if self.at == self.root && self.is_tool => {}
                ".." if self.at == self.root => return Err(FsError::NotPermitted),
                ".." => self.at = parent(&self.at),
                name if name.len() > MAX_NAME_LEN => return Err(FsError::NameTooLong),
                name => {
                    if !self.enter(&join(&self.at, name), is_directory, follow)? {
                        return Ok((None, self.root));
                    }
                }
            }
        }
        Ok((Some(self.at), self.root))
    }

    /// Goes to `place`; false if it is not there and nothing follows.
    fn enter(&mut self, place: &str, is_directory: bool, follow: bool) -> Result<bool> {
        let target = LINKS.iter().find(|(link, _)| *link == place);
        if let Some((_, target)) = target {
            if follow || is_directory {
                self.hops += 1;
                if self.hops > MAX_HOPS {
                    return Err(FsError::Loop);
                }
                if target.starts_with('/') {
                    self.root = "/".to_string();
                    self.at = "/".to_string();
                }
                self.push(target, is_directory);
                return Ok(true);
            }
        } else if FILES.contains(&place) {
            if is_directory {
                return Err(FsError::NotADirectory);
            }
        } else if !DIRECTORIES.contains(&place) {
            return if self.rest.is_empty() {
                Ok(false)
            } else {
                Err(FsError::NotFound)
            };
        }
        self.at = place.to_string();
        Ok(true)
    }

    fn push(&mut self, path: &str, is_directory: bool) {
        let mut is_directory = is_directory || path.ends_with('/');
        for name in path.rsplit('/').filter(|name| !name.is_empty()) {
            self.rest.push((name.to_string(), is_directory));
            is_directory = true;
        }
    }
}

fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/".to_string(),
        Some((parent, _)) => parent.to_string(),
    }
}
