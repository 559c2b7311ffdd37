//! Trees and modules of unit tests.

use wasi_vfs_format::tree::{DirectoryNode, MountPoint, Node, SymlinkNode};

/// A directory with these entries and the modification time 0.
pub(crate) fn directory<const N: usize>(children: [(&str, Node); N]) -> Node {
    let children = children.map(|(name, node)| (name.to_owned(), node));
    Node::Directory(DirectoryNode {
        mtime_ns: 0,
        children: children.into(),
    })
}

/// A symbolic link, the leaf that is easy to create and to compare.
pub(crate) fn link(target: &str) -> Node {
    let target = target.to_owned();
    Node::Symlink(SymlinkNode {
        mtime_ns: 0,
        target,
    })
}

/// A mount of a directory of the root at the same path, `/` for the root itself.
pub(crate) fn mount(path: &str) -> MountPoint {
    let components = path.split('/').filter(|component| !component.is_empty());
    MountPoint {
        guest_path: path.to_owned(),
        components: components.map(str::to_owned).collect(),
    }
}

/// The smallest module that can be packed.
pub(crate) fn app() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "path_open"
                (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (memory (export "memory") 1))"#,
    )
    .unwrap()
}
