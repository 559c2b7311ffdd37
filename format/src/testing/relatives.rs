//! A tree whose blocks have several bases.

use super::nodes::{DIRECTORY_MTIME_NS, file, mount};
use super::random::Random;
use crate::tree::{DirectoryNode, Node, Tree};
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// A tree of `kinds` times `copies` files of `len` bytes. Files of one kind differ in few
/// bytes, and files of different kinds have nothing in common. If a block has `len` bytes, a
/// writer chooses a base for each kind.
pub fn relatives(kinds: u8, copies: u8, len: usize) -> Tree {
    let all = (0..kinds).flat_map(|kind| (0..copies).map(move |copy| (kind, copy)));
    let children = all.map(|(kind, copy)| {
        let node: Node = file(relative(kind, copy, len));
        let name: String = format!("{kind:02}-{copy:02}");
        (name, node)
    });
    Tree {
        root: DirectoryNode {
            mtime_ns: DIRECTORY_MTIME_NS,
            children: children.collect(),
        },
        mounts: vec![mount("/", &[])],
    }
}

/// The content of the file `kind-copy` of [`relatives`].
pub fn relative(kind: u8, copy: u8, len: usize) -> Vec<u8> {
    let mut bytes = Random::new(kind.into()).bytes(len);
    for byte in &mut bytes {
        *byte = b'a' + *byte % 16;
    }
    for byte in bytes.iter_mut().skip(copy.into()).step_by(61) {
        *byte = b'A' + copy % 16;
    }
    bytes
}
