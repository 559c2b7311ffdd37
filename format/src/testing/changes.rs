//! Images of changes.

use super::nodes::{DIRECTORY_MTIME_NS, FILE_MTIME_NS, LINK_MTIME_NS};
use crate::changes::{BLOCK_SHIFT, Described, Writer};
use crate::inode::InodeNumber;
use std::collections::{BTreeMap, VecDeque};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// A change of a name.
#[derive(Clone, Debug)]
pub enum Change {
    /// The name was removed.
    Removed,
    /// A directory, with the changes of its entries.
    Directory(BTreeMap<String, Change>),
    /// A new or changed file.
    File(Vec<u8>),
    /// The same, executable.
    Program(Vec<u8>),
    /// A symbolic link.
    Symlink(String),
    /// A further name of the file or link with this path, which has fewer directories or
    /// comes earlier.
    Link(String),
}

/// A directory with these changes.
pub fn changed<const N: usize>(children: [(&str, Change); N]) -> Change {
    let children = children.map(|(name, change)| (name.to_string(), change));
    Change::Directory(children.into())
}

/// An image of changes, whose root has these.
///
/// # Panics
///
/// If the changes exceed a bound of the format, or a link names no earlier path.
pub fn changes<const N: usize>(children: [(&str, Change); N]) -> Vec<u8> {
    let mut writer = Writer::new(DIRECTORY_MTIME_NS).expect("memory");
    let mut numbers = BTreeMap::new();
    let mut content = Vec::new();
    let mut pending = VecDeque::from([(InodeNumber::ROOT, String::new(), changed(children))]);
    while let Some((parent, path, directory)) = pending.pop_front() {
        let Change::Directory(children) = directory else {
            continue;
        };
        for (name, change) in children {
            let path = format!("{path}/{name}");
            let (mtime_ns, described) = describe(&change, &numbers);
            let number = writer
                .add(parent, name.as_bytes(), mtime_ns, described)
                .expect("within the bounds");
            numbers.insert(path.clone(), number);
            if let Change::File(bytes) | Change::Program(bytes) = &change {
                content.extend_from_slice(bytes);
            }
            pending.push_back((number, path, change));
        }
    }
    for block in content.chunks(1 << BLOCK_SHIFT) {
        writer.add_block(block).expect("memory");
    }
    [writer.finish().expect("a short index"), content].concat()
}

fn describe<'c>(
    change: &'c Change,
    numbers: &BTreeMap<String, InodeNumber>,
) -> (i64, Described<'c>) {
    let file = |bytes: &[u8], executable| Described::File {
        len: bytes.len() as u64,
        executable,
    };
    match change {
        Change::Removed => (0, Described::Removed),
        Change::Directory(_) => (DIRECTORY_MTIME_NS, Described::Directory),
        Change::File(bytes) => (FILE_MTIME_NS, file(bytes, false)),
        Change::Program(bytes) => (FILE_MTIME_NS, file(bytes, true)),
        Change::Symlink(target) => {
            let target = target.as_bytes();
            (LINK_MTIME_NS, Described::Symlink { target })
        }
        Change::Link(path) => {
            let number = numbers.get(path).expect("an earlier path");
            (0, Described::Link(*number))
        }
    }
}
