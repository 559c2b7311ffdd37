//! Encodes a small tree with an allocator only, as a runtime would.

use super::*;
use crate::block::Codec;
use crate::digest::Digest;
use crate::index::Index;
use crate::inode::InodeNumber;
use crate::metadata::MetadataSection;
use alloc::vec::Vec;

/// A tree as a runtime could hold it: nodes in a list, children by number.
enum Node {
    Directory(&'static [(&'static str, usize)]),
    File(&'static [u8]),
    Symlink(&'static str),
}

const NODES: &[Node] = &[
    Node::Directory(&[("copy", 1), ("etc", 2), ("link", 4)]),
    Node::File(b"hello, world\n"),
    Node::Directory(&[("empty", 3), ("motd", 5)]),
    Node::File(b""),
    Node::Symlink("etc/motd"),
    Node::File(b"hello, world\n"),
];

#[derive(Clone, Copy)]
struct Number(usize);

impl Source<'static> for Number {
    fn mtime_ns(self) -> i64 {
        self.0 as i64
    }

    fn object(self) -> Object<'static> {
        match NODES[self.0] {
            Node::Directory(_) => Object::Directory,
            Node::File(bytes) => Object::File {
                len: bytes.len() as u64,
                executable: self.0 == 5,
            },
            Node::Symlink(target) => Object::Symlink { target },
        }
    }

    fn children(self) -> impl Iterator<Item = (&'static str, Self)> {
        let children = match NODES[self.0] {
            Node::Directory(children) => children,
            _ => &[],
        };
        children.iter().map(|&(name, number)| (name, Self(number)))
    }
}

const SETTINGS: Settings<'static> = Settings {
    block_shift: 12,
    compression: None,
    chunk_lens: [1 << 10, 4 << 10, 32 << 10],
    tool_version: "test",
    left_out: None,
};

/// The inodes of the files in depth-first order, the order of the writer.
const FILES: [u32; 3] = [1, 4, 5];

fn image() -> Image {
    let mut layout = Layout::new(Number(0)).expect("valid");
    layout.mount("/", []).expect("valid");
    layout.mount("/etc", ["etc"]).expect("valid");
    let mut builder = ContentBuilder::new(layout.inode_count());
    let mut bytes = Vec::new();
    for inode in FILES {
        let Some(&Node::File(content)) = layout.source(inode).map(|number| &NODES[number.0]) else {
            panic!("{inode} is no file");
        };
        if !content.is_empty() {
            let added = builder.add(Digest::of(content), content.len() as u32);
            if added.expect("small").is_some() {
                bytes.extend_from_slice(content);
            }
        }
        builder.end_file(inode);
    }
    let content = builder.finish();
    let names = names(&layout).expect("short");
    let records = Records::new(&layout, names, &content, SETTINGS.block_shift).expect("few");
    let mut payload = Payload::default();
    let block = StoredBlock::new(bytes, Codec::Stored);
    payload.push(&block).expect("small");
    encode(&layout, &content, records, payload, &SETTINGS).expect("encodes")
}

#[test]
fn encoded_index_is_read_without_std() {
    let image = image();
    let index = Index::parse(&image.index).expect("an index");
    assert_eq!(index.verify_checksum(), Ok(()));
    assert_eq!((index.inode_count(), index.mount_count()), (6, 2));
    assert_eq!(index.mount(1).map(|mount| mount.inode.0), Ok(2));
    assert_eq!(index.name(InodeNumber(5)), Ok(&b"motd"[..]));
    assert_eq!(image.payload, b"hello, world\n");
    assert!(MetadataSection::parse(&image.metadata).is_ok());
}

#[cfg(feature = "testing")]
mod read_back {
    use super::*;
    use crate::check::verify;
    use crate::reader::ImageReader;
    use crate::testing::{Bytes, mount};
    use crate::tree;
    use crate::tree::{DirectoryNode, FileNode, SymlinkNode, Tree};
    use crate::writer::{Options, write};
    use std::sync::Arc;

    #[test]
    fn encoded_tree_reads_back_equal() {
        let bytes = image().to_bytes();
        let image = ImageReader::from_bytes(&bytes).expect("an image");
        assert_eq!(verify(&image), Some(Vec::new()));
        for (path, expected) in [
            ("/copy", "hello, world\n"),
            ("/link", "hello, world\n"),
            ("/etc/empty", ""),
        ] {
            let inode = inode(&image, path);
            let mut found = Vec::new();
            image.copy_to(&inode, &mut found).expect("readable");
            assert_eq!(found, expected.as_bytes(), "{path}");
        }
    }

    /// The inode at a path, a link at the end followed.
    fn inode(image: &ImageReader<'_>, path: &str) -> crate::Inode {
        let mut inode = image
            .index()
            .inode(crate::InodeNumber::ROOT)
            .expect("a root");
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let crate::Content::Directory(directory) = inode.content else {
                panic!("{path} leads through a file");
            };
            let child = image.index().lookup(&directory, name.as_bytes());
            inode = child.expect("readable").expect("exists");
        }
        match inode.content {
            crate::Content::Symlink(link) => {
                let target = image.index().target(&link).expect("readable");
                self::inode(image, core::str::from_utf8(target).expect("text"))
            }
            _ => inode,
        }
    }

    fn node(number: usize) -> tree::Node {
        let mtime_ns = number as i64;
        match NODES[number] {
            Node::Directory(_) => tree::Node::Directory(directory(number)),
            Node::File(bytes) => tree::Node::File(FileNode {
                mtime_ns,
                executable: number == 5,
                len: bytes.len() as u64,
                content: Arc::new(Bytes(bytes.to_vec())),
            }),
            Node::Symlink(target) => tree::Node::Symlink(SymlinkNode {
                mtime_ns,
                target: target.into(),
            }),
        }
    }

    fn directory(number: usize) -> DirectoryNode {
        let children = Number(number).children();
        DirectoryNode {
            mtime_ns: number as i64,
            children: children
                .map(|(name, child)| (name.into(), node(child.0)))
                .collect(),
        }
    }

    #[test]
    fn encoder_writes_the_bytes_of_the_writer() {
        let tree = Tree {
            root: directory(0),
            mounts: [mount("/", &[]), mount("/etc", &["etc"])].into(),
        };
        let options = Options {
            compression: None,
            block_shift: 12,
            tool_version: "test".into(),
            ..Options::default()
        };
        assert_eq!(write(&tree, &options, &()).expect("writes"), image());
    }
}
