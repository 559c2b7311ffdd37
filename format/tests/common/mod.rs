//! Trees for tests.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::io::{self, Read};
use std::sync::Arc;
use wasi_vfs_format::tree::{
    DirectoryNode, FileContent, FileNode, MountPoint, Node, SymlinkNode, Tree,
};
use wasi_vfs_format::writer::{self, Options};
use wasi_vfs_format::{Content, Image, ImageReader, Inode, InodeNumber};

/// Bytes in memory as the content of a file.
#[derive(Debug)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl FileContent for Bytes {
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(&self.0[offset as usize..]))
    }

    fn describe(&self) -> String {
        format!("{} bytes in memory", self.0.len())
    }
}

pub(crate) fn file(bytes: impl Into<Vec<u8>>) -> Node {
    let bytes = bytes.into();
    Node::File(FileNode {
        mtime_ns: 1_700_000_000_123_456_789,
        executable: false,
        len: bytes.len() as u64,
        content: Arc::new(Bytes(bytes)),
    })
}

pub(crate) fn program(bytes: impl Into<Vec<u8>>) -> Node {
    match file(bytes) {
        Node::File(file) => Node::File(FileNode {
            executable: true,
            ..file
        }),
        node => node,
    }
}

pub(crate) fn symlink(target: &str) -> Node {
    Node::Symlink(SymlinkNode {
        mtime_ns: -1,
        target: target.to_string(),
    })
}

pub(crate) fn directory<const N: usize>(children: [(&str, Node); N]) -> Node {
    Node::Directory(directory_node(children))
}

pub(crate) fn directory_node<const N: usize>(children: [(&str, Node); N]) -> DirectoryNode {
    DirectoryNode {
        mtime_ns: 1_600_000_000_000_000_000,
        children: children.map(|(name, node)| (name.to_string(), node)).into(),
    }
}

pub(crate) fn mount(guest_path: &str, components: &[&str]) -> MountPoint {
    MountPoint {
        guest_path: guest_path.to_string(),
        components: components.iter().map(|name| name.to_string()).collect(),
    }
}

pub(crate) fn tree<const N: usize>(children: [(&str, Node); N]) -> Tree {
    Tree {
        root: directory_node(children),
        mounts: vec![mount("/", &[])],
    }
}

/// A tree with one of everything.
pub(crate) fn sample() -> Tree {
    let mut tree = tree([
        (
            "bin",
            directory([("tool", program("#!/bin/sh\necho hello\n"))]),
        ),
        ("empty", file("")),
        ("empty-directory", directory([])),
        (
            "lib",
            directory([
                ("a.txt", file("the same text\n".repeat(40))),
                ("b.txt", file("the same text\n".repeat(40))),
                ("large", file(Random(7).bytes(200_000))),
                ("link", symlink("../bin/tool")),
                ("naïve name.txt", file("é")),
            ]),
        ),
        ("loop", symlink("/loop")),
        ("root", symlink("/")),
    ]);
    tree.mounts.push(mount("/usr/lib", &["lib"]));
    tree
}

pub(crate) fn options(compression: Option<i32>, block_shift: u32) -> Options {
    Options {
        compression,
        block_shift,
        // The version in the manifest must not change what tests compare.
        tool_version: "test".to_string(),
        ..Options::default()
    }
}

pub(crate) fn write(tree: &Tree) -> Image {
    writer::write(tree, &options(Some(3), 14), &()).unwrap()
}

/// The inode at a path that leads through no link.
pub(crate) fn lookup(image: &ImageReader<'_>, path: &str) -> Inode {
    let mut inode = image.index().inode(InodeNumber::ROOT).unwrap();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let Content::Directory(directory) = inode.content else {
            panic!("{path} leads through a node that is no directory");
        };
        let child = image.index().lookup(&directory, name.as_bytes());
        inode = child.unwrap().unwrap();
    }
    inode
}

/// All bytes of a file of an image.
pub(crate) fn read(image: &ImageReader<'_>, path: &str) -> Vec<u8> {
    let inode = lookup(image, path);
    let mut bytes = Vec::new();
    image.copy_to(&inode, &mut bytes).unwrap();
    bytes
}

/// One line for each object of a tree, with all that a tree says about it.
pub(crate) fn listing(tree: &Tree) -> Vec<String> {
    let mut lines: Vec<_> = tree
        .mounts
        .iter()
        .map(|mount| format!("{mount:?}"))
        .collect();
    list("", &Node::Directory(tree.root.clone()), &mut lines);
    lines
}

fn list(path: &str, node: &Node, lines: &mut Vec<String>) {
    match node {
        Node::Directory(directory) => {
            lines.push(format!("{path}/ {}", directory.mtime_ns));
            for (name, child) in &directory.children {
                list(&format!("{path}/{name}"), child, lines);
            }
        }
        Node::File(file) => {
            let mut bytes = Vec::new();
            file.content
                .open(0)
                .unwrap()
                .read_to_end(&mut bytes)
                .unwrap();
            let (mtime, executable) = (file.mtime_ns, file.executable);
            let digest = wasi_vfs_format::digest::Digest::of(&bytes);
            lines.push(format!("{path} {mtime} {executable} {} {digest}", file.len));
        }
        Node::Symlink(link) => lines.push(format!("{path} {} -> {}", link.mtime_ns, link.target)),
    }
}

/// A small generator of reproducible numbers: SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    /// Bytes that compress, and whose prefixes repeat between calls.
    pub(crate) fn text(&mut self, len: usize) -> Vec<u8> {
        let words = ["lookup ", "block ", "chunk ", "inode\n"];
        let mut text = Vec::new();
        while text.len() < len {
            text.extend_from_slice(words[self.below(4) as usize].as_bytes());
        }
        text.truncate(len);
        text
    }

    pub(crate) fn tree(&mut self) -> Tree {
        let root = self.directory(0);
        let mut mounts = vec![mount("/", &[])];
        if let Some((name, Node::Directory(_))) = root.children.iter().next() {
            mounts.push(mount("./somewhere", &[name]));
        }
        Tree { root, mounts }
    }

    fn directory(&mut self, depth: u64) -> DirectoryNode {
        let count = self.below(9 - depth);
        DirectoryNode {
            mtime_ns: self.next() as i64,
            children: (0..count)
                .map(|_| (self.name(), self.node(depth)))
                .collect(),
        }
    }

    fn name(&mut self) -> String {
        let letters = ["a", "B", ".", "-", "é", "字", " ", "z9"];
        let count = 1 + self.below(12);
        let name: String = (0..count)
            .map(|_| letters[self.below(8) as usize])
            .collect();
        match &*name {
            "." | ".." => "dots".to_string(),
            _ => name,
        }
    }

    fn node(&mut self, depth: u64) -> Node {
        match self.below(8) {
            0 | 1 if depth < 5 => Node::Directory(self.directory(depth + 1)),
            2 => symlink(&self.name()),
            3 => file(""),
            4 => {
                let len = self.below(300_000) as usize;
                program(self.text(len))
            }
            _ => {
                let (seed, len) = (self.below(6), self.below(5000) as usize);
                file(Random(seed).bytes(len))
            }
        }
    }
}
