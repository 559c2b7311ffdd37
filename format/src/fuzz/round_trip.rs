//! The fuzz target of the writer: a tree becomes an image and is read back.

use super::input::Input;
use crate::check::{check, verify};
use crate::reader::ImageReader;
use crate::testing::{Bytes, Random, mount};
use crate::tree::{DirectoryNode, FileNode, MountPoint, Node, SymlinkNode, Tree};
use crate::writer::{Options, write};
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec::Vec;
use std::{format, vec};

const NAMES: [&str; 12] = [
    "a", "b", "c", "ab", "A", "日本", "-", "a b", ".a", "..a", "~", "z",
];
const TARGETS: [&str; 6] = ["a", "../b", "/c", ".", "no/such", "日本/"];

/// Writes the tree that `data` describes, and reads it back.
///
/// # Panics
///
/// If the read tree differs from the written one, a rule of the format is broken, or a
/// second image has other bytes.
pub fn round_trip(data: &[u8]) {
    let mut input = Input(data);
    let options = Options {
        compression: [None, Some(1), Some(3)][input.below(3)],
        block_shift: input.pick(&[12, 13, 17, 20]),
        ..Options::default()
    };
    let mut tree = Tree {
        root: directory(&mut input, 0),
        mounts: Vec::new(),
    };
    tree.mounts = mounts(&tree.root);
    let image = write(&tree, &options, &()).expect("a tree by the rules");
    let again = write(&tree, &options, &()).expect("a tree by the rules");
    assert_eq!(image.to_bytes(), again.to_bytes(), "not deterministic");
    let bytes = image.to_bytes();
    let reader = ImageReader::from_bytes(&bytes).expect("whole");
    assert_eq!(check(reader.index()), []);
    assert_eq!(verify(&reader), Some(vec![]));
    let back = reader.to_tree().expect("whole");
    assert_eq!(describe(&back), describe(&tree));
}

fn directory(input: &mut Input<'_>, depth: usize) -> DirectoryNode {
    let mut node = DirectoryNode {
        mtime_ns: i64::from(input.byte()) - 100,
        children: [].into(),
    };
    for _ in 0..input.below(if depth == 0 { 40 } else { 8 }) {
        if input.is_empty() {
            break;
        }
        let name = format!("{}{}", input.pick(&NAMES), ["", "0", "1"][input.below(3)]);
        let child = child(input, depth);
        node.children.insert(name, child);
    }
    node
}

fn child(input: &mut Input<'_>, depth: usize) -> Node {
    match input.below(8) {
        0 if depth < 12 => Node::Directory(directory(input, depth + 1)),
        1 => Node::Symlink(SymlinkNode {
            mtime_ns: i64::from(input.byte()),
            target: input.pick(&TARGETS).to_string(),
        }),
        kind => {
            let content = content(input);
            Node::File(FileNode {
                mtime_ns: i64::from(input.byte()) << 40,
                executable: kind == 2,
                len: content.len() as u64,
                content: Arc::new(Bytes(content)),
            })
        }
    }
}

/// Returns content from pieces that repeat within a file and between files, so that
/// files have shared chunks and extents.
fn content(input: &mut Input<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..input.below(5) {
        let (seed, len) = (input.byte(), 1 << input.below(17));
        match input.below(4) {
            0 => bytes.extend_from_slice(input.take(len)),
            1 => bytes.resize(bytes.len() + len, seed),
            _ => bytes.extend(Random::new(u64::from(seed % 4)).bytes(len)),
        }
    }
    bytes
}

/// The root and each directory in the root.
fn mounts(root: &DirectoryNode) -> Vec<MountPoint> {
    let is_directory = |(_, node): &(&String, &Node)| matches!(node, Node::Directory(_));
    let below = root.children.iter().filter(is_directory);
    let below = below.map(|(name, _)| mount(&format!("/{name}"), &[name]));
    let root = mount("/", &[]);
    std::iter::once(root).chain(below).collect()
}

/// All properties of a tree, as lines.
fn describe(tree: &Tree) -> Vec<(String, i64, String, Vec<u8>)> {
    let mut lines = Vec::new();
    for mount in &tree.mounts {
        let place = mount.components.join("/");
        lines.push((mount.guest_path.clone(), 0, place, Vec::new()));
    }
    describe_directory("", &tree.root, &mut lines);
    lines
}

fn describe_directory(
    path: &str,
    node: &DirectoryNode,
    lines: &mut Vec<(String, i64, String, Vec<u8>)>,
) {
    lines.push((
        path.to_string(),
        node.mtime_ns,
        "directory".into(),
        Vec::new(),
    ));
    for (name, child) in &node.children {
        let path = format!("{path}/{name}");
        match child {
            Node::Directory(node) => describe_directory(&path, node, lines),
            Node::Symlink(node) => {
                lines.push((path, node.mtime_ns, node.target.clone(), Vec::new()));
            }
            Node::File(node) => {
                let mut bytes = Vec::new();
                let opened = node.content.open(0);
                opened
                    .and_then(|mut content| content.read_to_end(&mut bytes))
                    .expect("its content can be read");
                let what = format!("file {} {}", node.executable, node.len);
                lines.push((path, node.mtime_ns, what, bytes));
            }
        }
    }
}
