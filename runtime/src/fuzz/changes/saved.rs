//! Saving a layer and applying the save to another one.

use super::tree::walk;
use super::{IMAGE, Listed, list};
use crate::fs::{Filesystem, Kind, Origin};
use crate::overlay::{Overlay, Ticks};
use std::io::Read;
use std::string::String;
use std::vec::Vec;
use std::{format, vec};
use wasi_vfs_format::check::{check, check_blocks};
use wasi_vfs_format::tree::{DirectoryNode, Node};
use wasi_vfs_format::{ImageReader, InodeNumber};

/// A save is read in pieces of this length, so that pieces end anywhere.
const PIECE_LEN: usize = 1001;

/// Saves the layer. Checks that the image follows the rules, and that both ways to apply it
/// make the tree of the layer. A layer with the changes saves the same bytes.
///
/// # Panics
///
/// If one of that fails.
pub(super) fn check_save<L: Origin<Id = InodeNumber>>(layer: &mut Overlay<L, Ticks>) {
    let bytes = save(layer);
    let image = ImageReader::from_bytes(&bytes).expect("an image");
    assert_eq!(check(image.index()), []);
    assert_eq!(check_blocks(&image), []);
    let mut other = super::layer(1 << 30);
    assert_eq!(other.apply(&bytes), Ok(()));
    assert_eq!(list(&mut other), list(layer));
    assert_eq!(details(&mut other), details(layer));
    assert_eq!(save(&mut other), bytes);
    check_tree(layer, &image);
}

/// All bytes of a save.
///
/// # Panics
///
/// If the layer cannot be saved.
pub fn save<L: Origin<Id = InodeNumber>>(layer: &mut Overlay<L, Ticks>) -> Vec<u8> {
    let save = layer.save().expect("whole files");
    let (mut bytes, mut piece) = (Vec::new(), vec![0; PIECE_LEN]);
    loop {
        let read = save.read(layer, bytes.len() as u64, &mut piece);
        match read.expect("whole files") {
            0 => break,
            len => bytes.extend_from_slice(&piece[..len]),
        }
    }
    assert_eq!(bytes.len() as u64, save.image_len());
    bytes
}

/// Applies the changes to the packed tree, as a tool does.
fn check_tree(layer: &mut impl Filesystem, changes: &ImageReader<'_>) {
    let (index, payload) = &*IMAGE;
    let packed = ImageReader::new(index, &payload[..], None).expect("an image");
    let mut tree = packed.to_tree().expect("a whole image");
    assert_eq!(changes.apply_to(&mut tree), Ok(Vec::new()));
    let mut found = Vec::new();
    list_directory("", &tree.root, &mut found);
    found.sort();
    let mut expected = list(layer);
    expected.sort();
    assert_eq!(found, expected);
}

fn list_directory(path: &str, directory: &DirectoryNode, found: &mut Vec<(Listed, Vec<u8>)>) {
    for (name, node) in &directory.children {
        let name = format!("{path}/{name}");
        let (kind, mut bytes) = (kind(node), Vec::new());
        match node {
            Node::Directory(child) => list_directory(&name, child, found),
            Node::Symlink(link) => bytes.extend(link.target.bytes()),
            Node::File(file) => {
                let mut content = file.content.open(0).expect("a whole image");
                content.read_to_end(&mut bytes).expect("a whole image");
            }
        }
        found.push((Listed { name, kind }, bytes));
    }
}

fn kind(node: &Node) -> Kind {
    match node {
        Node::Directory(_) => Kind::Directory,
        Node::File(_) => Kind::File,
        Node::Symlink(_) => Kind::Symlink,
    }
}

/// Path, number of names and modification time of each node.
fn details<F: Filesystem>(fs: &mut F) -> Vec<(String, u64, i64)> {
    let mut found = Vec::new();
    let top = fs.mount(0).expect("a mount").id;
    walk(fs, top, "", &mut |fs, node, listed| {
        let stat = fs.stat(node)?;
        let links = match stat.kind {
            Kind::Directory => 1,
            _ => stat.link_count,
        };
        found.push((listed.name.clone(), links, stat.modified_ns));
        Ok(())
    })
    .expect("a readable tree");
    let node = fs.node(top).expect("a directory");
    let top = fs.stat(&node).expect("a directory");
    found.push((String::new(), 1, top.modified_ns));
    found
}
