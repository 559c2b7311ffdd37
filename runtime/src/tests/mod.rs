//! The runtime under test: real images, a fake host, a fake guest.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod caching;
mod damage;
mod descriptors;
mod documented;
mod fake_host;
mod foreign;
mod guest;
mod host_answers;
mod hostile;
mod listing;
mod memory_fs;
mod no_memory;
mod paths;
mod polling;
mod probing;
mod reading;
mod refusing;
mod stat;

use guest::Guest;
use std::sync::{Arc, LazyLock};
use wasi_vfs_format::tree::{
    DirectoryNode, FileContent, FileNode, MountPoint, Node, SymlinkNode, Tree,
};

/// The bytes of a file of a test tree.
#[derive(Debug)]
struct Bytes(Vec<u8>);

impl FileContent for Bytes {
    fn open(&self, offset: u64) -> std::io::Result<Box<dyn std::io::Read + Send + '_>> {
        Ok(Box::new(&self.0[offset as usize..]))
    }

    fn describe(&self) -> String {
        "a test's file".into()
    }
}

/// A time that every node of a test tree has.
const MTIME_NS: i64 = 1_700_000_000_123_456_789;

fn file(content: impl Into<Vec<u8>>) -> Node {
    let content = content.into();
    Node::File(FileNode {
        mtime_ns: MTIME_NS,
        executable: false,
        len: content.len() as u64,
        content: Arc::new(Bytes(content)),
    })
}

fn link(target: &str) -> Node {
    Node::Symlink(SymlinkNode {
        mtime_ns: MTIME_NS,
        target: target.into(),
    })
}

fn directory<const N: usize>(children: [(&str, Node); N]) -> Node {
    Node::Directory(directory_node(children))
}

fn directory_node<const N: usize>(children: [(&str, Node); N]) -> DirectoryNode {
    DirectoryNode {
        mtime_ns: MTIME_NS,
        children: children.map(|(name, node)| (name.into(), node)).into(),
    }
}

/// A tree of everything the calls can meet, mounted at `/` and at `/lib`.
fn sample_tree() -> Tree {
    Tree {
        root: directory_node([
            ("empty", file("")),
            ("hello", file("hello, world")),
            (
                "lib",
                directory([
                    ("a", directory([("deep", file("deep down"))])),
                    ("absolute", link("/hello")),
                    ("big", file(big())),
                    ("up", link("../hello")),
                ]),
            ),
            ("link", link("lib/a/deep")),
            ("link-to-directory", link("lib/a")),
            ("dangling", link("nowhere")),
            ("loop", link("loop")),
            ("vacant", directory([])),
        ]),
        mounts: vec![mount("/", &[]), mount("/lib", &["lib"])],
    }
}

fn mount(guest_path: &str, components: &[&str]) -> MountPoint {
    MountPoint {
        guest_path: guest_path.into(),
        components: components.iter().map(ToString::to_string).collect(),
    }
}

/// Compressible, different at every offset, and longer than several blocks.
fn big() -> Vec<u8> {
    (0..100_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// A guest on the sample tree, with a host that has no directories. Its
/// preopens are 3 (`/`) and 4 (`/lib`).
fn guest() -> Guest {
    // Written once: writing it takes longer than most tests.
    static IMAGE: LazyLock<(Vec<u8>, Vec<u8>)> =
        LazyLock::new(|| guest::write_image(&sample_tree(), Some(3)));
    let (index, payload) = (*IMAGE).clone();
    Guest::with_parts(index, payload, 0)
}
