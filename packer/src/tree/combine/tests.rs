//! Combined and split trees.

use super::super::split::{Split, split};
use super::*;
use crate::path::GuestPath;
use std::collections::BTreeMap;
use std::path::PathBuf;
use wasi_vfs_format::testing::{Bytes, link, mount};
use wasi_vfs_format::tree::FileNode;

/// A directory from `("path/to/leaf", "content")`. The leaves are symbolic links, which
/// are easy to compare.
fn directory(mtime_ns: i64, leaves: &[(&str, &str)]) -> DirectoryNode {
    let mut root = DirectoryNode {
        mtime_ns,
        children: BTreeMap::new(),
    };
    for (path, content) in leaves {
        let mut names: Vec<String> = path.split('/').map(str::to_owned).collect();
        let last = names.pop().unwrap();
        directory_at(&mut root, &names, &mut Vec::new())
            .children
            .insert(last, link(content));
    }
    root
}

fn combined_tree(parts: Vec<MountedTree>) -> Tree {
    combine(parts).tree
}

fn combine(parts: Vec<MountedTree>) -> Combined {
    super::combine(parts, Vec::new(), Overlap::Hide)
}

fn part(guest: &str, mtime_ns: i64, leaves: &[(&str, &str)]) -> MountedTree {
    MountedTree::new(
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

fn file(guest: &str, mtime_ns: i64) -> MountedFile {
    MountedFile {
        host: PathBuf::new(),
        guest: GuestPath::parse(guest).unwrap(),
        file: FileNode {
            mtime_ns,
            executable: false,
            len: 0,
            content: std::sync::Arc::new(Bytes(Vec::new())),
        },
    }
}

#[test]
fn files_go_into_the_tree_that_holds_their_path() {
    let parts = vec![part("/usr", 1, &[("etc/a", "a")])];
    let files = vec![file("/usr/etc/b", 2), file("/usr/new/c", 3)];
    let Combined { tree, hidden, .. } = super::combine(parts, files, Overlap::Hide);
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
fn files_outside_of_mounts_mount_their_directory() {
    let files = vec![file("/etc/a", 1), file("./etc/b", 2), file("c", 3)];
    let parts = vec![part("/etc/sub", 9, &[])];
    let tree = super::combine(parts, files, Overlap::Hide).tree;
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
fn files_hide_content_of_directories() {
    let parts = vec![part("/", 1, &[("a", "1"), ("d/x", "2"), ("d/y", "3")])];
    let files = || vec![file("/a", 1), file("/d", 2)];
    let combined = super::combine(parts.clone(), files(), Overlap::Hide);
    assert_eq!(combined.hidden, ["/a", "/d"]);
    assert_eq!(lines(&combined.tree), ["/ 1", "a file", "d file"]);
    let combined = super::combine(parts.clone(), files(), Overlap::Union);
    assert_eq!((combined.hidden.len(), combined.hidden_count), (0, 3));
    let module = parts
        .into_iter()
        .map(|part| part.with_origin(Origin::Module));
    let combined = super::combine(module.collect(), files(), Overlap::Hide);
    assert!(combined.hidden.is_empty());
}

#[test]
fn unions_keep_the_later_files() {
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
    let combined = super::combine(parts, Vec::new(), Overlap::Union);
    let expected = [
        "/ 3",
        "a new",
        "d new",
        "lib/ 2",
        "lib/w new",
        "lib/x inner",
        "lib/y old",
    ];
    assert_eq!(lines(&combined.tree), expected);
    assert_eq!(mounts(&combined.tree), ["/", "/lib"]);
    assert_eq!((combined.hidden.len(), combined.hidden_count), (0, 3));
}

#[test]
fn missing_parents_have_mtime_zero() {
    let tree = combined_tree(vec![part("/usr/lib", 7, &[("a", "1")])]);
    assert_eq!(lines(&tree), ["/ 0", "usr/ 0", "usr/lib/ 7", "usr/lib/a 1"]);
}

#[test]
fn nested_mappings_form_one_tree_in_either_order() {
    let outer = part("/usr", 1, &[("bin", "b")]);
    let inner = part("/usr/local", 2, &[("etc", "e")]);
    let expected = [
        "/ 0",
        "usr/ 1",
        "usr/bin b",
        "usr/local/ 2",
        "usr/local/etc e",
    ];
    let tree = combined_tree(vec![outer.clone(), inner.clone()]);
    assert_eq!(lines(&tree), expected);
    assert_eq!(mounts(&tree), ["/usr", "/usr/local"]);
    let tree = combined_tree(vec![inner, outer]);
    assert_eq!(lines(&tree), expected);
    assert_eq!(mounts(&tree), ["/usr/local", "/usr"]);
}

#[test]
fn inner_mappings_hide_content_of_outer_ones() {
    let outer = part("/", 1, &[("lib/hidden", "h"), ("keep", "k")]);
    let inner = part("/lib", 2, &[("a", "1")]);
    let tree = combined_tree(vec![inner, outer]);
    assert_eq!(lines(&tree), ["/ 1", "keep k", "lib/ 2", "lib/a 1"]);
}

#[test]
fn inner_mappings_hide_links_at_and_above_them() {
    let outer = part("/", 1, &[("lib", "elsewhere"), ("usr", "elsewhere")]);
    let at = part("/lib", 2, &[]);
    let below = part("/usr/share", 3, &[]);
    let Combined { tree, hidden, .. } = combine(vec![outer, at, below]);
    assert_eq!(lines(&tree), ["/ 1", "lib/ 2", "usr/ 0", "usr/share/ 3"]);
    assert_eq!(hidden, ["/lib", "/usr"]);
}

#[test]
fn later_mappings_take_the_position_of_equal_ones() {
    let tree = combined_tree(vec![
        part("/a", 1, &[("old", "o")]),
        part("/b", 2, &[]),
        part("./a", 3, &[("new", "n")]),
    ]);
    assert_eq!(mounts(&tree), ["./a", "/b"]);
    assert_eq!(lines(&tree), ["/ 0", "a/ 3", "a/new n", "b/ 2"]);
}

#[test]
fn replaced_directories_of_the_module_are_not_reported() {
    let of_module = |part: MountedTree| part.with_origin(Origin::Module);
    let tree = part("/", 1, &[("usr/lib/old", "o"), ("file", "f")]);
    let parts = vec![
        of_module(tree),
        part("/usr/lib", 2, &[]),
        part("/file/x", 3, &[]),
    ];
    assert_eq!(combine(parts).hidden, ["/file"]);
    let parts = vec![
        of_module(part("/usr/lib", 1, &[])),
        part("/usr", 2, &[("lib/new", "n")]),
    ];
    assert_eq!(combine(parts).hidden, ["/usr/lib"]);
}

#[test]
fn hidden_empty_directories_are_reported() {
    let mut outer = part("/", 1, &[]);
    directory_at(
        &mut outer.directory,
        &["a", "b"].map(String::from),
        &mut Vec::new(),
    );
    let hidden = combine(vec![outer, part("/a", 2, &[])]).hidden;
    assert_eq!(hidden, ["/a"]);
}

#[test]
fn replaced_outer_mappings_keep_inner_ones() {
    let packed = combined_tree(vec![
        part("/", 1, &[("old", "o"), ("usr/old", "o")]),
        part("/usr/lib", 2, &[("a", "1")]),
    ]);
    let mut parts = split(packed).unwrap().parts;
    parts.push(part("/", 3, &[("new", "n")]));
    let expected = ["/ 3", "new n", "usr/ 0", "usr/lib/ 2", "usr/lib/a 1"];
    assert_eq!(lines(&combined_tree(parts)), expected);
}

#[test]
fn combining_the_parts_returns_the_tree() {
    let tree = combined_tree(vec![
        part("/usr/lib/x", 1, &[("a", "1")]),
        part("/usr", 2, &[("lib/b", "2"), ("c", "3")]),
        part("data", 3, &[]),
    ]);
    let again = combined_tree(split(tree.clone()).unwrap().parts);
    assert_eq!(lines(&again), lines(&tree));
    assert_eq!(again.mounts, tree.mounts);
}

#[test]
fn empty_directories_outside_mounts_are_not_lost() {
    for path in ["empty", "usr/empty", "a/empty"] {
        let mut tree = combined_tree(vec![part("/usr/lib", 1, &[("b", "2")]), part("/a", 3, &[])]);
        let names: Vec<_> = path.split('/').map(str::to_owned).collect();
        directory_at(&mut tree.root, &names, &mut Vec::new());
        let is_under_a_mount = path.starts_with("a/");
        assert_eq!(split(tree).is_some(), is_under_a_mount, "{path}");
    }
}

#[test]
fn parents_of_mounts_keep_their_times() {
    let mut tree = combined_tree(vec![part("/usr/lib/x", 1, &[]), part("/a", 2, &[])]);
    tree.root.mtime_ns = 7;
    for (depth, mtime_ns) in [(1, 8), (2, 9)] {
        let names = ["usr", "lib"].map(str::to_owned);
        let parent = directory_at(&mut tree.root, &names[..depth], &mut Vec::new());
        parent.mtime_ns = mtime_ns;
    }
    let expected = ["/ 7", "a/ 2", "usr/ 8", "usr/lib/ 9", "usr/lib/x/ 1"];
    assert_eq!(lines(&tree), expected);
    let Split { mut parts, .. } = split(tree).unwrap();
    assert_eq!(lines(&combined_tree(parts.clone())), expected);
    // A mapped directory has its own time, whatever the time in the image.
    parts.push(part("/usr", 3, &[]));
    let expected = ["/ 7", "a/ 2", "usr/ 3", "usr/lib/ 0", "usr/lib/x/ 1"];
    assert_eq!(lines(&combined_tree(parts)), expected);
}

#[test]
fn files_outside_mounts_are_not_lost() {
    let mut tree = combined_tree(vec![part("/a", 1, &[("b", "2")])]);
    let other = directory(3, &[("d/e", "4")]);
    tree.root.children.extend(other.children.clone());
    assert!(split(tree).is_none());
}

#[test]
fn first_of_two_equal_mounts_is_a_part() {
    let mut tree = combined_tree(vec![part("/a", 1, &[("b", "2")])]);
    tree.mounts.push(mount("a", &["a"]));
    let Split { parts, hidden } = split(tree).unwrap();
    assert_eq!(hidden, ["a"]);
    let again = combined_tree(parts);
    assert_eq!(lines(&again), ["/ 0", "a/ 1", "a/b 2"]);
    assert_eq!(mounts(&again), ["/a"]);
}

#[test]
fn missing_directories_of_mounts_are_empty_parts() {
    let mut tree = combined_tree(vec![part("/a", 1, &[])]);
    tree.root.children.clear();
    assert_eq!(
        lines(&combined_tree(split(tree).unwrap().parts)),
        ["/ 0", "a/ 0"]
    );
}
