//! A whole tree: as a list, and copied from one file system to another.

use crate::blocks::Sink;
use crate::fs::{Filesystem, Intent, Kind, Result};
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The name, or the path in a list of a tree.
    pub name: String,
    /// The kind of the node.
    pub kind: Kind,
}

impl Listed {
    fn new(name: &[u8], kind: Kind) -> Self {
        Self {
            name: String::from_utf8_lossy(name).to_string(),
            kind,
        }
    }
}

/// Everything in the first mount: paths with the bytes of files and the targets of links.
///
/// # Panics
///
/// If the file system cannot read something that it lists.
pub fn list<F: Filesystem>(fs: &mut F) -> Vec<(Listed, Vec<u8>)> {
    let mut found = Vec::new();
    let top = fs.mount(0).expect("a mount").id;
    walk(fs, top, "", &mut |fs, node, listed| {
        let bytes = bytes(fs, node).expect("readable");
        found.push((listed.clone(), bytes));
        Ok(())
    })
    .expect("a readable tree");
    found
}

/// Copies the first mount of a file system to that of another one, which is empty.
///
/// # Panics
///
/// If one of them fails.
pub fn copy<F: Filesystem, T: Filesystem>(from: &mut F, to: &mut T) {
    let top = from.mount(0).expect("a mount").id;
    walk(from, top, "", &mut |from, node, listed| {
        let bytes = bytes(from, node)?;
        make(to, listed, &bytes)
    })
    .expect("a copy");
}

/// Removes everything in the first mount.
///
/// # Panics
///
/// If a name cannot be removed.
pub fn clear<F: Filesystem>(fs: &mut F) {
    let top = fs.mount(0).expect("a mount").id;
    clear_directory(fs, top).expect("removable names");
}

fn clear_directory<F: Filesystem>(fs: &mut F, directory: F::Id) -> Result {
    for entry in entries(fs, &fs.node(directory)?)? {
        let name = entry.name.as_bytes();
        if entry.kind == Kind::Directory {
            let found = fs.lookup(&fs.node(directory)?, name)?;
            clear_directory(fs, F::id(&found.expect("a listed name")))?;
            fs.remove_directory(directory, name)?;
        } else {
            fs.unlink(directory, name)?;
        }
    }
    Ok(())
}

/// Makes a node by its path.
fn make<T: Filesystem>(fs: &mut T, listed: &Listed, bytes: &[u8]) -> Result {
    let (directory, name) = listed.name.rsplit_once('/').unwrap_or_default();
    let mut id = fs.mount(0)?.id;
    for component in directory.split('/').filter(|name| !name.is_empty()) {
        let found = fs.lookup(&fs.node(id)?, component.as_bytes())?;
        id = T::id(&found.expect("made before"));
    }
    let name = name.as_bytes();
    match listed.kind {
        Kind::Directory => fs.create_directory(id, name),
        Kind::Symlink => fs.symlink(bytes, id, name),
        Kind::File => {
            let (read, write) = (true, true);
            let file = fs.create_file(id, name, Intent { read, write }, true)?;
            if !bytes.is_empty() {
                fs.write_at(T::id(&file), 0, bytes)?;
            }
            Ok(())
        }
    }
}

/// Visits a tree: directories before their entries, which are in order.
pub(super) fn walk<F: Filesystem>(
    fs: &mut F,
    directory: F::Id,
    path: &str,
    visit: &mut impl FnMut(&mut F, &F::Node, &Listed) -> Result,
) -> Result {
    let found = fs.node(directory)?;
    for entry in entries(fs, &found)? {
        let node = fs.lookup(&fs.node(directory)?, entry.name.as_bytes())?;
        let node = node.expect("a listed name");
        assert_eq!(F::kind(&node), entry.kind, "{}", entry.name);
        let name = format!("{path}/{}", entry.name);
        let listed = Listed { name, ..entry };
        visit(fs, &node, &listed)?;
        if listed.kind == Kind::Directory {
            walk(fs, F::id(&node), &listed.name, visit)?;
        }
    }
    Ok(())
}

/// The names of a directory in order. Each is there once.
pub(super) fn entries<F: Filesystem>(fs: &F, directory: &F::Node) -> Result<Vec<Listed>> {
    let (mut found, mut cookie) = (Vec::new(), 0);
    while let Some(entry) = fs.entry(directory, cookie)? {
        found.push(Listed::new(entry.name, entry.kind));
        cookie = entry.next;
    }
    found.sort();
    let is_double = found.windows(2).any(|pair| pair[0].name == pair[1].name);
    assert!(!is_double, "a name twice: {found:?}");
    Ok(found)
}

/// The bytes of a file, the target of a link.
fn bytes<F: Filesystem>(fs: &mut F, node: &F::Node) -> Result<Vec<u8>> {
    match F::kind(node) {
        Kind::Directory => Ok(Vec::new()),
        Kind::Symlink => Ok(fs.read_link(node)?.into()),
        Kind::File => {
            let intent = Intent {
                read: true,
                write: false,
            };
            fs.open_file(F::id(node), intent)?;
            let node = fs.node(F::id(node))?;
            let len = fs.stat(&node)?.len;
            read(fs, &node, 0, u32::try_from(len).expect("a short file"))
        }
    }
}

/// Up to `len` bytes of a file.
pub(super) fn read<F: Filesystem>(
    fs: &mut F,
    file: &F::Node,
    offset: u64,
    len: u32,
) -> Result<Vec<u8>> {
    let mut buffer = Buffer {
        bytes: vec![],
        room: len,
    };
    fs.read_at(file, offset, &mut buffer)?;
    Ok(buffer.bytes)
}

/// Keeps read bytes.
struct Buffer {
    bytes: Vec<u8>,
    room: u32,
}

impl Sink for Buffer {
    fn room(&self) -> u32 {
        self.room
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.room -= u32::try_from(bytes.len()).expect("within the room");
    }
}
