//! Trees for tests.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::io::Read;
use wasi_vfs_format::testing::{Random, directory, file, link, mount, program, tree};
use wasi_vfs_format::tree::{DirectoryNode, Node, Tree};
use wasi_vfs_format::writer::{self, Options};
use wasi_vfs_format::{Content, Image, ImageReader, Inode, InodeNumber};

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
                ("large", file(Random::new(7).bytes(200_000))),
                ("link", link("../bin/tool")),
                ("naïve name.txt", file("é")),
            ]),
        ),
        ("loop", link("/loop")),
        ("root", link("/")),
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

/// Bytes that compress, and whose prefixes repeat between calls.
pub(crate) fn text(random: &mut Random, len: usize) -> Vec<u8> {
    let words = ["lookup ", "block ", "chunk ", "inode\n"];
    let mut text = Vec::new();
    while text.len() < len {
        text.extend_from_slice(random.pick(&words).as_bytes());
    }
    text.truncate(len);
    text
}

/// A tree with files, links and directories of any names.
pub(crate) fn random_tree(seed: u64) -> Tree {
    let root = random_directory(&mut Random::new(seed), 0);
    let mut mounts = vec![mount("/", &[])];
    if let Some((name, Node::Directory(_))) = root.children.iter().next() {
        mounts.push(mount("./somewhere", &[name]));
    }
    Tree { root, mounts }
}

fn random_directory(random: &mut Random, depth: usize) -> DirectoryNode {
    let count = random.below(9 - depth);
    DirectoryNode {
        mtime_ns: random.draw() as i64,
        children: (0..count)
            .map(|_| (random_name(random), random_node(random, depth)))
            .collect(),
    }
}

fn random_name(random: &mut Random) -> String {
    let letters = ["a", "B", ".", "-", "é", "字", " ", "z9"];
    let count = 1 + random.below(12);
    let name: String = (0..count).map(|_| *random.pick(&letters)).collect();
    match &*name {
        "." | ".." => "dots".to_string(),
        _ => name,
    }
}

fn random_node(random: &mut Random, depth: usize) -> Node {
    match random.below(8) {
        0 | 1 if depth < 5 => Node::Directory(random_directory(random, depth + 1)),
        2 => link(&random_name(random)),
        3 => file(""),
        4 => {
            let len = random.below(300_000);
            program(text(random, len))
        }
        _ => {
            let (seed, len) = (random.below(6), random.below(5000));
            file(Random::new(seed as u64).bytes(len))
        }
    }
}
