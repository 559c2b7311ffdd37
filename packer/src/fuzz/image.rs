//! The images that the targets pack: an uncompressed and a compressed one.

use crate::module::Parts;
use std::io::Read;
use std::sync::{Arc, LazyLock};
use wasi_vfs_format::Image;
use wasi_vfs_format::tree::{
    DirectoryNode, FileContent, FileNode, MountPoint, Node, SymlinkNode, Tree,
};
use wasi_vfs_format::writer::{Options, write};

const LEVELS: [Option<i32>; 2] = [None, Some(3)];

static IMAGES: LazyLock<[Image; 2]> = LazyLock::new(|| {
    LEVELS.map(|compression| {
        let options = Options {
            compression,
            block_shift: 12,
            ..Options::default()
        };
        write(&tree(), &options, &()).expect("a tree by the rules")
    })
});

/// The parts of image `number`, 0 or 1.
pub(super) fn parts(number: usize) -> Parts<'static> {
    let image = &IMAGES[number % IMAGES.len()];
    Parts {
        index: &image.index,
        index_level: LEVELS[number % IMAGES.len()],
        payload: image.payload.as_slice().into(),
        metadata: &image.metadata,
    }
}

#[derive(Debug)]
struct Repeated(&'static str, usize);

impl FileContent for Repeated {
    fn open(&self, offset: u64) -> std::io::Result<Box<dyn Read + Send + '_>> {
        let bytes = self.0.repeat(self.1).into_bytes();
        Ok(Box::new(std::io::Cursor::new(
            bytes.into_iter().skip(offset as usize).collect::<Vec<_>>(),
        )))
    }

    fn describe(&self) -> String {
        "a fuzzer's file".to_owned()
    }
}

fn file(text: &'static str, times: usize) -> Node {
    Node::File(FileNode {
        mtime_ns: 5,
        executable: false,
        len: (text.len() * times) as u64,
        content: Arc::new(Repeated(text, times)),
    })
}

fn tree() -> Tree {
    let link = Node::Symlink(SymlinkNode {
        mtime_ns: 6,
        target: "d/0".to_owned(),
    });
    let many = (0..20).map(|number| (format!("{number}"), file("words ", 7 * number)));
    let directory = Node::Directory(DirectoryNode {
        mtime_ns: 7,
        children: many.collect(),
    });
    let children = [
        ("d".to_owned(), directory),
        ("large".to_owned(), file("a line of some length\n", 900)),
        ("link".to_owned(), link),
    ];
    Tree {
        root: DirectoryNode {
            mtime_ns: 8,
            children: children.into(),
        },
        mounts: vec![MountPoint {
            guest_path: "/".to_owned(),
            components: Vec::new(),
        }],
    }
}
