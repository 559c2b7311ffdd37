//! Parts and files, joined and taken apart.

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
    join(parts).tree
}

fn join(parts: Vec<Part>) -> Joined {
    super::join(parts, Vec::new(), Overlap::Hide)
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

fn file(guest: &str, mtime_ns: i64) -> Placed {
    Placed {
        host: PathBuf::new(),
        guest: GuestPath::parse(guest).unwrap(),
        file: FileNode {
            mtime_ns,
            executable: false,
            len: 0,
            content: std::sync::Arc::new(HostlessFile),
        },
    }
}

#[derive(Debug)]
struct HostlessFile;

impl wasi_vfs_format::tree::FileContent for HostlessFile {
    fn open(&self, _: u64) -> std::io::Result<Box<dyn std::io::Read + Send + '_>> {
        Ok(Box::new(std::io::empty()))
    }

    fn describe(&self) -> String {
        "nothing".to_owned()
    }
}

#[test]
fn files_go_into_the_part_that_holds_their_place() {
    let parts = vec![part("/usr", 1, &[("etc/a", "a")])];
    let files = vec![file("/usr/etc/b", 2), file("/usr/new/c", 3)];
    let Joined { tree, hidden, .. } = super::join(parts, files, Overlap::Hide);
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
fn files_outside_of_parts_make_one_mount_a_directory() {
    let files = vec![file("/etc/a", 1), file("./etc/b", 2), file("c", 3)];
    let parts = vec![part("/etc/sub", 9, &[])];
    let tree = super::join(parts, files, Overlap::Hide).tree;
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
fn files_hide_what_a_directory_brings() {
    let parts = vec![part("/", 1, &[("a", "1"), ("d/x", "2"), ("d/y", "3")])];
    let files = || vec![file("/a", 1), file("/d", 2)];
    let joined = super::join(parts.clone(), files(), Overlap::Hide);
    assert_eq!(joined.hidden, ["/a", "/d"]);
    assert_eq!(lines(&joined.tree), ["/ 1", "a file", "d file"]);
    let joined = super::join(parts.clone(), files(), Overlap::Merge);
    assert_eq!((joined.hidden.len(), joined.merged_over), (0, 3));
    let module = parts
        .into_iter()
        .map(|part| part.with_origin(Origin::Module));
    let joined = super::join(module.collect(), files(), Overlap::Hide);
    assert!(joined.hidden.is_empty());
}

#[test]
fn merged_parts_keep_the_later_files() {
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
    let joined = super::join(parts, Vec::new(), Overlap::Merge);
    let expected = [
        "/ 3",
        "a new",
        "d new",
        "lib/ 2",
        "lib/w new",
        "lib/x inner",
        "lib/y old",
    ];
    assert_eq!(lines(&joined.tree), expected);
    assert_eq!(mounts(&joined.tree), ["/", "/lib"]);
    assert_eq!((joined.hidden.len(), joined.merged_over), (0, 3));
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
    assert_eq!(join(parts).hidden, ["/file"]);
    let parts = vec![
        of_module(part("/usr/lib", 1, &[])),
        part("/usr", 2, &[("lib/new", "n")]),
    ];
    assert_eq!(join(parts).hidden, ["/usr/lib"]);
}

#[test]
fn hidden_empty_directories_are_told() {
    let mut outer = part("/", 1, &[]);
    place(
        &mut outer.directory,
        &["a", "b"].map(String::from),
        &mut Vec::new(),
    );
    let hidden = join(vec![outer, part("/a", 2, &[])]).hidden;
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
