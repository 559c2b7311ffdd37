//! The directories of a tree that a program may change.
//!
//! [`make`] ensures that a guest path is a directory that the program can open. It follows
//! links as the runtime does, creates missing directories, and mounts the path if no mount
//! holds it. For example, a tree with the mount `/usr/lib` gets the empty directory `/tmp`
//! and a mount for it. A rootfs with the link `/tmp` to `var/tmp` stays unchanged, and the
//! writable directory is `/var/tmp`.

use super::mounted::path_of;
use super::resolve::{Top, resolve};
use crate::path::GuestPath;
use wasi_vfs_format::limits::MAX_MOUNT_COUNT;
use wasi_vfs_format::tree::{DirectoryNode, MountPoint, Node, Tree};

/// A directory that is in the tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// Its names from the root, without links.
    pub(crate) components: Vec<String>,
    /// Whether the tree changed.
    pub(crate) is_new: bool,
    /// Whether a mount was added, behind the others.
    pub(crate) is_mounted: bool,
}

/// A guest path that cannot be a directory of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotADirectory {
    /// A file is at `path`, which is the guest path or above it.
    File { path: String },
    /// The target of the symbolic link at `path` is missing.
    BrokenLink { path: String },
    /// No mount holds the path, and the tree has as many mounts as are possible.
    TooManyMounts,
}

/// Makes `guest` a directory of `tree` at or below a mount. Missing directories get the time
/// 0, so that the same inputs give the same bytes.
pub(crate) fn make(tree: &mut Tree, guest: &GuestPath) -> Result<Made, NotADirectory> {
    let components = target_of(tree, guest.components())?;
    let is_mounted = !is_below_mount(tree, guest.components());
    if is_mounted && tree.mounts.len() >= MAX_MOUNT_COUNT as usize {
        return Err(NotADirectory::TooManyMounts);
    }
    let is_created = create(&mut tree.root, &components);
    if is_mounted {
        tree.mounts.push(MountPoint {
            guest_path: guest.spelling().to_owned(),
            components: components.clone(),
        });
    }
    Ok(Made {
        components,
        is_new: is_created || is_mounted,
        is_mounted,
    })
}

/// The directories without those below another one of them.
pub(crate) fn outermost(mut directories: Vec<Vec<String>>) -> Vec<Vec<String>> {
    // A directory sorts before everything below it.
    directories.sort();
    let mut outermost: Vec<Vec<String>> = Vec::new();
    for directory in directories {
        let is_inside = outermost
            .last()
            .is_some_and(|last| directory.starts_with(last));
        if !is_inside {
            outermost.push(directory);
        }
    }
    outermost
}

fn is_below_mount(tree: &Tree, components: &[String]) -> bool {
    let mut mounts = tree.mounts.iter();
    mounts.any(|mount| components.starts_with(&mount.components))
}

/// The path without links. Names behind the last existing directory stay as they are.
fn target_of(tree: &Tree, components: &[String]) -> Result<Vec<String>, NotADirectory> {
    let mut target: Vec<String> = Vec::new();
    for name in components {
        target.push(name.clone());
        if let Some(directory) = directory_at(tree, &target)? {
            target = directory;
        }
    }
    Ok(target)
}

/// A link below a mount does not lead out of the innermost mount above it.
fn top_of(tree: &Tree, components: &[String]) -> Top {
    let mounts = tree.mounts.iter();
    let above = mounts.filter(|mount| components.starts_with(&mount.components));
    let depth = above.map(|mount| mount.components.len()).max();
    depth.map_or(Top::Root, Top::Mount)
}

/// The path without links of the directory at `path`. `None` if nothing is there.
fn directory_at(tree: &Tree, components: &[String]) -> Result<Option<Vec<String>>, NotADirectory> {
    let path = path_of(components);
    let mut is_link = false;
    let found = resolve(&tree.root, &path, top_of(tree, components), &mut |nodes| {
        is_link |= matches!(nodes.last(), Some((_, Node::Symlink(_))));
    });
    match found {
        Some(nodes) => match nodes.last() {
            Some((_, Node::File(_))) => Err(NotADirectory::File { path }),
            _ => Ok(Some(
                nodes.iter().map(|(name, _)| (*name).to_owned()).collect(),
            )),
        },
        None if is_link => Err(NotADirectory::BrokenLink { path }),
        None => Ok(None),
    }
}

/// Creates the missing directories at and above `components`. Returns whether any was
/// missing. The path has no links and no files.
fn create(root: &mut DirectoryNode, components: &[String]) -> bool {
    let mut directory = root;
    let mut is_new = false;
    for name in components {
        let child = directory.children.entry(name.clone()).or_insert_with(|| {
            is_new = true;
            Node::Directory(DirectoryNode::default())
        });
        match child {
            Node::Directory(child) => directory = child,
            Node::File(_) | Node::Symlink(_) => return is_new,
        }
    }
    is_new
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_vfs_format::testing::{directory, file, link, mount, tree};

    fn guest(text: &str) -> GuestPath {
        GuestPath::parse(text).unwrap()
    }

    fn made(tree: &mut Tree, path: &str) -> (String, bool, bool) {
        let made = make(tree, &guest(path)).unwrap();
        (path_of(&made.components), made.is_new, made.is_mounted)
    }

    fn mounts(tree: &Tree) -> Vec<&str> {
        let mounts = tree.mounts.iter();
        mounts.map(|mount| mount.guest_path.as_str()).collect()
    }

    /// `/usr/lib` with a file, an empty directory and links.
    fn sample() -> Tree {
        let lib = directory([
            ("a.txt", file("a")),
            ("cache", directory([])),
            ("to-cache", link("cache")),
            ("to-file", link("a.txt")),
            ("broken", link("none")),
        ]);
        let mut tree = tree([("usr", directory([("lib", lib)]))]);
        tree.mounts = vec![mount("/usr/lib", &["usr", "lib"])];
        tree
    }

    #[test]
    fn existing_directories_stay_as_they_are() {
        let mut tree = sample();
        for path in ["/usr/lib", "usr/lib/", "/usr/lib/cache"] {
            let expected = path_of(guest(path).components());
            assert_eq!(made(&mut tree, path), (expected, false, false));
        }
        assert_eq!(mounts(&tree), ["/usr/lib"]);
    }

    #[test]
    fn missing_directories_get_a_mount_unless_one_holds_them() {
        let mut tree = sample();
        let deep = made(&mut tree, "/usr/lib/x/y");
        assert_eq!(deep, ("/usr/lib/x/y".to_owned(), true, false));
        let temporary = made(&mut tree, "/var/tmp/");
        assert_eq!(temporary, ("/var/tmp".to_owned(), true, true));
        assert_eq!(mounts(&tree), ["/usr/lib", "/var/tmp"]);
        let again = made(&mut tree, "/var/tmp");
        assert_eq!(again, ("/var/tmp".to_owned(), false, false));
    }

    #[test]
    fn parents_of_mounts_become_mounts() {
        let mut tree = sample();
        let parent = made(&mut tree, "/usr");
        assert_eq!(parent, ("/usr".to_owned(), true, true));
        assert_eq!(made(&mut tree, "/"), (String::new(), true, true));
        assert_eq!(mounts(&tree), ["/usr/lib", "/usr", "/"]);
        let lib = resolve(&tree.root, "/usr/lib/a.txt", Top::Root, &mut |_| {});
        assert!(lib.is_some());
    }

    #[test]
    fn links_are_followed() {
        let mut tree = sample();
        let through = made(&mut tree, "/usr/lib/to-cache");
        assert_eq!(through, ("/usr/lib/cache".to_owned(), false, false));
        let below = made(&mut tree, "/usr/lib/to-cache/new");
        assert_eq!(below, ("/usr/lib/cache/new".to_owned(), true, false));
    }

    #[test]
    fn files_and_broken_links_are_named() {
        let mut tree = sample();
        for name in ["a.txt", "to-file", "a.txt/b", "to-file/b"] {
            let path = format!("/usr/lib/{}", name.trim_end_matches("/b"));
            let error = make(&mut tree, &guest(&format!("/usr/lib/{name}")));
            assert_eq!(error, Err(NotADirectory::File { path }), "{name}");
        }
        let path = "/usr/lib/broken".to_owned();
        for name in ["broken", "broken/b"] {
            let error = make(&mut tree, &guest(&format!("/usr/lib/{name}")));
            let path = path.clone();
            assert_eq!(error, Err(NotADirectory::BrokenLink { path }), "{name}");
        }
    }

    #[test]
    fn full_list_of_mounts_takes_no_further_one() {
        let mut tree = sample();
        let number_of = |number| mount(&format!("/usr/lib/{number}"), &["usr", "lib"]);
        tree.mounts.extend((1..MAX_MOUNT_COUNT).map(number_of));
        let error = make(&mut tree, &guest("/tmp"));
        assert_eq!(error, Err(NotADirectory::TooManyMounts));
        assert_eq!(tree.mounts.len(), 1024);
        assert!(tree.root.children.keys().eq(["usr"]));
        let below = made(&mut tree, "/usr/lib/tmp");
        assert_eq!(below, ("/usr/lib/tmp".to_owned(), true, false));
    }

    #[test]
    fn outer_directories_cover_inner_ones() {
        let paths = ["/a/b", "/a", "/ab", "/c/d", "/c/d", "/a/b/c"];
        let directories = paths.map(|path| guest(path).components().to_vec());
        let outer: Vec<_> = outermost(directories.to_vec());
        let outer: Vec<_> = outer.iter().map(|names| path_of(names)).collect();
        assert_eq!(outer, ["/a", "/ab", "/c/d"]);
        assert_eq!(outermost(vec![vec![], vec!["a".to_owned()]]), [[""; 0]]);
    }
}
